"""The ingest flow: everything the sources have that the lake does not know, on a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.deployments.runner import RunnerDeployment
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.retry import DELAYS, JITTER, RETRIES, if_it_may_pass
from flows.schedule import deploy
from flows.trace import Progress, plain, publish, table
from pipeline.errors import UsageError
from pipeline.ingest.run import Counts
from pipeline.settings import Loaded, load_settings, mask
from pipeline.sources.object import Source
from pipeline.steps.configured import (
    configured_lake,
    configured_sources,
    ingest_options,
    named_sources,
    selection,
)
from pipeline.steps.ingest import IngestSummary, ingest
from pipeline.steps.status import next_step

INTERVAL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run was asked for; what is not given comes from the settings."""

    lake: str | None = None
    sources: Sequence[str] = ()
    start: str | None = None
    end: str | None = None
    accounts: Sequence[str] = ()
    regions: Sequence[str] = ()


def name_run() -> str:
    """Say what the run going on does."""
    given = flow_run.parameters
    sources = [mask("sources", source) for source in given.get("sources") or []]
    what = " ".join(sources) if len(sources) < 3 else f"{len(sources)} sources"
    parts = ["ingest", what or "the configured sources"]
    for word, name in (("into", "lake"), ("from", "from_"), ("to", "to")):
        parts += [word, str(given[name])] if given.get(name) else []
    return " ".join(parts)


@flow(name="ingest", flow_run_name=name_run, persist_result=False)
def ingest_flow(
    lake: str | None = None,
    sources: list[str] | None = None,
    from_: str | None = None,
    to: str | None = None,
    accounts: list[str] | None = None,
    regions: list[str] | None = None,
) -> dict[str, Any]:
    """Take in everything the sources have that the lake does not know.

    Safe to run at any time, beside other runs, and after any crash. What is not given comes
    from trailhouse.toml of the working directory and from TRAILHOUSE_* variables, credentials
    above all: Prefect keeps and shows parameters.

    Args:
        lake: a folder or s3://bucket/prefix.
        sources: paths, globs, s3://bucket/prefix or sqs://queue.
        from_: take objects from this date, time or age on, such as 7d.
        to: take objects from before this date, time or age.
        accounts: only objects of these accounts.
        regions: only objects of these regions.

    Returns:
        The summary's counts.
    """
    wanted = Wanted(lake, sources or (), from_, to, accounts or (), regions or ())
    summary = take_in(wanted)
    return asdict(summary)


@task(
    name="ingest",
    retries=RETRIES,
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=if_it_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def take_in(wanted: Wanted) -> IngestSummary:
    """Open the lake and the sources, ingest, and leave a trace of it; tried again as a whole."""
    logger = get_run_logger()
    loaded = load_settings({"lake": wanted.lake} if wanted.lake else {})
    sources = open_sources(loaded, wanted)
    lake = configured_lake(loaded.settings, create=True)
    names = [mask("sources", source.name) for source in sources]
    logger.info("Ingesting %s into %s", ", ".join(names), lake.location)
    watch = Watch()
    summary = ingest(lake, sources, ingest_options(loaded.settings), watch.see)
    watch.end(summary)
    for line in (*_failures_told(summary), *summary.problems):
        logger.warning("%s", line)
    logger.info("Ingested: %s", _told(summary))
    _publish(lake.location, names, summary)
    return summary


def open_sources(loaded: Loaded, wanted: Wanted) -> list[Source]:
    """Open the sources of a run: those it names, else those of the settings.

    Raises:
        UsageError: none is named, a time cannot be read, or standard input is named.
        SourceError: one names no source, or nothing is there.
    """
    if "-" in wanted.sources:
        raise UsageError("a flow has no standard input", "name a path, s3://… or sqs://…")
    chosen = selection(wanted.start, wanted.end, wanted.accounts, wanted.regions)
    if wanted.sources:
        return named_sources(loaded, wanted.sources, chosen)
    return configured_sources(loaded, chosen)


class Watch:
    """What is seen of an ingest while it runs: a progress bar, and a line for each commit."""

    def __init__(self) -> None:
        self._progress = Progress("ingest-progress")
        self._batches = 0

    def see(self, counts: Counts) -> None:
        """Hear of the counts so far; called often."""
        told = f"{counts.objects_done:,} of {counts.objects_new:,} new objects"
        if not counts.listed_whole:
            told += " found so far"
        told += f", {counts.bytes_read / 1e6:,.1f} MB, {counts.records_decoded:,} records"
        self._progress.show(_percent(counts), told)
        if counts.batches > self._batches:
            self._batches = counts.batches
            get_run_logger().info(
                "Committed batch %s: %s; %s rows added so far",
                f"{counts.batches:,}",
                told,
                f"{counts.rows_added:,}",
            )

    def end(self, summary: IngestSummary) -> None:
        """Show that all is done."""
        self._progress.show(100, _told(summary), is_last=True)


def deployment(
    name: str = "scheduled",
    *,
    interval: timedelta | None = INTERVAL,
    cron: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> RunnerDeployment:
    """Describe a deployment of the ingest flow; see `flows.schedule.deploy`."""
    return deploy(ingest_flow, name, interval=interval, cron=cron, parameters=parameters)


def _percent(counts: Counts) -> float:
    """Return how far an ingest is; less than 100 until its summary is there."""
    return min(99.0, 100 * counts.objects_done / counts.objects_new) if counts.objects_new else 0.0


def _told(summary: IngestSummary) -> str:
    return (
        f"{summary.objects_new:,} new of {summary.objects_found:,} objects, "
        f"{summary.records_read:,} records read, {summary.rows_added:,} rows added, "
        f"{summary.duplicates:,} duplicates, {summary.objects_failed:,} objects failed, "
        f"{summary.objects_taken_by_others:,} taken in by others, "
        f"in {summary.seconds:,.1f} s"
    )


def _failures_told(summary: IngestSummary) -> list[str]:
    return [
        f"{count:,} objects {state}: {next_step(state)}"
        for state, count in summary.failures.items()
    ]


def _publish(location: str, sources: Sequence[str], summary: IngestSummary) -> None:
    counts = {name: value for name, value in asdict(summary).items() if isinstance(value, int)}
    failures = [[state, n, next_step(state)] for state, n in summary.failures.items()]
    publish(
        "ingest-summary",
        f"## {plain(', '.join(sources))} into {plain(location)}",
        f"{plain(_told(summary))}.",
        table(["what", "count"], [[name.replace("_", " "), n] for name, n in counts.items()]),
        table(["objects that failed", "count", "what makes them readable"], failures),
        table(["objects of another kind", "count"], list(summary.lookalikes.items())),
        "\n".join(f"- {plain(problem)}" for problem in summary.problems),
    )
