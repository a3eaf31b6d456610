"""Models as views over facts that a test makes up, without a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow

from pipeline.iam.actions import action_table
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import connect
from pipeline.models.context import read_context
from pipeline.queryfile import QueryFile, content_root, parse_query

FACTS = schema_to_pyarrow(LOGS.schema)


@cache
def model(name: str) -> QueryFile | None:
    """Return a model's file; None: it is no model."""
    for layer in content_root().joinpath("models").iterdir():
        file = layer.joinpath(f"{name}.sql")
        if file.is_file():
            return parse_query(file.read_text(encoding="utf-8"), f"{name}.sql")
    return None


def open_views(facts: pa.Table, names: Sequence[str], **given: pa.Table) -> Any:
    """Return a connection that has models as views over facts, and context only where given."""
    connection = connect(1)
    tables = {**read_context({}), "iam_actions": action_table(), "cloudtrail_logs": facts} | given
    declared: set[str] = set()
    for name in names:
        _declare(connection, name, tables, declared)
    return connection


def _declare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    tables: Mapping[str, pa.Table],
    declared: set[str],
) -> None:
    if name in declared:
        return
    declared.add(name)
    file = model(name)
    if file is None:
        connection.register(name, tables[name])
        return
    for source in sorted(file.tables):
        _declare(connection, source, tables, declared)
    connection.execute(f"create view {name} as {file.sql}")


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return what a query yields."""
    found: list[dict[str, Any]] = connection.sql(sql).to_arrow_table().to_pylist()
    return found
