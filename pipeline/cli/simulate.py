"""`trailhouse simulate`: write the trails of an invented organisation."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.progress import Line
from pipeline.cli.render import print_summary, say, say_whole
from pipeline.cli.text import count, size

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.simulate import Truth


@command(
    name="simulate",
    examples=(
        "trailhouse simulate ./trail",
        "trailhouse simulate ./trail --accounts 20 --days 30 --seed 7",
        "trailhouse simulate ./trail --events 500000 --records-per-file 500",
    ),
)
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option(
    "--accounts", type=int, default=5, show_default=True, metavar="N", cls=Option,
    help="Accounts of the organisation.",
)  # fmt: skip
@click.option(
    "--days", type=float, default=7.0, show_default=True, metavar="N", cls=Option,
    help="How long the story is.",
)  # fmt: skip
@click.option(
    "--start", metavar="TIME", default="2026-03-02", show_default=True, cls=Option,
    help="When it begins: a date, a time (UTC) or an age.",
)  # fmt: skip
@click.option(
    "--events", type=int, metavar="N", cls=Option,
    help="Distinct events. [default: what an organisation of that size does]",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=1, show_default=True, metavar="N", cls=Option,
    help="The same seed and options always write the same bytes.",
)  # fmt: skip
@click.option(
    "--records-per-file", type=int, metavar="N", cls=Option,
    help="Records in each object. [default: as CloudTrail delivers]",
)  # fmt: skip
@click.option(
    "--duplicates", type=float, default=0.02, show_default=True, metavar="SHARE", cls=Option,
    help="Events delivered twice.",
)  # fmt: skip
@click.option(
    "--late", type=float, default=0.005, show_default=True, metavar="SHARE", cls=Option,
    help="Events delivered late.",
)  # fmt: skip
@click.option(
    "--single-accounts", is_flag=True, cls=Option,
    help="Keys as trails of single accounts have them, not those of an organisation trail.",
)  # fmt: skip
@output_options
@click.pass_obj
def simulate_command(
    told: Invocation,
    out: Path,
    accounts: int,
    days: float,
    start: str,
    events: int | None,
    seed: int,
    records_per_file: int | None,
    duplicates: float,
    late: float,
    single_accounts: bool,
    output: Output,
) -> None:
    """Write trails as S3 would hold them, under OUT/AWSLogs, and the truth about them beside.

    Humans behind single sign-on, deployment roles, services and jobs behave differently by
    hour and weekday. OUT/truth.json has the counts, OUT/truth-keys.parquet the key of every
    event and OUT/truth-sessions.parquet who gave each session its credentials, so that whatever
    reads the trails can be compared with them.
    """
    from pipeline.simulate import Plan, simulate
    from pipeline.steps.times import parse_time

    plan = Plan(
        accounts=accounts,
        seed=seed,
        start=parse_time(start),
        days=days,
        events=events,
        records_per_file=records_per_file,
        duplicates=duplicates,
        late=late,
        organisation=not single_accounts,
    )
    with Line("founding the organisation", quiet=told.quiet) as line:
        truth = simulate(plan, out, lambda n: line.say(lambda: f"{n:,} events written"))

    print_summary(output, asdict(truth), lambda console: write_truth(console, truth, out))


def write_truth(console: Console, truth: Truth, out: Path) -> None:
    """Write what a simulation came to, for people."""
    accounts = {place.split("/")[0] for place in truth.by_day}
    say(
        console,
        f"{count(truth.records, 'record')} = {count(truth.events, 'event')} + "
        f"{truth.duplicates:,} delivered twice; {truth.late:,} late",
    )
    say(
        console,
        f"{count(truth.objects, 'object')} of {count(len(accounts), 'account')}, "
        f"{size(truth.stored_bytes)} ({size(truth.inflated_bytes)} of JSON), "
        f"{truth.first_time} to {truth.last_time}",
    )
    say(console, f"{len(truth.services):,} services, {len(truth.actions):,} kinds of event")
    say_whole(console, f"next: trailhouse ingest {shlex.quote(str(out / 'AWSLogs'))}", "dim")
