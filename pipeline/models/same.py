"""Tell which days came out as they were, so that what depends on them is left alone.

A late event rebuilds its day in every table, and changes the rows of few. Rows are compared as
a multiset: their number and the sum of their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
from pyiceberg.schema import Schema

from pipeline.lake.catalog import Lake
from pipeline.lake.snapshot import scan_sql
from pipeline.models.plan import Plan
from pipeline.models.rollup import quoted
from pipeline.models.source import Sources


def unchanged_days(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    sources: Sources,
    plan: Plan,
    schema: Schema,
    paths: Sequence[str],
) -> frozenset[date | None]:
    """Return the days of a plan whose rows are what the table has; None stands for a whole.

    Args:
        connection: compares.
        lake: the lake.
        sources: the tables.
        plan: what was built.
        schema: the columns of the table.
        paths: files of the new rows.
    """
    step = plan.step
    table = sources.find(step.table)
    is_whole = step.kind == "whole"
    if table is None or plan.is_other:
        return frozenset()
    built: Sequence[date | None] = [None] if is_whole else sorted(plan.build)
    old = _digests(connection, table.scan(lake, plan.build.__contains__), step.shape.day)
    new = _digests(connection, scan_sql(schema, paths), step.shape.day)
    return frozenset(day for day in built if old.get(day) == new.get(day))


def _digests(
    connection: duckdb.DuckDBPyConnection, scan: str, day: str
) -> Mapping[date | None, tuple[int, int]]:
    """Return, by day, the number of rows and the sum of their hashes."""
    key = quoted(day) if day else "null"
    sql = f"select {key}, count(*), sum(hash(held)::hugeint) from {scan} as held group by all"
    return {found: (n, total) for found, n, total in connection.execute(sql).fetchall()}
