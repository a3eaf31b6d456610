"""Prove a model's new rows: its checks, against what the lake would hold with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb
from pyiceberg.schema import Schema

from pipeline.lake.catalog import Lake
from pipeline.lake.snapshot import scan_sql
from pipeline.models.check import CheckFailure, check_reconciled, check_related, check_rows
from pipeline.models.graph import Models
from pipeline.models.model import Model
from pipeline.models.plan import Plan
from pipeline.models.relation import bounded, declare, open_named
from pipeline.models.rollup import quoted
from pipeline.models.source import Sources

_ROWS = "trailhouse_rows"


def prove_rows(
    lake: Lake,
    models: Models,
    sources: Sources,
    plan: Plan,
    schema: Schema,
    paths: Sequence[str],
    folder: Path,
) -> list[CheckFailure]:
    """Run the checks that the rows of a step have to pass.

    The days of a rollup are reconciled, with other tables of the same days; everything else
    that is asked of a rollup is asked of its lifetime rows.
    """
    step = plan.step
    if step.kind == "months":
        return []
    is_result = step.table == step.model.name
    with bounded(folder) as connection:
        proof = _Proof(connection, lake, models, sources, step.model)
        declare(connection, _ROWS, f"from {scan_sql(schema, paths)}")
        failures: list[CheckFailure] = []
        if is_result:
            failures += check_rows(connection, step.model.checks, _ROWS, step.model)
            failures += proof.relate(plan)
        if step.kind == "daily" and plan.build:
            failures += proof.reconcile(f"from {_ROWS}", plan.build)
    return failures


def prove_view(
    lake: Lake,
    models: Models,
    sources: Sources,
    name: str,
    days: Collection[date],
    folder: Path,
) -> list[CheckFailure]:
    """Run a view's checks over some days, before anything is built of those days."""
    model = models[name]
    if model.checks == type(model.checks)():
        return []
    with bounded(folder) as connection:
        proof = _Proof(connection, lake, models, sources, model)
        open_named(connection, lake, sources, models, [name], days.__contains__)
        failures = check_rows(connection, model.checks, quoted(name), model)
        for column, target in model.checks.relationships.items():
            open_named(connection, lake, sources, models, [name, target[0]], days.__contains__)
            rows, known = quoted(name), quoted(target[0])
            failure = check_related(connection, column, target, rows, known, model)
            failures += [failure] if failure else []
        return failures + list(proof.reconcile(None, days))


class _Proof:
    """What it takes to run checks that read other tables."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        models: Models,
        sources: Sources,
        model: Model,
    ) -> None:
        self._connection = connection
        self._lake = lake
        self._models = models
        self._sources = sources
        self._model = model

    def relate(self, plan: Plan) -> Iterator[CheckFailure]:
        """Look for the values of columns in other tables: near in time first, then in all."""
        for column, target in self._model.checks.relationships.items():
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
        if not self._model.checks.reconciles:
            return
        names = self._model.compared | ({self._model.name} if rows is None else set())
        wanted = days.__contains__
        open_named(self._connection, self._lake, self._sources, self._models, names, wanted)
        if rows is not None:
            declare(self._connection, self._model.name, rows)
        for name, sql in self._model.checks.reconciles.items():
            failure = check_reconciled(self._connection, name, sql, self._model)
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
        if table == self._model.name:
            known = self._itself(plan, other)
        else:
            wanted = days.__contains__ if days else None
            open_named(self._connection, self._lake, self._sources, self._models, [table], wanted)
            known = quoted(table)
        return check_related(self._connection, column, target, _ROWS, known, self._model)

    def _itself(self, plan: Plan, column: str) -> str:
        """Return the table's own rows as they would be: the new, and those that stay."""
        rows = f"select {quoted(column)} from {_ROWS}"
        held = self._sources.find(plan.step.table)
        if held is None or plan.replaced is None:
            return f"({rows})"
        gone = plan.replaced
        stays = held.scan(self._lake, lambda day: day not in gone)
        return f"({rows} union all select {quoted(column)} from {stays} as stays)"
