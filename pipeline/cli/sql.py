"""`trailhouse sql`: ask the lake a question."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, tell
from pipeline.cli.text import count, moment, neutralise, size
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from pipeline.ask.explain import Plan, TablePlan


@command(
    name="sql",
    examples=(
        'trailhouse sql "select eventname, count(*) as n from cloudtrail_logs group by all"',
        "trailhouse sql \"from resource_history where resource_arn like '%:instance/i-0a1b'\"",
        "trailhouse sql @question.sql --param account=111122223333 --format csv -o answer.csv",
        'trailhouse sql "select count(*) from cloudtrail_logs" --at 2026-03-01T12:00Z',
        "trailhouse sql \"from cloudtrail_logs where event_date = '2026-03-01'\" --explain",
        "trailhouse sql --dialect athena \"select eventname from my_table where year = '2026'\"",
        "trailhouse sql --dialect lake @lake_query.sql --lenient --explain",
        'trailhouse sql "describe cloudtrail_logs"',
    ),
)
@click.argument("query", metavar="QUERY|-|@FILE")
@click.option(
    "--param",
    "-p",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    cls=Option,
    help="Value for $NAME in the query, always as text: write $NAME::bigint where that matters.",
)
@click.option(
    "--at",
    metavar="SNAPSHOT|TIME",
    cls=Option,
    help="Ask an older snapshot: its id, or a time (a date, a time or an age such as 2h).",
)
@click.option(
    "--explain", is_flag=True, cls=Option, help="Show which files and days would be read."
)
@click.option(
    "--dialect",
    type=click.Choice(["athena", "lake"]),
    cls=Option,
    help="What the query was written for: AWS's Athena table, or CloudTrail Lake.",
)
@click.option(
    "--lenient",
    is_flag=True,
    cls=Option,
    help="With --dialect, mend common mistakes that Athena would refuse, and say so.",
)
@output_options
@click.pass_obj
def sql_command(
    told: Invocation,
    query: str,
    parameters: tuple[str, ...],
    at: str | None,
    explain: bool,
    dialect: str | None,
    lenient: bool,
    output: Output,
) -> None:
    """Ask one query of the lake's newest snapshot, or of an older one.

    QUERY is SQL of DuckDB, or with --dialect of Athena or CloudTrail Lake; - reads it from
    standard input, @FILE from a file. The tables are cloudtrail_logs (the columns of AWS's Athena
    table and event_time, event_date and more), event_data_store (the same as CloudTrail Lake has
    them), ingest_objects, ingest_quarantine and ingest_conflicts, and the audit tables that
    `trailhouse models` lists. A query only reads, but it can read any local file that the user who
    runs it can: do not run one you do not trust. Files of the lake are skipped by conditions on
    event_time, event_date, eventtime and the partition columns of Athena tables.
    """
    text = _read(query)
    values = dict(map(_parameter, parameters))
    moment = moment_of(at) if at is not None else None
    if lenient and dialect is None:
        raise UsageError("--lenient is about queries for Athena", "give --dialect as well")
    lake = told.open_lake()
    from pipeline.steps.query import query as ask

    with ask(lake, text, values, at=moment, dialect=dialect, lenient=lenient) as answer:
        for note in answer.notes:
            tell(str(note))
        if explain:
            print_plan(output, answer.plan, answer.sql if dialect else "")
        else:
            print_rows(output, answer.batches())


def _read(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    if not query.startswith("@"):
        return query
    try:
        return Path(query[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise UsageError(
            f"{query[1:]}: cannot be read: {getattr(wrong, 'strerror', None) or wrong}",
            "name a file of SQL after the @",
        ) from wrong


def _parameter(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name.isidentifier():
        raise UsageError(f"--param {text}: not of the form NAME=VALUE", "write: --param name=value")
    return name, value


def moment_of(text: str) -> int | datetime:
    """Return the snapshot or the instant; ids of snapshots are long numbers."""
    from pipeline.steps.times import parse_time

    return int(text) if text.isascii() and text.isdigit() else parse_time(text)


def print_plan(output: Output, plan: Plan, translated: str = "") -> None:
    """Print which files and days a query would read, and what it was translated to."""
    from dataclasses import asdict

    from pipeline.cli.encode import table_of

    if output.format in ("table", "json"):
        facts = ({"sql": translated} if translated else {}) | asdict(plan)
        print_summary(output, facts, lambda console: _write_plan(console, plan, translated))
    else:
        print_rows(output, table_of([_row(table) for table in plan.tables]))


def _row(table: TablePlan) -> dict[str, object]:
    """Return how a table is read as one flat row."""
    from dataclasses import asdict

    row = asdict(table)
    read, whole = row.pop("read"), row.pop("whole")
    return (
        row
        | {f"read_{name}": value for name, value in read.items()}
        | {f"whole_{name}": value for name, value in whole.items()}
    )


def _write_plan(console: Console, plan: Plan, translated: str) -> None:
    if translated:
        say(console, "translated to", "bold")
        say(console, f"  {neutralise(translated)}", indent=2)
    if not plan.tables:
        say(console, "reads no table of the lake")
    for table in plan.tables:
        _write_table(console, table)


def _write_table(console: Console, table: TablePlan) -> None:
    read, whole = table.read, table.whole
    say(console, table.table, "bold")
    say(console, f"  snapshot   {table.snapshot_id or 'none'}, {moment(table.committed_at)}")
    say(
        console,
        f"  files      {read.n_files:,} of {whole.n_files:,}, "
        f"{size(read.n_bytes)} of {size(whole.n_bytes)}",
    )
    if whole.n_days:
        span = f", {read.first_day} to {read.last_day}" if read.n_days else ""
        say(console, f"  days       {read.n_days:,} of {whole.n_days:,}{span}")
    say(console, f"  rows       at most {read.n_rows:,} of {whole.n_rows:,}")
    condition = neutralise(table.condition) if table.condition else "none: every file is read"
    say(console, f"  condition  {condition}", indent=13)
    if table.condition and not read.n_files:
        say(console, f"  no file can hold a row; {count(whole.n_files, 'file')} skipped", "dim")
