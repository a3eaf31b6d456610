"""Make one table: run its SQL over the days that are due, prove the rows, commit them at once."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
from pyiceberg.schema import Schema

from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import Replacement, find_table, planned_schema, replace_rows
from pipeline.models.check import CheckFailure
from pipeline.models.graph import Models, Reach
from pipeline.models.model import Model
from pipeline.models.plan import Plan
from pipeline.models.prove import Proof, prove_rows, prove_view
from pipeline.models.relation import Days, declare
from pipeline.models.rollup import quoted
from pipeline.models.same import unchanged_days
from pipeline.models.source import Sources
from pipeline.models.state import contiguous, to_json
from pipeline.models.step import Step
from pipeline.models.write import DayWriter

_BATCH_ROWS = 20_480
_REFUSED = re.compile(r"(Conversion|Invalid Input|Out of Range) Error: ")

Files = Mapping[date | None, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a table.

    Attributes:
        model: the model that failed: the table's own, or a view it is stacked on.
        error: DuckDB's words, where the rows themselves could not be made.
    """

    model: str
    n_rows: int = 0
    failures: Sequence[CheckFailure] = ()
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the rows are in the lake."""
        return not self.failures and not self.error


@dataclass(frozen=True)
class Maker:
    """What makes tables of one build.

    Attributes:
        connection: a bounded one, for all of them.
        run_rows: days are built together while what they read has no more rows than this.
        proven: days of views whose checks have passed in this build.
    """

    lake: Lake
    models: Models
    sources: Sources
    connection: duckdb.DuckDBPyConnection
    run_rows: int
    proven: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))

    def make(self, plan: Plan) -> Made:
        """Make the rows of a plan and commit them; nothing is committed if a check fails.

        Raises:
            LakeBusy: another build changed the table meanwhile.
        """
        workspace = self.lake.storage.workspace()
        with tempfile.TemporaryDirectory(prefix="build-", dir=workspace) as name:
            if failed := self._prove_views(plan):
                return failed
            schema = planned_schema(find_table(self.lake, plan.step.table), plan.step.shape)
            try:
                files, n_rows = self._write(plan, Path(name), file_schema(schema))
            except (duckdb.DataError, duckdb.ProgrammingError, OSError) as refused:
                return Made(plan.step.model.name, error=_told(refused))
            paths = _paths(files)
            if None in files and plan.step.shape.day:
                return Made(plan.step.model.name, failures=[_without_day(plan.step, paths)])
            failures = prove_rows(self._proof(plan.step.model), plan, schema, paths)
            if failures:
                return Made(plan.step.model.name, failures=failures)
            self._commit(plan, schema, files)
        return Made(plan.step.model.name, n_rows)

    def _commit(self, plan: Plan, schema: Schema, files: Files) -> None:
        """Put the files where the table's are and have it name them.

        Days that came out as they were keep their files, so that they are no news to others.
        """
        step = plan.step
        same = unchanged_days(self.connection, self.lake, self.sources, plan, schema, _paths(files))
        paths = _paths({day: held for day, held in files.items() if day not in same})
        where = f"tables/{step.table}/data"
        places = [self.lake.storage.put(Path(p), f"{where}/{Path(p).name}") for p in paths]
        gone = plan.replaced
        if same:
            held = self.sources.get(step.table).days.keys()
            gone = frozenset((held if gone is None else gone) - same)
        is_news = bool(gone or places) or gone is None
        built = replace(plan.built, version=uuid4().hex if is_news else plan.version)
        replacement = Replacement(
            table=step.table,
            shape=step.shape,
            schema=schema,
            days=gone,
            locations=places,
            built=to_json(built),
            before=plan.before,
        )
        self.sources.put(step.table, replace_rows(self.lake, replacement))

    def _proof(self, model: Model) -> Proof:
        return Proof(self.connection, self.lake, self.models, self.sources, model)

    def _prove_views(self, plan: Plan) -> Made | None:
        """Check the views that a table is stacked on, over the days about to be built."""
        for name in plan.step.views:
            for days in self._runs(plan.step, plan.build - self.proven[name]):
                failures = prove_view(self._proof(self.models[name]), set(days))
                if failures:
                    return Made(name, failures=failures)
                self.proven[name] |= set(days)
        return None

    def _write(self, plan: Plan, folder: Path, schema: pa.Schema) -> tuple[Files, int]:
        """Write the rows of all days that are due, so many days at a time."""
        step = plan.step
        files: dict[date | None, list[Path]] = defaultdict(list)
        n_rows = 0
        for wanted, condition in self._pieces(plan):
            self._open(step, wanted)
            writer = DayWriter(folder, schema, step.shape.day, step.order)
            query = f"select * from ({step.select()}) as made where {condition}"
            for batch in self.connection.sql(query).to_arrow_reader(_BATCH_ROWS):
                writer.add(batch)
            for day, path in writer.close().items():
                files[day].append(path)
            n_rows += writer.n_rows
        return files, n_rows

    def _pieces(self, plan: Plan) -> Iterator[tuple[Mapping[str, str], str]]:
        """Yield what each query reads, as SQL by name, and the condition of the rows wanted.

        Rows of days are made a run of days at a time. Where they depend on their neighbours, a
        query sees more of these than the day alone would: its SQL says by days which it means,
        so that a row is the same however days are built together. A merge takes some keys at a
        time.
        """
        step = plan.step
        if step.kind == "whole":
            yield from self._buckets(step, None, "true")
            return
        runs = self._runs(step, plan.build)
        for days in runs:
            first, last = days[0], step.last(days[-1])
            day = quoted(step.shape.day)
            condition = (
                f"{day} between date '{first.isoformat()}' and date '{last.isoformat()}' "
                f"or {day} is null"
            )
            if step.kind == "months":
                yield from self._buckets(step, _between(first, last), condition)
            else:
                yield self._scans(step, first, last), condition

    def _runs(self, step: Step, days: frozenset[date]) -> Iterator[Sequence[date]]:
        """Yield days to be built together: neighbours, and not too many rows in and around them."""
        for run in contiguous(days):
            held: list[date] = []
            n_held = 0
            for day in run:
                n_more = self._n_rows(step, day, is_first=False)
                if held and (step.kind == "months" or n_held + n_more > self.run_rows):
                    yield held
                    held = []
                n_held = n_held + n_more if held else self._n_rows(step, day, is_first=True)
                held.append(day)
            yield held

    def _n_rows(self, step: Step, day: date, *, is_first: bool) -> int:
        """Return the rows that a day is built from; beyond the day before, unless it is first."""
        return sum(
            self.sources.get(name).n_rows(day + timedelta(n))
            for name, reach in step.reaches.items()
            for n in range(-reach.back if is_first else reach.ahead, reach.ahead + 1)
        )

    def _scans(self, step: Step, first: date, last: date) -> Mapping[str, str]:
        """Return what a daily table reads of each source for some of its days."""
        return {
            name: self.sources.get(name).scan(self.lake, _around(first, last, reach))
            for name, reach in step.reaches.items()
        }

    def _buckets(
        self, step: Step, days: Days | None, condition: str
    ) -> Iterator[tuple[Mapping[str, str], str]]:
        """Yield what a merge reads in portions of its keys, each small enough for memory."""
        (name,) = step.reaches
        source = self.sources.get(name)
        rows = sum(source.n_rows(day) for day in source.days if days is None or days(day))
        n_buckets = max(1, -(-rows // self.run_rows))
        scan = source.scan(self.lake, days)
        keys = ", ".join(map(quoted, step.model.key))
        for bucket in range(n_buckets):
            part = f"select * from {scan} as part where hash({keys}) % {n_buckets} = {bucket}"
            yield {name: f"({part})"}, condition

    def _open(self, step: Step, scans: Mapping[str, str]) -> None:
        for name, scan in scans.items():
            declare(self.connection, name, f"from {scan}")
        for name, sql in step.views.items():
            declare(self.connection, name, sql)


def _paths(files: Files) -> list[str]:
    return [str(path) for held in files.values() for path in held]


def _between(first: date, last: date) -> Days:
    return lambda day: first <= day <= last


def _around(first: date, last: date, reach: Reach) -> Days:
    return _between(first - timedelta(reach.back), last + timedelta(reach.ahead))


def _told(refused: Exception) -> str:
    """Return DuckDB's words on rows that cannot be made.

    Errors met while rows are streamed come as OSError; what is no such error goes on.
    """
    said = str(refused).splitlines()[0]
    if isinstance(refused, OSError) and not _REFUSED.match(said):
        raise refused
    return said


def _without_day(step: Step, paths: Sequence[str]) -> CheckFailure:
    day = step.shape.day
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"from read_parquet(?) where {quoted(day)} is null", [list(paths)]
        )
        names = [column[0] for column in rows.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return CheckFailure("not_null", [day], len(found), found[:5])
