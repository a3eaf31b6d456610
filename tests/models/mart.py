"""Fills the tables people ask from records, for their tests: the models' SQL in one DuckDB.

What the runner does beside, by day and into the lake, has tests of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb
import pyarrow as pa

from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import connect, read_lake, scan_sql
from pipeline.models import reference_tables
from pipeline.models.check import check_reconciled, check_rows
from pipeline.models.context import read_context
from pipeline.models.graph import Models, load_models
from pipeline.models.model import Model
from pipeline.models.rollup import DAYS, MONTHS, months_sql, whole_sql

Row = dict[str, Any]


def event_id(number: int | str) -> str:
    """Return the id that `tests.events.event` gives an event of this number."""
    return str(uuid5(NAMESPACE_URL, str(number)))


@cache
def all_models() -> Models:
    """Return the models that come with Trailhouse, read once."""
    return load_models()


def fill(lake: Lake, files: Mapping[str, Path] | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection that has every model as a table or view over a lake's facts.

    Args:
        lake: the lake.
        files: CSV files of context, by table.
    """
    view = read_lake(lake)
    connection = connect()
    scan = scan_sql(view.tables[LOGS.name].schema, view.paths(LOGS.name))
    connection.execute(f"create view {LOGS.name} as from {scan}")
    for name, rows in (_mapping() | dict(read_context(files or {}))).items():
        connection.register("given", rows)
        connection.execute(f"create table {name} as from given")
        connection.unregister("given")
    for model in all_models():
        _make(connection, model)
    return connection


def failures(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield the checks that fail, of all models."""
    for model in all_models():
        for failure in check_rows(connection, model.checks, model.name, model):
            yield f"{model.name}: {failure}"
        for name, sql in model.checks.reconciles.items():
            if failed := check_reconciled(connection, name, sql, model):
                yield f"{model.name}: {failed}"


def asked(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> Sequence[Row]:
    """Return the rows of a query."""
    found = connection.execute(sql, list(values) or None)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def context(folder: Path, **texts: str) -> Mapping[str, Path]:
    """Write CSV files of context and return them by table."""
    files = {name: folder / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")
    return files


@cache
def _mapping() -> dict[str, pa.Table]:
    return dict(reference_tables({}))


def _make(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    match model.materialize:
        case "view":
            connection.execute(f"create view {model.name} as {model.sql}")
        case "daily":
            connection.execute(f"create table {model.name} as {model.sql}")
        case "rollup":
            connection.execute(f"create table {model.name}{DAYS} as {model.sql}")
            connection.execute(f"create table {model.name}{MONTHS} as {months_sql(model)}")
            connection.execute(f"create table {model.name} as {whole_sql(model)}")
