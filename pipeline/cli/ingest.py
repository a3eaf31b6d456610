"""`trailhouse ingest`: take logs into the lake, each event once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli.group import Option
from pipeline.cli.options import (
    Invocation,
    choice_options,
    command,
    complete_paths,
    output_options,
)
from pipeline.cli.output import Output
from pipeline.cli.progress import IngestProgress, Line
from pipeline.cli.render import print_summary, say
from pipeline.cli.text import count, duration, neutralise, size

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.steps.ingest import IngestSummary

S3 = "S3 and SQS"

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _s3(name: str, metavar: str, told: str) -> Callable[[_Function], _Function]:
    return click.option(name, metavar=metavar, cls=Option, section=S3, help=told)


@command(
    name="ingest",
    examples=(
        "trailhouse ingest ./logs",
        "trailhouse ingest 's3://my-trail/AWSLogs' --from 2026-03-01 --to 2026-04-01",
        "trailhouse ingest s3://my-trail --from 7d --account 111122223333 --role-arn ARN",
        "trailhouse ingest sqs://trail-notifications",
        "zcat dump.json.gz | trailhouse ingest -",
        "trailhouse ingest --format json      # the sources of trailhouse.toml",
    ),
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=complete_paths)
@choice_options
@_s3("--endpoint-url", "URL", "An S3 service that is not AWS's.")
@_s3("--profile", "NAME", "Profile of the AWS configuration files.")
@_s3("--role-arn", "ARN", "Role to assume for reading.")
@_s3("--external-id", "ID", "External id that the role asks for.")
@click.option(
    "--anonymous", is_flag=True, cls=Option, section=S3, help="Unsigned requests: public buckets."
)
@click.option(
    "--requester-pays",
    is_flag=True,
    cls=Option,
    section=S3,
    help="Pay for reading a requester-pays bucket.",
)
@click.option(
    "--strict", is_flag=True, cls=Option, help="Exit with 1 when an object could not be read."
)
@output_options
@click.pass_obj
def ingest_command(
    told: Invocation,
    sources: tuple[str, ...],
    start: str | None,
    end: str | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    endpoint_url: str | None,
    profile: str | None,
    role_arn: str | None,
    external_id: str | None,
    anonymous: bool,
    requester_pays: bool,
    strict: bool,
    output: Output,
) -> int:
    """Take everything into the lake that it does not hold yet; make the lake if need be.

    A SOURCE is a file, a folder, a glob, - for standard input, s3://bucket/prefix or
    sqs://queue; without one, the sources of trailhouse.toml are read. Run it as often as you
    like: each event is in the lake once. --from and --to choose objects by the day in their
    names, and one day more, since the last minutes of a day are delivered in the next.

    Objects that could not be read are on record and tried again by the next run, so they do
    not make the command fail; with --strict they do.
    """
    loaded = told.load(
        {
            "s3.endpoint": endpoint_url,
            "s3.profile": profile,
            "s3.role_arn": role_arn,
            "s3.external_id": external_id,
            "s3.anonymous": anonymous or None,
            "s3.requester_pays": requester_pays or None,
        }
    )
    from pipeline.ingest.memory import tune_memory
    from pipeline.steps import configured
    from pipeline.steps.ingest import ingest

    tune_memory()

    wanted = configured.selection(start, end, accounts, regions)
    if sources:
        opened = configured.named_sources(loaded, sources, wanted)
    else:
        opened = configured.configured_sources(loaded, wanted)
    lake = configured.configured_lake(loaded.settings, create=True)
    with Line("listing", quiet=told.quiet) as line:
        progress = IngestProgress(line)
        options = configured.ingest_options(loaded.settings)
        summary = ingest(lake, opened, options, progress.report)
    print_summary(output, asdict(summary), lambda c: write_ingest(c, summary, lake.location))
    if summary.objects_failed and not told.quiet and output.format != "table":
        _warn(summary)
    return 1 if strict and summary.objects_failed else 0


def write_ingest(
    console: Console, summary: IngestSummary, location: str, *, next_step: bool = True
) -> None:
    """Write what an ingest came to, for people."""
    from pipeline.steps import status

    speed = summary.records_read / summary.seconds if summary.seconds else 0
    say(
        console,
        f"{count(summary.objects_found, 'object')} found, "
        + (
            f"{summary.objects_new:,} new ({size(summary.bytes_read)})"
            if summary.objects_new
            else "nothing new"
        )
        + f", in {duration(summary.seconds)}"
        + (f", {speed:,.0f} records/s" if summary.records_read else ""),
    )
    if summary.objects_new:
        say(
            console,
            f"{count(summary.records_read, 'record')} read = {_sum(summary)}",
        )
    if summary.objects_taken_by_others:
        taken = count(summary.objects_taken_by_others, "object")
        say(console, f"{taken} of them: other writers took them in first, and count them")
    if summary.not_cloudtrail:
        say(
            console,
            f"{count(summary.not_cloudtrail, 'object')} not CloudTrail logs: "
            + _listed(summary.lookalikes),
        )
    for state, number in sorted(summary.failures.items(), key=lambda item: -item[1]):
        say(console, f"{count(number, 'object')} {state}: {status.next_step(state)}", "yellow")
    if summary.quarantined:
        say(console, "see what was quarantined and why: trailhouse quarantine list", "yellow")
    for problem in summary.problems:
        say(console, neutralise(problem), "yellow")
    if summary.rows_added and next_step:
        say(console, f"the lake is {location}; see it with: trailhouse status", "dim")


def _sum(summary: IngestSummary) -> str:
    """Write what the records came to; the terms add up to what was read."""
    terms = [f"{summary.rows_added:,} added"]
    if summary.duplicates:
        terms.append(count(summary.duplicates, "duplicate"))
    if summary.conflicts:
        terms.append(count(summary.conflicts, "conflict"))
    if summary.quarantined:
        terms.append(f"{summary.quarantined:,} quarantined")
    return " + ".join(terms)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.items()))


def _warn(summary: IngestSummary) -> None:
    click.echo(
        f"warning: {count(summary.objects_failed, 'object')} could not be read; on record, and "
        "tried again by the next run; see: trailhouse status",
        err=True,
    )
