"""The build flow: the audit tables made from what is new, on a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
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
from pipeline.steps.build import BuildOptions, BuildSummary, ModelResult, Progress, build
from pipeline.steps.configured import configured_lake, context_files

INTERVAL = timedelta(minutes=30)

_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run was asked for."""

    lake: str | None = None
    select: Sequence[str] = ()
    full: bool = False
    dry_run: bool = False


def name_run() -> str:
    """Say what the run going on does."""
    given = flow_run.parameters
    doing = "say what would be built" if given.get("dry_run") else "build"
    what = f" {' '.join(given['select'])}" if given.get("select") else ""
    return f"{doing}{what} in {given.get('lake') or 'the configured lake'}"


@flow(name="build", flow_run_name=name_run, persist_result=False)
def build_flow(
    lake: str | None = None,
    select: list[str] | None = None,
    full: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Make the tables of the models from what is new.

    Safe beside ingests and queries, and to run again at any time. Where a check fails, the last
    good table stays, what does not depend on it is built, and the run fails with the check.
    Files of context come from trailhouse.toml of the working directory and from TRAILHOUSE_*
    variables.

    Args:
        lake: a folder or s3://bucket/prefix.
        select: only these models; `name+` with all that depends on it, `+name` with all it needs.
        full: make every day anew.
        dry_run: only say what would be built.

    Returns:
        The summary's counts.
    """
    summary = make_tables(Wanted(lake, select or (), full, dry_run))
    summary.raise_failure()
    return {name: value for name, value in asdict(summary).items() if name != "models"}


@task(
    name="build",
    retries=RETRIES,
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=if_it_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def make_tables(wanted: Wanted) -> BuildSummary:
    """Open the lake, build, and leave a trace of it; tried again as a whole.

    A failed check is no failure of this task: a retry would find the same rows.
    """
    logger = get_run_logger()
    loaded = load_settings({"lake": wanted.lake} if wanted.lake else {})
    lake = configured_lake(loaded.settings)
    options = BuildOptions(select=tuple(wanted.select), full=wanted.full, dry_run=wanted.dry_run)
    logger.info("Building in %s%s", lake.location, ", as a dry run" if wanted.dry_run else "")
    bar = trace.Progress("build-progress")
    summary = build(
        lake,
        options,
        context_files(loaded.settings),
        lambda at: bar.show(_percent(at), _told_of(at)),
    )
    bar.show(100, _told(summary), is_last=True)
    for note in summary.notes:
        logger.warning("%s", note)
    for model in summary.models:
        if model.state in ("failed", "stopped"):
            logger.warning("%s %s: %s", model.name, model.state, _why(model))
    logger.info("Built: %s", _told(summary))
    _publish(lake.location, summary)
    return summary


def deployment(
    name: str = "scheduled",
    *,
    interval: timedelta | None = INTERVAL,
    cron: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> RunnerDeployment:
    """Describe a deployment of the build flow; see `flows.schedule.deploy`."""
    return deploy(build_flow, name, interval=interval, cron=cron, parameters=parameters)


def _percent(at: Progress) -> float:
    return min(99.0, 100 * at.done / at.total) if at.total else 0.0


def _told_of(at: Progress) -> str:
    return f"{at.name}, {at.done:,} of {at.total:,} models"


def _told(summary: BuildSummary) -> str:
    counts = [
        (summary.models_planned, "would be built"),
        (summary.models_built, "built"),
        (summary.models_current, "current"),
        (summary.models_failed, "failed"),
        (summary.models_stopped, "not built because of that"),
    ]
    parts = [f"{number:,} {word}" for number, word in counts if number]
    rows = f"{summary.rows_written:,} rows written"
    return f"{', '.join([*parts, rows])}, in {summary.seconds:,.1f} s"


def _why(model: ModelResult) -> str:
    checks = [
        f"{failure.check} ({', '.join(failure.columns)}) fails for {failure.n_rows:,} rows"
        for failure in model.failures
    ]
    return "; ".join(checks) or model.reason


def _publish(location: str, summary: BuildSummary) -> None:
    publish(
        "build-summary",
        f"## {'What would be built' if summary.dry_run else 'Build'} in {plain(location)}",
        f"{plain(_told(summary))}.",
        table(
            ["model", "kind", "state", "days", "from", "to", "rows", "seconds"],
            [_row(model) for model in summary.models if model.state not in ("current", "view")],
        ),
        table(
            ["why not", "because"],
            [[m.name, _why(m)] for m in summary.models if m.state in ("failed", "stopped")],
        ),
        *(_examples(model) for model in summary.models),
        "\n".join(f"- {plain(note)}" for note in summary.notes),
    )


def _row(model: ModelResult) -> list[object]:
    first: date | str = min(model.days, default="")
    last: date | str = max(model.days, default="")
    return [
        *(model.name, model.materialize, model.state),
        *(len(model.days), first, last, model.rows_written, round(model.seconds, 1)),
    ]


def _examples(model: ModelResult) -> str:
    """Return some of the rows that made checks of a model fail."""
    parts = []
    for failure in model.failures:
        rows = list(failure.examples)[:_ROWS_SHOWN]
        if rows:
            told = f"### {plain(model.name)}: {plain(failure.check)}"
            parts.append(f"{told}\n\n{table(list(rows[0]), [list(row.values()) for row in rows])}")
    return "\n\n".join(parts)
