"""Builds of the tables about sessions alone, for their tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.iam.actions import action_table, prefix_table
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import derived_view
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import connect, read_lake, scan_sql
from pipeline.models.graph import LAYERS, Models, load_models
from pipeline.models.model import Model
from pipeline.models.run import BuildOptions, BuildResult, build
from pipeline.queryfile import content_root, parse_query

Row = dict[str, Any]

_TEXT, _DAY = pa.string(), pa.date32()
_ACCOUNTS = "account_id account_name organisational_unit environment owner tags"
_CONTEXT = {
    "accounts": pa.schema([(name, _TEXT) for name in _ACCOUNTS.split()]),
    "identities": pa.schema(
        [
            *((name, _TEXT) for name in ("principal_id", "human", "team")),
            *((name, _DAY) for name in ("joined_date", "left_date")),
        ]
    ),
}


def context(identities: Sequence[Row] = ()) -> Mapping[str, pa.Table]:
    """Return the reference tables that sessions need, with some identities."""
    given: Mapping[str, Sequence[Row]] = {"accounts": (), "identities": identities}
    tables = {
        name: pa.Table.from_pylist(
            [{column: row.get(column) for column in schema.names} for row in given[name]],
            schema=schema,
        )
        for name, schema in _CONTEXT.items()
    }
    return {**tables, "iam_actions": action_table(), "iam_prefixes": prefix_table()}


@cache
def session_models() -> Models:
    """Return the models about sessions with what they need, and no other."""
    root = content_root().joinpath("models")
    texts = {
        file.name.removesuffix(".sql"): (layer, file.read_text(encoding="utf-8"))
        for layer in LAYERS
        for file in root.joinpath(layer).iterdir()
        if file.name.endswith(".sql")
    }
    wanted, needed = ["sessions", "session_lineage"], set[str]()
    while wanted:
        name = wanted.pop()
        if name in texts and name not in needed:
            needed.add(name)
            wanted += parse_query(texts[name][1], f"{name}.sql").tables
    with TemporaryDirectory() as folder:
        for name in needed:
            layer, text = texts[name]
            Path(folder, layer).mkdir(exist_ok=True)
            Path(folder, layer, f"{name}.sql").write_text(text, encoding="utf-8")
        return load_models(Path(folder))


def build_sessions(
    lake: Lake, references: Mapping[str, pa.Table], options: BuildOptions | None = None
) -> BuildResult:
    """Build the tables about sessions; none of their checks fails."""
    result = build(lake, session_models(), references, options)
    assert result.is_good, [model for model in result.models if model.state != "built"]
    return result


def build_apart(
    lake: Lake, references: Mapping[str, pa.Table], days: Sequence[date], name: str
) -> list[Row]:
    """Return a model's rows with each day of each model built alone, from shuffled facts.

    A day's SQL sees the days around it that the model asks for, and nothing else.
    """
    models, view = session_models(), read_lake(lake)
    with connect() as connection:
        for table, rows in references.items():
            connection.register(table, rows)
        scan = scan_sql(view.tables[LOGS.name].schema, view.paths(LOGS.name))
        connection.execute("create schema kept")
        connection.execute(f"create table kept.{LOGS.name} as from {scan} order by md5(eventid)")
        for model in models:
            if model.materialize == "daily":
                for day in days:
                    _build_day(connection, models, model, day)
        rows = connection.sql(f"from kept.{name} order by event_date, session_id")
        found: list[Row] = rows.to_arrow_table().to_pylist()
        return found


def _build_day(
    connection: duckdb.DuckDBPyConnection, models: Models, model: Model, day: date
) -> None:
    for source, reach in models.reaches(model.name).items():
        if models.is_daily(source):
            first, last = day - timedelta(reach.back), day + timedelta(reach.ahead)
            connection.execute(
                f"create or replace view {source} as from kept.{source} "
                f"where event_date between date '{first}' and date '{last}'"
            )
    for view in models.views(model.name):
        connection.execute(f"create or replace view {view} as {models[view].sql}")
    connection.execute(f"create table if not exists kept.{model.name} as {model.sql} limit 0")
    connection.execute(
        f"insert into kept.{model.name} from ({model.sql}) where event_date = date '{day}'"
    )


def rows_of(lake: Lake, name: str) -> list[Row]:
    """Return the rows of a model's table, in order."""
    view = derived_view(lake, name)
    with connect() as connection:
        scan = scan_sql(view.schema, [file.file_path for file in view.files()])
        rows = connection.sql(f"from {scan} order by event_date, session_id")
        found: list[Row] = rows.to_arrow_table().to_pylist()
        return found
