"""Prove a model's new rows: its checks, against what the lake would hold with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
from pyiceberg.schema import Schema

from pipeline.lake.catalog import Lake
from pipeline.lake.snapshot import scan_sql
from pipeline.models.check import CheckFailure, check_reconciled, check_related, check_rows
from pipeline.models.graph import Models
from pipeline.models.model import Checks, Model
from pipeline.models.plan import Plan
from pipeline.models.relation import declare, open_named
from pipeline.models.rollup import quoted
from pipeline.models.source import Sources

_ROWS = "trailhouse_rows"


@dataclass(frozen=True)
class Proof:
    """What it takes to run a model's checks.

    Attributes:
        connection: on which names may stand for anything; they are made anew as needed.
        sources: the tables as this build reads them.
    """

    connection: duckdb.DuckDBPyConnection
    lake: Lake
    models: Models
    sources: Sources
    model: Model

    def relate(self, plan: Plan) -> Iterator[CheckFailure]:
        """Look for the values of columns in other tables: near in time first, then in all."""
        for column, target in self.model.checks.relationships.items():
            days = plan.build or None
            failure = self._related(plan, column, target, days)
            if failure and days:
                failure = self._related(plan, column, target, None)
            if failure:
                yield failure

    def reconcile(self, rows: str | None, days: Collection[date]) -> Iterator[CheckFailure]:
        """Compare the rows with other tables of the same days.

        Args:
            rows: the query of them; None: those of the view itself.
            days: those the rows are of.
        """
        if not self.model.checks.reconciles:
            return
        names = self.model.compared | ({self.model.name} if rows is None else set())
        self.open(names, days)
        if rows is not None:
            declare(self.connection, self.model.name, rows)
        for name, sql in self.model.checks.reconciles.items():
            failure = check_reconciled(self.connection, name, sql, self.model)
            if failure:
                yield failure

    def _related(
        self,
        plan: Plan,
        column: str,
        target: tuple[str, str],
        days: Collection[date] | None,
    ) -> CheckFailure | None:
        table, other = target
        if table == self.model.name:
            known = self._itself(plan, other)
        else:
            self.open([table], days)
            known = quoted(table)
        return check_related(self.connection, column, target, _ROWS, known, self.model)

    def _itself(self, plan: Plan, column: str) -> str:
        """Return the table's own rows as they would be: the new, and those that stay."""
        rows = f"select {quoted(column)} from {_ROWS}"
        held = self.sources.find(plan.step.table)
        if held is None or plan.replaced is None:
            return f"({rows})"
        gone = plan.replaced
        stays = held.scan(self.lake, lambda day: day not in gone)
        return f"({rows} union all select {quoted(column)} from {stays} as stays)"

    def open(self, names: Iterable[str], days: Collection[date] | None) -> None:
        """Make relations of tables and views, of some days or of all."""
        wanted = days.__contains__ if days else None
        open_named(self.connection, self.lake, self.sources, self.models, names, wanted)


def prove_rows(
    proof: Proof, plan: Plan, schema: Schema, paths: Sequence[str]
) -> list[CheckFailure]:
    """Run the checks that the rows of a step have to pass.

    The days of a rollup are reconciled, with other tables of the same days; everything else
    that is asked of a rollup is asked of its lifetime rows.
    """
    step, model = plan.step, plan.step.model
    if step.kind == "months":
        return []
    declare(proof.connection, _ROWS, f"from {scan_sql(schema, paths)}")
    failures: list[CheckFailure] = []
    if step.table == model.name:
        failures += check_rows(proof.connection, model.checks, _ROWS, model)
        failures += proof.relate(plan)
    if step.kind == "daily" and plan.build:
        failures += proof.reconcile(f"from {_ROWS}", plan.build)
    return failures


def prove_view(proof: Proof, days: Collection[date]) -> list[CheckFailure]:
    """Run a view's checks over some days, before anything is built of those days."""
    model = proof.model
    if model.checks == Checks():
        return []
    proof.open([model.name], days)
    failures = check_rows(proof.connection, model.checks, quoted(model.name), model)
    for column, target in model.checks.relationships.items():
        proof.open([model.name, target[0]], days)
        rows, known = quoted(model.name), quoted(target[0])
        failure = check_related(proof.connection, column, target, rows, known, model)
        failures += [failure] if failure else []
    return failures + list(proof.reconcile(None, days))
