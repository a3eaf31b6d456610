"""`trailhouse coverage`: where there are events, silence, gaps and unreadable objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, choice_options, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, small_table
from pipeline.cli.text import can_draw, count, moment

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from pipeline.steps.coverage import Coverage

GAPS_FOUND = 3
_GAPS_SHOWN = 10
_MOST_DAYS = 14
_GAP_NEXT = (
    "ingest that account and those days again: what the source has of them is taken in. If it "
    "has nothing: aws cloudtrail get-trail-status, and who may delete from the bucket"
)


@command(
    name="coverage",
    examples=(
        "trailhouse coverage",
        "trailhouse coverage --from 30d --account 111122223333 --hours",
        "trailhouse coverage --gaps --format csv --output gaps.csv",
        "trailhouse coverage --from 7d --fail-on-gap --quiet > coverage.jsonl",
    ),
)
@choice_options
@click.option("--hours", "by_hour", is_flag=True, cls=Option, help="By hour instead of by day.")
@click.option(
    "--gaps", "only_gaps", is_flag=True, cls=Option, help="The gaps only, one row for each."
)
@click.option(
    "--fail-on-gap",
    is_flag=True,
    cls=Option,
    help="Exit with 3 when there is a gap, or an object that could not be read.",
)
@output_options
@click.pass_obj
def coverage_command(
    told: Invocation,
    start: str | None,
    end: str | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    by_hour: bool,
    only_gaps: bool,
    fail_on_gap: bool,
    output: Output,
) -> int:
    """Show objects and events of each account and region by day or hour, and judge silence.

    On a terminal this is a map of the newest days that fit (with --hours and --from, of up to 14
    days), else one row per account, region and day (or hour).

    An hour without events is a gap when its silent stretch is longer by half than the rhythm of
    its account and region: the 99th percentile of the other silent stretches of the 28 days
    before, of which one in a hundred passes it by chance. A trail's first 28 days are judged by
    all of them; with fewer than 24 hours heard there is no rhythm, and silence stays silence.

    A trail is judged until the newest delivery into its place (the bucket or folder that holds
    its AWSLogs), whatever the account and region, by the times in names or S3's own; late
    deliveries and one that stands alone do not count. Where names tell neither account nor time,
    a trail is judged until its own last events.

    CloudTrail writes no object for an hour in which nothing happened, so from the logs alone a
    silent hour and a lost one look the same; only the digest files prove that nothing was
    removed.
    """
    lake = told.open_lake()
    from pipeline.steps.configured import selection
    from pipeline.steps.coverage import measure_coverage

    wanted = selection(start, end, accounts, regions)
    coverage = measure_coverage(
        lake,
        start=wanted.start,
        end=wanted.end,
        accounts=wanted.accounts,
        regions=wanted.regions,
    )
    if output.format == "table" and not only_gaps:
        most_days = _MOST_DAYS if start else 0
        print_summary(
            output,
            {},
            lambda console: _write_coverage(console, coverage, by_hour, output.max_rows, most_days),
        )
    else:
        frame = coverage.gaps if only_gaps else coverage.hours if by_hour else coverage.days
        print_rows(output, frame.to_arrow().to_reader())
    return GAPS_FOUND if fail_on_gap and _is_incomplete(coverage) else 0


def write_map(
    console: Console, hours: pl.DataFrame, by_hour: bool, max_rows: int = 0, most_days: int = 0
) -> None:
    """Write the map of all that is known, and what its characters mean."""
    from pipeline.cli.heatmap import BLOCKS, LETTERS, draw_legend, draw_map

    signs = BLOCKS if can_draw(console.encoding) else LETTERS
    shown, n_more = _worst(_known(hours), max_rows)
    drawn = draw_map(shown, by_hour=by_hour, width=console.width, signs=signs, most_days=most_days)
    console.print(drawn.text, end="", soft_wrap=True)
    if drawn.cut:
        say(console, drawn.cut, "yellow")
    if n_more:
        say(console, f"and {count(n_more, 'more trail')} with less to see; see --max-rows", "dim")
    say(console)
    console.print(
        draw_legend(signs, by_hour=by_hour, is_folded=drawn.is_folded), end="", soft_wrap=True
    )


def _known(hours: pl.DataFrame) -> pl.DataFrame:
    """Return the hours to draw: up to what is known, and no silence that was not judged."""
    import polars as pl

    hour, until = pl.col("hour"), pl.col("known_until")
    known = hours.filter(hour <= until.max(), (hour < until) | (pl.col("state") != "silent"))
    return hours if known.is_empty() else known


def _write_coverage(
    console: Console, coverage: Coverage, by_hour: bool, max_rows: int, most_days: int
) -> None:
    if coverage.hours.is_empty():
        say(console, "the lake has nothing of this period and choice")
        return
    write_map(console, coverage.hours, by_hour, max_rows, most_days)
    say(console)
    _write_gaps(console, coverage.gaps)
    _write_unreadable(console, coverage)
    _write_beyond(console, coverage)
    say(console)
    say(console, "the rule it judges by: trailhouse coverage --help", "dim")


def _write_gaps(console: Console, gaps: pl.DataFrame) -> None:
    if gaps.is_empty():
        say(console, "no gaps")
        return
    say(console, count(len(gaps), "gap"), "bold red")
    small_table(
        console,
        ["account", "region", "from", "silent", "rhythm"],
        [
            (
                row["account_id"],
                row["region"],
                moment(row["silent_since"]),
                f"{row['silent_hours']:,} h" + (" and on" if row["is_open"] else ""),
                f"{row['rhythm_hours']:,} h",
            )
            for row in gaps.sort("from", descending=True).head(_GAPS_SHOWN).to_dicts()
        ],
        "====>",
    )
    if len(gaps) > _GAPS_SHOWN:
        more = count(len(gaps) - _GAPS_SHOWN, "earlier one")
        say(console, f"  and {more}; all of them: trailhouse coverage --gaps", "dim")
    say(console, f"  next       {_GAP_NEXT}", indent=13)


def _write_unreadable(console: Console, coverage: Coverage) -> None:
    """Tell how many hours cannot be told of for each reason, and what makes them readable."""
    import polars as pl

    from pipeline.steps.status import next_step

    hours = coverage.hours.filter(pl.col("state") == "unreadable")
    if not hours.is_empty():
        say(console)
        say(console, f"{count(len(hours), 'hour')} with unreadable objects", "bold yellow")
    reasons = hours.explode("reasons").group_by("reasons").len().sort("len", descending=True)
    for reason, number in reasons.iter_rows():
        say(console, f"  {reason}: {count(number, 'hour')}; {next_step(reason)}", indent=4)
    if n_unplaced := _count_unplaced(coverage):
        say(console)
        several = count(n_unplaced, "unreadable object")
        say(console, f"{several} of unknown account or region: trailhouse status", "yellow")


def _write_beyond(console: Console, coverage: Coverage) -> None:
    """Tell until when trails are known, and of events later than that."""
    import polars as pl

    say(console)
    say(console, f"known until {moment(coverage.known_until)}; later hours are not judged")
    beyond = coverage.hours.filter(pl.col("hour") > coverage.known_until, pl.col("n_events") > 0)
    if not beyond.is_empty():
        events = count(int(beyond["n_events"].sum()), "event")
        last = beyond["hour"].to_list()[-1]
        say(
            console,
            f"{events} later than that, up to {moment(last)}, left out of the map: a clock was "
            "wrong, or what was delivered between is not in the lake",
            "yellow",
        )


def _worst(hours: pl.DataFrame, max_rows: int) -> tuple[pl.DataFrame, int]:
    """Return the hours of the trails that need a look first, and how many trails are left out."""
    import polars as pl

    trail = ["account_id", "region"]
    trails = hours.group_by(trail).agg(
        pl.col("state").is_in(["gap", "unreadable"]).sum().alias("n_bad"),
        pl.col("n_events").sum(),
    )
    if not max_rows or len(trails) <= max_rows:
        return hours, 0
    worst = trails.sort(["n_bad", "n_events", *trail], descending=[True, True, False, False])
    return hours.join(worst.head(max_rows), on=trail, how="semi"), len(trails) - max_rows


def _is_incomplete(coverage: Coverage) -> bool:
    is_bad = coverage.hours["state"].is_in(["gap", "unreadable"]).any()
    return bool(is_bad) or _count_unplaced(coverage) > 0


def _count_unplaced(coverage: Coverage) -> int:
    """Count unreadable objects whose names do not tell the account and region they are of."""
    import polars as pl

    nameless = (pl.col("account_id") == "") | (pl.col("region") == "")
    return int(coverage.trails.filter(nameless)["n_unreadable"].sum())
