"""The steps that make a model's table: one, or for a rollup its days, its months, its whole."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Literal

import duckdb
from duckdb.sqltypes import DuckDBPyType
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, NestedField

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import Shape, find_table
from pipeline.lake.fields import iceberg_type
from pipeline.lake.schema import TABLES
from pipeline.lake.snapshot import connect, duckdb_type, scan_sql
from pipeline.models.graph import Models, Reach
from pipeline.models.model import Model, check_columns
from pipeline.models.rollup import DAYS, MONTH, MONTHS, months_sql, quoted, whole_sql

_FORMAT = "1"
"""Part of every definition: raised when this package builds the same SQL differently."""

Kind = Literal["daily", "months", "whole"]


@dataclass(frozen=True, slots=True)
class Step:
    """One table to be made.

    Attributes:
        table: its name.
        model: the model it is of.
        kind: daily: rows are of a day; months: of a month, kept by its first day; whole.
        sql: its rows.
        shape: its columns.
        reaches: the tables it reads, and how many days around its own.
        views: the views it is stacked on, with their SQL, each after those it reads.
        definition: a digest of what decides on its rows.
    """

    table: str
    model: Model
    kind: Kind
    sql: str
    shape: Shape
    reaches: Mapping[str, Reach]
    views: Mapping[str, str]
    definition: str

    @property
    def order(self) -> Sequence[str]:
        """The columns that its rows are sorted by in a file."""
        asked = ("account_id", "principal_id", "resource_arn", "event_time")
        unique = (name for columns in self.model.checks.unique for name in columns)
        wanted = dict.fromkeys([*self.model.key, *asked, *unique])
        held = self.shape.columns
        return [name for name in wanted if name in held and held[name].is_primitive]

    def units(self, source: str, days: set[date]) -> set[date]:
        """Return the days of this table, or months, whose rows depend on days of a source."""
        if self.kind == "months":
            return {day.replace(day=1) for day in days}
        reach = self.reaches[source]
        around = [timedelta(n) for n in range(-reach.ahead, reach.back + 1)]
        return {day + n for day in days for n in around}

    def own(self, days: set[date]) -> set[date]:
        """Return the units that days of a source are in themselves."""
        return {day.replace(day=1) for day in days} if self.kind == "months" else set(days)

    def last(self, unit: date) -> date:
        """Return the last day of a unit."""
        if self.kind != "months":
            return unit
        return unit.replace(day=calendar.monthrange(unit.year, unit.month)[1])

    def select(self) -> str:
        """Return the query of its rows with exactly the types of its columns."""
        columns = ", ".join(
            f"{quoted(name)}::{duckdb_type(kind)} as {quoted(name)}"
            for name, kind in self.shape.columns.items()
        )
        return f"select {columns} from ({self.sql}) as made"


def plan_steps(
    lake: Lake, models: Models, names: Sequence[str], references: Mapping[str, Schema]
) -> Mapping[str, Sequence[Step]]:
    """Work out the steps of some models; this is where SQL meets the columns of what it reads.

    Nothing is read but the columns, so every model is known to be sound before any is built.

    Args:
        lake: the lake.
        models: all models.
        names: those wanted.
        references: columns of the reference tables that are given.

    Raises:
        UsageError: DuckDB refuses a model's SQL, or it yields other columns than it tells of.
    """
    wanted = {name for chosen in names for name in models.select([f"+{chosen}"])}
    found: dict[str, Sequence[Step]] = {}
    with connect(1) as connection:
        for name, spec in TABLES.items():
            _declare(connection, name, _schema_of(lake, name) or spec.schema)
        for name in models.references:
            if schema := references.get(name) or _schema_of(lake, name):
                _declare(connection, name, schema)
        for name in (name for name in models.names if name in wanted):
            found[name] = _steps(connection, models, models[name])
    return {name: found[name] for name in names}


def _schema_of(lake: Lake, name: str) -> Schema | None:
    table = find_table(lake, name)
    return table.schema() if table else None


def _declare(connection: duckdb.DuckDBPyConnection, name: str, schema: Schema) -> None:
    connection.execute(f"create temp view {quoted(name)} as from {scan_sql(schema, [])}")


def _steps(connection: duckdb.DuckDBPyConnection, models: Models, model: Model) -> Sequence[Step]:
    found = _describe(connection, model)
    check_columns(model, list(found))
    if model.materialize == "view":  # nothing is stored of it, so its types may be DuckDB's own
        connection.execute(f"create temp view {quoted(model.name)} as {model.sql}")
        return ()
    columns = {name: _typed(model, name, kind) for name, kind in found.items()}
    is_rollup = model.materialize == "rollup"
    first = _first(models, model, columns)
    steps = [first, *_merges(connection, model, first)] if is_rollup else [first]
    _declare(connection, model.name, _plain(steps[-1].shape))
    return steps


def _first(models: Models, model: Model, columns: Mapping[str, IcebergType]) -> Step:
    views = {name: models[name].sql for name in models.views(model.name)}
    if duckdb_type(columns[model.day]) != "DATE":
        raise UsageError(
            f"{model.place}:{model.first_line}: {model.day} is no DATE", "cast it to DATE"
        )
    return Step(
        table=model.name + (DAYS if model.materialize == "rollup" else ""),
        model=model,
        kind="daily",
        sql=model.sql,
        shape=Shape(columns, model.day),
        reaches=models.reaches(model.name),
        views=views,
        definition=_digest(model.definition, *(models[name].definition for name in views)),
    )


def _merges(connection: duckdb.DuckDBPyConnection, model: Model, days: Step) -> Sequence[Step]:
    """Return the steps that merge a rollup's days."""
    _declare(connection, days.table, _plain(days.shape))
    partial = days.shape.columns
    asked = months_sql(model)
    shown = _columns(connection, asked)
    columns = {
        name: partial[name] if name in partial else _typed(model, name, kind)
        for name, kind in shown.items()
    }
    months = Step(
        table=model.name + MONTHS,
        model=model,
        kind="months",
        sql=asked,
        shape=Shape(columns, MONTH),
        reaches={days.table: Reach()},
        views={},
        definition=_digest(asked, days.definition),
    )
    sql = whole_sql(model)
    return months, Step(
        table=model.name,
        model=model,
        kind="whole",
        sql=sql,
        shape=Shape({name: partial[name] for name in model.columns}),
        reaches={months.table: Reach()},
        views={},
        definition=_digest(sql, months.definition),
    )


def _describe(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, DuckDBPyType]:
    try:
        return _columns(connection, model.sql)
    except duckdb.Error as refused:
        said = str(refused).splitlines()[0]
        raise UsageError(f"{model.place}:{model.first_line}: {said}") from refused


def _columns(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, DuckDBPyType]:
    relation = connection.sql(sql)
    return dict(zip(relation.columns, relation.types, strict=True))


def _typed(model: Model, name: str, kind: DuckDBPyType) -> IcebergType:
    try:
        return iceberg_type(kind)
    except KeyError as unknown:
        raise UsageError(
            f"{model.place}:{model.first_line}: column {name} is {kind}, which the lake has not",
            "cast it: times to TIMESTAMPTZ, numbers to BIGINT or DOUBLE, others to VARCHAR",
        ) from unknown


def _plain(shape: Shape) -> Schema:
    """Return a shape as a schema for reading, with ids that mean nothing."""
    return Schema(
        *(
            NestedField(number, name, kind, required=False)
            for number, (name, kind) in enumerate(shape.columns.items(), 10_000)
        )
    )


def _digest(*parts: str) -> str:
    return sha256("\n".join([_FORMAT, *parts]).encode()).hexdigest()
