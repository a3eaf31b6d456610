"""Small models of every kind, lakes to build them in, and what their tables then hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.derived import derived_view
from pipeline.lake.snapshot import connect, scan_sql
from pipeline.models.graph import Models, load_models
from pipeline.models.run import BuildOptions, ModelResult, build
from tests.lakerows import Row, commit_rows

MODELS = {
    "staging/calls": """/*
name: calls
grain: one row per event (event_id)
description: The facts as the models here read them.
materialize: view
checks:
  unique: [event_id]
columns: {event_id: id, event_time: when, event_date: day, account_id: whose, account_name: name,
  action: what, n_bytes: how much}
*/
select
    eventid as event_id,
    event_time,
    event_date,
    recipientaccountid as account_id,
    accounts.account_name,
    eventname as action,
    event_key as n_bytes
from cloudtrail_logs
left join accounts on accounts.account_id = recipientaccountid
""",
    "intermediate/pairs": """/*
name: pairs
grain: one row per event (event_id)
description: Events with those of the same action two days before and one day after.
materialize: daily
lookback: 2 days
lookahead: 1 day
checks:
  unique: [event_id]
  not_null: [event_id, event_date]
  relationships: {event_id: calls.event_id}
  rows: {some: n_near > 0}
  reconciles:
    all: select (select count(*) from pairs) = (select count(*) from cloudtrail_logs)
columns: {event_date: day, event_id: id, account_name: name, n_near: how many, first_near: when}
*/
select
    here.event_date,
    here.event_id,
    here.account_name,
    count(*) as n_near,
    min(near.event_time) as first_near
from calls as here
inner join calls as near
    on here.action = near.action
    and near.event_date between here.event_date - 2 and here.event_date + 1
group by all
""",
    "intermediate/near": """/*
name: near
grain: one row per pair of neighbours (event_id)
description: A view between daily tables.
materialize: view
columns: {event_date: day, event_id: id, n_near: how many}
*/
select
    event_date,
    event_id,
    n_near
from pairs
where n_near > 1
""",
    "marts/near_days": """/*
name: near_days
grain: one row per day (event_date)
description: Days, with what the day before had.
materialize: daily
lookback: {near: 1 day}
checks:
  unique: [event_date]
columns: {event_date: day, n_rows: how many, n_before: the day before}
*/
with

days as (
    select
        event_date,
        count(*) as n_rows
    from near
    group by event_date
)

select
    days.event_date,
    days.n_rows,
    before.n_rows as n_before
from days
left join days as before on before.event_date = days.event_date - 1
""",
    "marts/actions": """/*
name: actions
grain: one row per action (action)
description: Lifetime of actions, with every way to merge.
materialize: rollup
key: [action]
merge:
  n_calls: sum
  n_bytes: max
  first_seen: min
  last_seen: max
  accounts: union
  is_large: any
  is_small: all
  last_id: latest(last_seen)
  first_id: earliest(first_seen)
  last_bytes: latest(first_seen)
checks:
  unique: [action]
  reconciles:
    all: select (select sum(n_calls) from actions) = (select count(*) from calls)
columns: {action: what, n_calls: n, n_bytes: n, first_seen: t, last_seen: t, accounts: whose,
  is_large: b, is_small: b, last_id: id, first_id: id, last_bytes: n}
*/
select
    event_date,
    action,
    count(*) as n_calls,
    max(n_bytes) as n_bytes,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    array_agg(distinct account_id) as accounts,
    bool_or(n_bytes > 5) as is_large,
    bool_and(n_bytes < 5) as is_small,
    max_by(event_id, event_time) as last_id,
    min(event_id) filter (where n_bytes > 3) as first_id,
    max(n_bytes) filter (where n_bytes > 6) as last_bytes
from calls
group by all
""",
}
"""A view, a daily model that looks both ways, a view on it, one on that, and a rollup."""

TABLES = ("pairs", "near_days", "actions")

ACCOUNTS = pa.table({"account_id": ["1", "2"], "account_name": ["prod", "test"]})


def write_models(folder: Path, models: Mapping[str, str] | None = None) -> Path:
    """Write models' files; return the folder they are in."""
    for name, text in (MODELS if models is None else models).items():
        path = folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def read_models(folder: Path, models: Mapping[str, str] | None = None) -> Models:
    """Write models' files and read them."""
    return load_models(write_models(folder, models))


def run(
    lake: Lake, models: Models, accounts: pa.Table = ACCOUNTS, **options: Any
) -> dict[str, ModelResult]:
    """Build; return what became of each table."""
    result = build(lake, models, {"accounts": accounts}, BuildOptions(**options))
    return {model.name: model for model in result.models}


def contents(lake: Lake, name: str) -> list[str]:
    """Return the rows of a model's table, sorted."""
    view = derived_view(lake, name)
    paths = lake.storage.local([file.file_path for file in view.files()])
    with connect(1) as connection:
        rows = connection.sql(f"from {scan_sql(view.schema, paths)}").fetchall()
    return sorted(map(repr, rows))


def tables(lake: Lake, names: Sequence[str] = TABLES) -> dict[str, list[str]]:
    """Return the rows of tables by name."""
    return {name: contents(lake, name) for name in names}


def lake_of(folder: Path, *batches: Sequence[Row]) -> Lake:
    """Make a lake of batches of facts."""
    lake = open_lake(str(folder), create=True)
    for rows in batches:
        add(lake, rows)
    return lake


def add(lake: Lake, rows: Sequence[Row]) -> None:
    """Commit rows of facts, each day's in a file of its own."""
    days = sorted({row["event_date"] for row in rows})
    commit_rows(lake, *([row for row in rows if row["event_date"] == day] for day in days))


def snapshots(lake: Lake) -> dict[str, int | None]:
    """Return the newest metadata of every table, by which any commit shows."""
    names = [identifier[-1] for identifier in lake.catalog.list_tables("trailhouse")]
    return {name: lake.table(name).metadata_location for name in names}
