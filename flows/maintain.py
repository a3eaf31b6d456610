"""The maintain flow: keep the lake in shape on a schedule, or say what that would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.deployments.runner import RunnerDeployment
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows import trace
from flows.retry import DELAYS, JITTER, RETRIES, if_it_may_pass
from flows.schedule import deploy
from flows.trace import plain, publish, table
from pipeline.settings import load_settings
from pipeline.steps.configured import configured_lake, maintain_options
from pipeline.steps.maintain import MaintainSummary, Progress, maintain

INTERVAL = timedelta(hours=1)

_PERCENT = {"follow": 0.0, "retain": 5.0, "compact": 10.0, "expire": 80.0, "sweep": 90.0}
_COMPACTION = _PERCENT["expire"] - _PERCENT["compact"]


def name_run() -> str:
    """Say what the run going on does."""
    given = flow_run.parameters
    doing = "say what maintain would do in" if given.get("dry_run") else "maintain"
    return f"{doing} {given.get('lake') or 'the configured lake'}"


@flow(name="maintain", flow_run_name=name_run, persist_result=False)
def maintain_flow(lake: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Compact small files, expire snapshots, and remove what is past its time.

    Safe beside ingests and queries, and to run again at any time. What is kept for how long
    comes from trailhouse.toml of the working directory and from TRAILHOUSE_* variables.

    Args:
        lake: a folder or s3://bucket/prefix.
        dry_run: only say what would be done.

    Returns:
        The summary's counts.
    """
    summary = keep_in_shape(lake, dry_run)
    return asdict(summary)


@task(
    name="maintain",
    retries=RETRIES,
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=if_it_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def keep_in_shape(location: str | None, dry_run: bool) -> MaintainSummary:
    """Open the lake, maintain it, and leave a trace of it; tried again as a whole."""
    logger = get_run_logger()
    loaded = load_settings({"lake": location} if location else {})
    lake = configured_lake(loaded.settings)
    options = replace(maintain_options(loaded.settings), dry_run=dry_run)
    logger.info("Maintaining %s%s", lake.location, ", as a dry run" if dry_run else "")
    bar = trace.Progress("maintain-progress")
    summary = maintain(lake, options, lambda at: bar.show(_percent(at), _told_of(at)))
    bar.show(100, _told(summary), is_last=True)
    logger.info("Maintained: %s", _told(summary))
    _publish(lake.location, summary)
    return summary


def deployment(
    name: str = "scheduled",
    *,
    interval: timedelta | None = INTERVAL,
    cron: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> RunnerDeployment:
    """Describe a deployment of the maintain flow; see `flows.schedule.deploy`."""
    return deploy(maintain_flow, name, interval=interval, cron=cron, parameters=parameters)


def _percent(at: Progress) -> float:
    """Return how far upkeep is; most of its time goes into compaction."""
    return _PERCENT.get(at.step, 0.0) + (_COMPACTION * at.done / at.total if at.total else 0.0)


def _told_of(at: Progress) -> str:
    return at.step + (f", {at.done:,} of {at.total:,} groups of files" if at.total else "")


def _told(summary: MaintainSummary) -> str:
    would = "would be " if summary.dry_run else ""
    return (
        f"{summary.files_compacted:,} files {would}compacted, "
        f"{sum(summary.snapshots_expired.values()):,} snapshots {would}expired, "
        f"{summary.files_removed:,} files {would}removed, "
        f"{summary.events_removed:,} events past their time {would}removed, "
        f"in {summary.seconds:,.1f} s"
    )


def _publish(location: str, summary: MaintainSummary) -> None:
    counts = {
        name.replace("_", " "): value
        for name, value in asdict(summary).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    days = [[day.day, day.n_events, day.n_files, day.n_bytes] for day in summary.days_removed]
    publish(
        "maintain-summary",
        f"## {'What maintain would do' if summary.dry_run else 'Upkeep'} in {plain(location)}",
        f"{plain(_told(summary))}.",
        table(["what", "count"], list(counts.items())),
        table(["table", "snapshots expired"], list(summary.snapshots_expired.items())),
        table(["day past its time", "events", "files", "bytes"], days),
    )
