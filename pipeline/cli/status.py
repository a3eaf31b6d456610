"""`trailhouse status`: what the lake holds, what failed, what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, say_whole, small_table
from pipeline.cli.text import count, duration, moment, neutralise, one_line, size

_TOLD = ("rows_added", "duplicates", "conflicts", "quarantined", "objects_failed")

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.lake.state import RunRecord
    from pipeline.steps.status import Status


@command(
    name="status",
    examples=(
        "trailhouse status",
        "trailhouse status --lake s3://my-lake/trails",
        "trailhouse status --format json | jq .n_events",
        "trailhouse status --snapshots",
    ),
)
@click.option(
    "--runs",
    "n_runs",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    cls=Option,
    help="How many of the last runs to show.",
)
@click.option(
    "--storage",
    "whole_storage",
    is_flag=True,
    cls=Option,
    help="Add up all that the lake keeps, however long listing it takes.",
)
@click.option(
    "--snapshots",
    "only_snapshots",
    is_flag=True,
    cls=Option,
    help="The snapshots only, newest first: what `sql --at` can ask.",
)
@output_options
@click.pass_obj
def status_command(
    told: Invocation, n_runs: int, whole_storage: bool, only_snapshots: bool, output: Output
) -> None:
    """Tell what the lake holds, its last runs, what could not be read and what is quarantined."""
    lake = told.open_lake()
    if only_snapshots:
        from pipeline.steps.status import list_snapshots

        print_rows(output, list_snapshots(lake).to_reader(), whole=["kind"])
        return
    from pipeline.lake.state import list_runs
    from pipeline.steps.status import MOST_LISTED, read_status

    status = read_status(lake, None if whole_storage else MOST_LISTED)
    runs = list_runs(lake, n_runs)
    facts = asdict(status) | {"runs": [asdict(run) for run in runs]}
    print_summary(output, facts, lambda console: write_status(console, status, runs))


def write_status(console: Console, status: Status, runs: Sequence[RunRecord]) -> None:
    """Write the status for people."""
    say(console, neutralise(status.location), "bold")
    write_facts(console, status)
    _write_failures(console, status)
    _write_quarantine(console, status)
    if runs:
        _write_runs(console, runs)
    for label, step in _next_steps(status):
        say(console, f"{label}: {step}", "dim")


def write_facts(console: Console, status: Status) -> None:
    """Write the counts of a lake, a line each."""
    for label, value in _facts(status):
        say(console, f"  {label:<11}{value}", indent=13)


def _facts(status: Status) -> list[tuple[str, str]]:
    facts = [
        (
            "events",
            f"{status.n_events:,}"
            + (
                f", {moment(status.first_event_time)} to {moment(status.last_event_time)}"
                if status.n_events
                else ""
            ),
        ),
        (
            "objects",
            f"{status.n_objects:,} read, by their names of "
            f"{count(status.n_accounts, 'account')} and {count(status.n_regions, 'region')}"
            + (f", {count(status.n_digests, 'digest')} among them" if status.n_digests else ""),
        ),
        (
            "files",
            f"{status.n_files:,} in {count(status.n_days, 'day')}"
            + (f", {status.n_small_files:,} of them small" if status.n_small_files else ""),
        ),
        ("size", f"{size(status.n_bytes)}, {_stored(status.n_stored_bytes)}"),
    ]
    if status.snapshot_id:
        facts.append(
            (
                "snapshots",
                f"{status.n_snapshots:,} since {moment(status.oldest_snapshot_at)}",
            )
        )
        facts.append(("newest", f"{status.snapshot_id} of {moment(status.committed_at)}"))
    if status.n_conflicts:
        facts.append(
            (
                "conflicts",
                f"{count(status.n_conflicts, 'event')} delivered in "
                f"{count(status.n_conflict_versions, 'version')}",
            )
        )
    waiting = {name: number for name, number in status.waiting.items() if number}
    if waiting:
        listed = ", ".join(f"{number:,} for {name}" for name, number in waiting.items())
        facts.append(("waiting", f"commits {listed}; the next ingest takes them in"))
    return facts


def _stored(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "and what else it keeps, in too many files to add up unasked: --storage"
    return f"{size(n_bytes)} with all it keeps"


def _write_failures(console: Console, status: Status) -> None:
    for failure in status.failures:
        say(console)
        say(
            console,
            f"{count(failure.n_objects, 'object')} {failure.state} ({size(failure.n_bytes)})",
            "yellow",
        )
        say_whole(console, f"  for one    {neutralise(failure.example_uri)}")
        if failure.example_reason:
            say(console, f"  because    {neutralise(failure.example_reason)}", indent=13)
        say(console, f"  next       {failure.next_step}", indent=13)


def _write_quarantine(console: Console, status: Status) -> None:
    waiting = [entry for entry in status.quarantine if entry.state == "open"]
    if not waiting:
        return
    say(console)
    total = sum(entry.n_records for entry in waiting)
    say(console, f"{count(total, 'record')} in quarantine", "yellow")
    small_table(
        console,
        ["reason", "records", "size", "last seen"],
        [(e.reason, f"{e.n_records:,}", size(e.n_bytes), moment(e.last_seen_at)) for e in waiting],
        " >>=",
    )
    say(console, "  next       trailhouse quarantine list")


def _write_runs(console: Console, runs: Sequence[RunRecord]) -> None:
    """Write the last runs, a line each; what one came to goes on below itself."""
    say(console)
    say(console, "last runs", "bold")
    rows = [("started", "command", "state", "took"), *map(_run_cells, runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    ends = ["came to", *map(_ending, runs)]
    for row, end in zip(rows, ends, strict=True):
        *cells, took = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        head = f"  {'  '.join([*cells, took.rstrip().rjust(widths[-1])])}  "
        say(console, head + end, "dim" if row is rows[0] else "", indent=len(head))


def _run_cells(run: RunRecord) -> tuple[str, str, str, str]:
    took = duration((run.ended_at - run.started_at).total_seconds()) if run.ended_at else ""
    return moment(run.started_at), neutralise(run.command), run.state, took


def _ending(run: RunRecord) -> str:
    if run.state == "interrupted":
        return "stopped; run it again to go on"
    return one_line(run.error) if run.error else _came_to(run.summary)


def _came_to(summary: Mapping[str, Any]) -> str:
    """Name what a run changed: its counts that are not zero.

    >>> _came_to({"objects_found": 12, "rows_added": 138, "duplicates": 0})
    '138 rows added'
    """
    counts = {
        name: value
        for name, value in summary.items()
        if isinstance(value, int) and not isinstance(value, bool) and value
    }
    told = [name for name in _TOLD if name in counts] if "objects_found" in summary else counts
    return ", ".join(_counted(name, counts[name]) for name in told) or "nothing new"


def _counted(name: str, number: int) -> str:
    """Write one count of a run's summary.

    >>> _counted("conflicts", 1), _counted("rows_added", 1200), _counted("bytes_removed", 1_500_000)
    ('1 conflict', '1,200 rows added', '1.5 MB removed')
    """
    noun, *rest = name.split("_")
    if noun == "bytes":
        return " ".join([size(number), *rest])
    if number == 1:
        noun = noun.removesuffix("s")
    return " ".join([f"{number:,}", noun, *rest])


def _next_steps(status: Status) -> list[tuple[str, str]]:
    if not status.n_events:
        return [("the lake is empty; fill it with", "trailhouse ingest SOURCE")]
    steps = []
    if status.n_conflicts:
        query = "from ingest_conflicts order by event_id"
        steps.append(("see conflicts with", f'trailhouse sql "{query}"'))
    if status.n_small_files > max(20, 4 * status.n_days):
        steps.append(("many small files; gather them with", "trailhouse maintain"))
    return steps
