"""Open tables and views for DuckDB, each with the files of the days that are wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from pipeline.lake.catalog import Lake
from pipeline.lake.snapshot import connect
from pipeline.models.graph import Models
from pipeline.models.rollup import quoted
from pipeline.models.source import Sources

_MEMORY = "800MB"
_THREADS = 4

Days = Callable[[date], bool]


@contextmanager
def bounded(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that spills to a folder what its bounded memory does not hold."""
    with connect(min(_THREADS, os.cpu_count() or 1)) as connection:
        spill = str(folder / "spill").replace("'", "''")
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute(f"set temp_directory = '{spill}'")
        yield connection


def open_sources(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    sources: Sources,
    wanted: Mapping[str, Days | None],
    views: Mapping[str, str],
) -> None:
    """Make relations of tables, and of the views stacked on them.

    Args:
        connection: gets them.
        lake: the lake.
        sources: the tables.
        wanted: which days of each table; None: all of them.
        views: SQL by name, each after those it reads.
    """
    for name, days in wanted.items():
        declare(connection, name, f"from {sources.get(name).scan(lake, days)}")
    for name, sql in views.items():
        declare(connection, name, sql)


def open_named(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    sources: Sources,
    models: Models,
    names: Iterable[str],
    days: Days | None,
) -> None:
    """Make relations of tables and views by name, with all that the views read."""
    names = set(names)
    views = models.views_of(names)
    read = names.union(*(models[view].sources for view in views)) - set(views)
    wanted = dict.fromkeys(sorted(read), days)
    open_sources(connection, lake, sources, wanted, {view: models[view].sql for view in views})


def declare(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Have a name stand for a query, whatever it stood for before."""
    connection.execute(f"create or replace temp view {quoted(name)} as {sql}")
