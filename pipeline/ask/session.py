"""Ask a lake in SQL: every query sees one snapshot, and reads only the files it can need."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from pipeline.ask.answer import Answer
from pipeline.ask.explain import Plan, TablePlan, plan_table
from pipeline.ask.files import NUMBER, TableFiles, list_files
from pipeline.ask.mention import names, reads_any
from pipeline.ask.prune import Reading, read_tables
from pipeline.ask.statement import Statement, read_statement, refusal
from pipeline.ask.tree import Tree, parameters
from pipeline.errors import LakeError, QueryError
from pipeline.lake.catalog import CatalogOptions, Lake
from pipeline.lake.catalog import open_lake as open_storage
from pipeline.lake.damage import find_damage
from pipeline.lake.schema import TABLES
from pipeline.lake.snapshot import LakeView, TableView, connect, read_lake, scan_sql

if TYPE_CHECKING:
    from pipeline.ask.dialect import Dialect, Translation
    from pipeline.ask.models import Named, View

Parameters = Mapping[str, Any] | Sequence[Any]

_FILES = "trailhouse_files"
_MISSING = re.compile(r"Table with name (\w+) does not exist")
_EVERY_FILE = f"select {NUMBER} from {_FILES} where true"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The lake at one moment, for as long as it is kept: ask it as often as you like."""

    view: LakeView
    connection: duckdb.DuckDBPyConnection
    at: int | datetime | None = None
    _files: dict[str, TableFiles] = field(default_factory=dict)
    _models: list[Named] = field(default_factory=list)

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        dialect: Dialect | str | None = None,
        lenient: bool = False,
    ) -> Answer:
        """Ask one query; see `Session.sql`."""
        if dialect is not None:
            return self._translated(query, parameters, dialect, lenient)
        cursor = self.connection.cursor()
        statement: Statement | None = None
        try:
            statement = read_statement(cursor, query)
            return self._answer(cursor, statement, parameters)
        except (duckdb.Error, RuntimeError) as refused:
            cursor.close()
            raise self._refusal(refused, query, statement) from refused
        except BaseException:
            cursor.close()
            raise

    def files(self, table: str) -> TableFiles:
        """Return all data files of a table; planned once."""
        if table not in self._files:
            view = self.view.tables.get(table) or self._named().tables[table]
            self._files[table] = list_files(view)
        return self._files[table]

    def _translated(
        self, query: str, given: Parameters | None, dialect: Dialect | str, lenient: bool
    ) -> Answer:
        """Ask a query that was written for Athena or CloudTrail Lake."""
        from pipeline.ask.advice import advise
        from pipeline.ask.dialect import Dialect, translate
        from pipeline.ask.dialect.macros import make_macros
        from pipeline.ask.dialect.refused import refusal_of
        from pipeline.ask.models import table_names

        translation = translate(
            query, Dialect.named(dialect), table_names(), lenient=lenient, given=_named(given) or ()
        )
        cursor = self.connection.cursor()
        statement: Statement | None = None
        try:
            make_macros(cursor, translation.sql)
            statement = read_statement(cursor, translation.sql)
            return self._answer(cursor, statement, given, translation)
        except (duckdb.Error, RuntimeError) as refused:
            cursor.close()
            step = advise(refused, statement.tree if statement else None, table_names())
            raise self._lacking(refused) or refusal_of(refused, translation, step) from refused
        except BaseException:
            cursor.close()
            raise

    def _answer(
        self,
        cursor: duckdb.DuckDBPyConnection,
        statement: Statement,
        given: Parameters | None,
        translation: Translation | None = None,
    ) -> Answer:
        views: Mapping[str, View] = {}
        derived: Mapping[str, TableView] = {}
        if reads_any(statement.tree) or names(statement.tree):
            views = self._named().resolve(cursor, statement.tree)
            derived = self._named().read_by(views.values(), statement.tree)
        texts = [statement.sql.lower(), *(view.sql.lower() for view in views.values())]
        mentioned = [name for name in TABLES if any(_may_read(text, name) for text in texts)]
        columns = {name: self.files(name).columns for name in (*mentioned, *derived)}
        readings = read_tables(statement.tree, columns, {n: v.tree for n, v in views.items()})
        cursor.begin()  # now() is one moment for the choice of the files and for the query
        chosen = {
            name: _choose(cursor, self.files(name), reading, given)
            for name, reading in readings.items()
        }
        plans = []
        for name, table in {**self.view.tables, **derived}.items():
            if name in chosen:
                numbers, condition = chosen[name]
                plans.append(_plan(self.files(name), numbers, condition))
            paths = self._paths(name, chosen[name][0]) if name in chosen else []
            cursor.execute(f"create temp view {name} as from {scan_sql(table.schema, paths)}")
        for name, view in views.items():
            cursor.execute(f"create temp view {name} as {view.sql}")
        relation = cursor.sql(statement.sql, params=_named(given))
        plan = Plan(tuple(plans))
        return Answer(cursor, relation, statement.sql, plan, self._damage, translation)

    def _refusal(
        self, refused: duckdb.Error | RuntimeError, query: str, statement: Statement | None
    ) -> LakeError | QueryError:
        """Say why a query was refused: for a file of the lake, a model, or the query itself."""
        if lacking := self._lacking(refused):
            return lacking
        from pipeline.ask.advice import advise
        from pipeline.ask.models import table_names

        tree = statement.tree if statement else None
        return refusal(refused, query, advise(refused, tree, table_names()))

    def _lacking(self, refused: duckdb.Error | RuntimeError) -> LakeError | QueryError | None:
        """Say of a refusal that a file is damaged or a model not built; None: it is neither."""
        if damage := self._damage(refused):
            return damage
        missing = _MISSING.search(str(refused))
        name = missing[1].lower() if missing else ""
        lacking = self._models[0].unbuilt.get(name) if self._models else None
        if lacking:
            what = f"{name} reads {lacking}, which" if lacking != name else f"the model {name}"
            return QueryError(f"{what} was not built yet", "run: trailhouse build")
        return None

    def _named(self) -> Named:
        """Return what names of models stand for; made on first use, since it is slow to load."""
        if not self._models:
            from pipeline.ask.models import Named

            self._models.append(Named(self.view.lake, self.at))
        return self._models[0]

    def _damage(self, failed: Exception) -> LakeError | None:
        """Say of a failure that it was for a file of the lake, if it was for one asked of."""
        asked = [file for name in self._files for file in self._files[name].files]
        return find_damage(self.view.lake, asked, failed)

    def _paths(self, name: str, numbers: Sequence[int] | None) -> list[str]:
        files = self.files(name).files
        chosen = files if numbers is None else [files[number] for number in numbers]
        return self.view.lake.storage.local([file.file_path for file in chosen])


@dataclass(frozen=True, slots=True)
class Session:
    """An open lake.

    Example:
        with pipeline.open_lake("./lake") as lake:
            frame = lake.sql("select eventname, count(*) as n from cloudtrail_logs group by 1")
            print(frame.polars())
    """

    lake: Lake
    connection: duckdb.DuckDBPyConnection

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        at: int | datetime | None = None,
        dialect: Dialect | str | None = None,
        lenient: bool = False,
    ) -> Answer:
        """Ask one query of the newest snapshot, or of an older one.

        The tables are cloudtrail_logs, ingest_objects, ingest_quarantine and
        ingest_conflicts, and those of the models once `trailhouse build` has made them. Local
        files can be read beside them (`from 'suspects.csv'`); nothing can be written, no
        setting changed and no extension fetched.

        Args:
            query: one select, explain, describe, summarize or show.
            parameters: values for `$name` by name, or for `?` in order.
            at: a snapshot id, or an instant: the newest snapshot of that time.
            dialect: `athena` or `lake`, what the query was written for; default DuckDB's SQL.
                What was resolved on the way is in the answer's notes.
            lenient: with a dialect, mend common mistakes of queries, and say so in the notes.

        Raises:
            QueryError: DuckDB refused the query, or it would write.
            SnapshotNotFound: there is none of that id or time.
        """
        return self.snapshot(at).sql(query, parameters, dialect=dialect, lenient=lenient)

    def ask(
        self,
        question: str,
        *,
        at: int | datetime | None = None,
        library: str | Path | None = None,
        **values: Any,
    ) -> Answer:
        """Ask a saved question, as `trailhouse query` does.

        Example:
            lake.ask("who-changed", resource="sg-0a1b2c3d", since="7d").polars()

        Args:
            question: its name.
            at: a snapshot id, or an instant: the newest snapshot of that time.
            library: a folder of questions of one's own, which are looked for first.
            values: its parameters, written as on the command line; a period is `since` and
                `until`.

        Raises:
            UsageError: there is no such question, or a value is missing or stands for nothing.
            QueryError: a model that it reads was not built yet.
            SnapshotNotFound: there is none of that id or time.
        """
        from pipeline.ask.library.asking import ask
        from pipeline.ask.library.folder import Library

        found = Library(Path(library) if library else None).read(question)
        return ask(self.snapshot(at), found, values).answer

    def table(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        where: str = "",
        parameters: Parameters | None = None,
        at: int | datetime | None = None,
    ) -> Answer:
        """Return a table or view as Arrow, Polars or a DuckDB relation.

        Nothing is read before the answer is: `lake.table("sessions").duckdb().filter(…)` goes on
        in DuckDB, and reads what that asks for. A condition on time that is given here also
        chooses files.

        Example:
            lake.table(
                "events",
                columns=["event_time", "event_name"],
                where="event_date = $day",
                parameters={"day": date(2026, 11, 1)},
            ).polars()

        Args:
            name: one of `tables()`.
            columns: some of its columns; None: all.
            where: a condition in DuckDB's SQL; empty: all rows.
            parameters: values of the condition's parameters.
            at: a snapshot id, or an instant: the newest snapshot of that time.

        Raises:
            QueryError: there is no table or column of a name, or the condition is none.
            SnapshotNotFound: there is no snapshot of that id or time.
        """
        wanted = ", ".join(map(_quoted, columns)) if columns is not None else "*"
        condition = f" where ({where}\n)" if where else ""
        return self.sql(f"select {wanted} from {_quoted(name)}{condition}", parameters, at=at)

    def snapshot(self, at: int | datetime | None = None) -> Snapshot:
        """Fix one snapshot, for several queries that must agree with one another.

        Tables of models are fixed when a query first names them.
        """
        return Snapshot(read_lake(self.lake, at), self.connection, at)

    def tables(self) -> list[str]:
        """Return the names of the tables: the lake's own, then what models made, and views."""
        from pipeline.ask.models import view_names
        from pipeline.lake.derived import list_derived

        return [*TABLES, *sorted({*list_derived(self.lake), *view_names()})]

    def close(self) -> None:
        """Close it; answers not read yet are gone."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_session(lake: Lake) -> Session:
    """Start asking a lake that is open already."""
    connection = connect()
    spill = str(Path(tempfile.gettempdir(), "trailhouse-spill")).replace("'", "''")
    connection.execute("set global TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = '{spill}'")
    connection.execute("set python_enable_replacements = false")
    connection.execute("set lock_configuration = true")
    return Session(lake, connection)


def open_lake(location: str | Path, options: CatalogOptions | None = None) -> Session:
    """Open the lake at a location to ask it.

    Args:
        location: a folder or an `s3://bucket/prefix`.
        options: how to reach its catalog; default SQLite in the lake's folder.

    Raises:
        LakeError: there is no lake, it was moved, or its catalog cannot be reached.
    """
    return open_session(open_storage(str(location), options))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _may_read(text: str, table: str) -> bool:
    """Tell whether a statement may read a table: it is named, or a name may be built."""
    return table in text or "query" in text


def _choose(
    cursor: duckdb.DuckDBPyConnection,
    files: TableFiles,
    reading: Reading,
    given: Parameters | None,
) -> tuple[Sequence[int] | None, str]:
    """Return the numbers of the files that may hold an answer, and the condition as SQL.

    Where the condition cannot be evaluated every file is read: DuckDB then says of the query
    itself what is wrong with it.
    """
    if reading.condition is None:
        return None, ""
    cursor.register(_FILES, files.bounds)
    try:
        filtered = _filter_sql(cursor, reading.condition)
        values = {
            name: value
            for name, value in (_named(given) or {}).items()
            if name in parameters(reading.condition)
        }
        found = cursor.execute(filtered, values or None).fetchall()
    except duckdb.Error:
        cursor.rollback()
        cursor.begin()
        return None, ""
    finally:
        cursor.unregister(_FILES)
    return sorted(number for (number,) in found), filtered.partition(" WHERE ")[2]


def _filter_sql(cursor: duckdb.DuckDBPyConnection, condition: Tree) -> str:
    row = cursor.execute("select json_serialize_sql($sql)", {"sql": _EVERY_FILE}).fetchone()
    tree = json.loads(row[0]) if row else {}
    tree["statements"][0]["node"]["where_clause"] = condition
    tree["statements"][0]["named_param_map"] = [
        {"key": name, "value": place} for place, name in enumerate(parameters(condition), 1)
    ]
    text = json.dumps(tree)
    row = cursor.execute("select json_deserialize_sql($tree::json)", {"tree": text}).fetchone()
    return str(row[0]) if row else _EVERY_FILE


def _named(given: Parameters | None) -> dict[str, Any] | None:
    """Return parameters by name; `?` are named 1, 2, … by DuckDB."""
    if given is None or isinstance(given, Mapping):
        return dict(given) if given else None
    return {str(place): value for place, value in enumerate(given, 1)} or None


def _plan(files: TableFiles, numbers: Sequence[int] | None, condition: str) -> TablePlan:
    table = files.view.table
    spec = TABLES.get(table.name()[-1])
    divided = [table.schema().find_column_name(f.source_id) for f in table.spec().fields]
    day_column = spec.day_column if spec else next(iter(divided), None)
    return plan_table(files, numbers, condition, day_column or "")
