"""Four small models over the facts, for tests of what builds, lists and asks models."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

HEADER = """\
/*
name: {name}
grain: {grain}
description: For tests.
materialize: {kind}
{more}columns: {{{columns}}}
*/
"""
CALLS = """\
with

logs as (
    select *
    from cloudtrail_logs
)

select
    logs.eventid as event_id,
    logs.event_time,
    logs.event_date,
    logs.eventname as event_name,
    accounts.account_name
from logs
left join accounts on logs.recipientaccountid = accounts.account_id
"""
FILES = {
    "staging/calls": (
        CALLS,
        "one row per event (event_id)",
        "view",
        "",
        "event_id: id, event_time: time, event_date: day, event_name: name, account_name: name",
    ),
    "intermediate/daily_calls": (
        "select event_date, event_name, count(*) as n_calls from calls group by 1, 2",
        "one row per day and name (event_date, event_name)",
        "daily",
        "checks: {unique: [event_date, event_name]}\n",
        "event_date: day, event_name: name, n_calls: number",
    ),
    "marts/total_calls": (
        "select event_date, event_name, sum(n_calls)::bigint as n_calls"
        " from daily_calls group by 1, 2",
        "one row per name (event_name)",
        "rollup",
        "key: [event_name]\nmerge: {n_calls: sum}\n",
        "event_name: name, n_calls: number",
    ),
    "marts/busy_days": (
        "select event_date, n_calls from daily_calls where n_calls > 2",
        "one row per busy day (event_date)",
        "view",
        "",
        "event_date: day, n_calls: number",
    ),
}
ACCOUNTS = pa.table({"account_id": ["111122223333"], "account_name": ["main"]})


def write_models(folder: Path) -> Path:
    """Write the models as Trailhouse has its own: below a folder of content."""
    for place, (sql, grain, kind, more, columns) in FILES.items():
        file = folder / "models" / f"{place}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        header = HEADER.format(name=file.stem, grain=grain, kind=kind, more=more, columns=columns)
        file.write_text(header + sql)
    return folder
