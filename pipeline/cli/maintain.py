"""`trailhouse maintain`: keep the lake in shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.progress import Line
from pipeline.cli.render import print_summary, say, small_table
from pipeline.cli.text import count, duration, neutralise, size
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.settings import Loaded
    from pipeline.steps.maintain import MaintainOptions, MaintainSummary, Progress, RelocateSummary

_DAYS_SHOWN = 10
_DOING = {
    "follow": "taking commits into the ledger",
    "retain": "removing days past their time",
    "compact": "compacting",
    "expire": "expiring snapshots",
    "sweep": "removing files that nothing names",
}


@command(
    name="maintain",
    examples=(
        "trailhouse maintain",
        "trailhouse maintain --retain 400d --dry-run",
        "trailhouse maintain --expire-after 7d --grace 48h --no-compact",
        "trailhouse maintain --relocate --lake /restored/lake",
    ),
)
@click.option(
    "--dry-run", is_flag=True, cls=Option, help="Say what would be done, and change nothing."
)
@click.option(
    "--retain",
    metavar="AGE",
    cls=Option,
    help="Remove days of events older than this, such as 400d. [default: keep all]",
)
@click.option(
    "--expire-after",
    metavar="AGE",
    cls=Option,
    help="Let snapshots older than this go, so that --at can no longer ask them. [default: 30d]",
)
@click.option(
    "--keep-snapshots",
    type=click.IntRange(min=1),
    metavar="N",
    cls=Option,
    help="So many of the newest stay; older ones are thinned to one an hour, then one a day. "
    "[default: 100]",
)
@click.option(
    "--grace",
    metavar="AGE",
    cls=Option,
    help="How long a file stays that no snapshot names any more; longer than any query lasts. "
    "[default: 24h]",
)
@click.option(
    "--no-compact", is_flag=True, cls=Option, help="Leave small files of a day as they are."
)
@click.option(
    "--relocate",
    is_flag=True,
    cls=Option,
    help="Only make a lake readable that was moved, copied or restored.",
)
@output_options
@click.pass_obj
def maintain_command(
    told: Invocation,
    dry_run: bool,
    retain: str | None,
    expire_after: str | None,
    keep_snapshots: int | None,
    grace: str | None,
    no_compact: bool,
    relocate: bool,
    output: Output,
) -> None:
    """Compact small files, expire snapshots, and remove what is past its time.

    Safe beside running ingests and queries, and to run again at any time. Files are removed
    once nothing has named them for the grace period, so space comes back a day later.
    """
    loaded = told.load(
        {
            "maintain.retain": retain,
            "maintain.expire_after": expire_after,
            "maintain.keep_snapshots": keep_snapshots,
            "maintain.grace": grace,
        }
    )
    if relocate:
        if dry_run:
            raise UsageError("--relocate has no dry run", "leave --dry-run out")
        _relocate(loaded, output)
        return
    from pipeline.steps import configured

    options = replace(configured.maintain_options(loaded.settings), dry_run=dry_run)
    if no_compact:
        options = replace(options, compact=None)
    lake = configured.configured_lake(loaded.settings)
    from pipeline.steps.maintain import maintain

    with Line("maintaining", quiet=told.quiet) as line:
        summary = maintain(lake, options, _reporter(line))
    print_summary(
        output, asdict(summary), lambda console: _write_summary(console, summary, options)
    )


def _relocate(loaded: Loaded, output: Output) -> None:
    from pipeline.steps.configured import catalog_options
    from pipeline.steps.maintain import relocate

    summary = relocate(loaded.settings.lake, catalog_options(loaded.settings))
    print_summary(output, asdict(summary), lambda console: _write_relocated(console, summary))


def _reporter(line: Line) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        part = f", {progress.done:,} of {progress.total:,} groups" if progress.total else ""
        line.say(lambda: f"{_DOING.get(progress.step, progress.step)}{part}")

    return report


def _write_relocated(console: Console, summary: RelocateSummary) -> None:
    if summary.old == summary.new:
        say(console, f"{neutralise(summary.new)}: nothing to do, it is where it says it is")
        return
    say(console, f"{neutralise(summary.old)} is now {neutralise(summary.new)}")
    say(
        console,
        f"{count(len(summary.tables), 'table')}, {count(summary.n_snapshots, 'snapshot')} and "
        f"{count(summary.n_manifests, 'manifest')} written anew",
    )


def _write_summary(console: Console, summary: MaintainSummary, options: MaintainOptions) -> None:
    would = "would be " if summary.dry_run else ""
    lines = [
        *_retained(summary, would),
        *_compacted(summary, would),
        *_expired(summary, would),
        *_swept(summary, would, options),
    ]
    for line in lines or ["nothing to do"]:
        say(console, line, indent=2)
    _write_days(console, summary)
    if summary.dry_run:
        say(console, "nothing was changed; leave --dry-run out to do it", "dim")
    else:
        say(console, f"in {duration(summary.seconds)}", "dim")


def _retained(summary: MaintainSummary, would: str) -> list[str]:
    if summary.retained_from is None or not (
        summary.days_removed or summary.conflicts_removed or summary.quarantined_removed
    ):
        return []
    also = [
        count(number, noun)
        for number, noun in (
            (summary.conflicts_removed, "version of events in conflict"),
            (summary.quarantined_removed, "quarantined record"),
        )
        if number
    ]
    return [
        f"retention: {count(summary.events_removed, 'event')} of "
        f"{count(len(summary.days_removed), 'day')} before {summary.retained_from} {would}removed "
        f"({size(summary.bytes_retained_away)})" + "".join(f", {text}" for text in also)
    ]


def _compacted(summary: MaintainSummary, would: str) -> list[str]:
    lines = []
    if summary.files_compacted:
        became = (
            ""
            if summary.dry_run
            else f" to {summary.files_written:,}, {size(summary.bytes_compacted)} to "
            f"{size(summary.bytes_written)}"
        )
        lines.append(f"compaction: {count(summary.files_compacted, 'file')} {would}merged{became}")
    if summary.groups_skipped:
        skipped = count(summary.groups_skipped, "group")
        lines.append(f"compaction: {skipped} left for the next run, a writer was first")
    return lines


def _expired(summary: MaintainSummary, would: str) -> list[str]:
    number = sum(summary.snapshots_expired.values())
    return [f"snapshots: {number:,} {would}expired"] if number else []


def _swept(summary: MaintainSummary, would: str, options: MaintainOptions) -> list[str]:
    lines = []
    if summary.files_removed:
        lines.append(
            f"files: {count(summary.files_removed, 'file')} {would}removed, "
            f"{size(summary.bytes_removed)}"
        )
    if summary.files_waiting:
        hours = options.grace.total_seconds() / 3600
        lines.append(
            f"files: {count(summary.files_waiting, 'file')} ({size(summary.bytes_waiting)}) no "
            f"longer needed; a run after the grace period of {hours:g} hours removes them"
        )
    if summary.bytes_cleaned:
        lines.append(f"this machine: {size(summary.bytes_cleaned)} of left-over copies removed")
    return lines


def _write_days(console: Console, summary: MaintainSummary) -> None:
    days = summary.days_removed
    if not days:
        return
    small_table(
        console,
        ["day", "events", "files", "size"],
        [
            (day.day, f"{day.n_events:,}", f"{day.n_files:,}", size(day.n_bytes))
            for day in days[:_DAYS_SHOWN]
        ],
        "=>>>",
    )
    if len(days) > _DAYS_SHOWN:
        say(console, f"  and {count(len(days) - _DAYS_SHOWN, 'later day')}; see --format json")
