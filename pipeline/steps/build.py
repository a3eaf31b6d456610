"""Build the tables that models make of the facts, as far as something is new."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.errors import CheckFailed
from pipeline.lake.catalog import Lake
from pipeline.lake.damage import naming_damage
from pipeline.lake.lease import hold
from pipeline.lake.state import record_run
from pipeline.models import reference_tables
from pipeline.models.graph import load_models
from pipeline.models.run import BuildOptions, BuildResult, CheckFailure, ModelResult, Progress
from pipeline.models.run import build as build_models

__all__ = ["BuildOptions", "BuildSummary", "CheckFailure", "ModelResult", "Progress", "build"]

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build came to, or with dry_run would come to.

    Attributes:
        models: each table of context and mapping that was renewed, then each model, in the
            order they are built.
        models_built, models_current, models_failed, models_stopped, models_planned: how many
            models; tables of context and mapping and views are counted by themselves.
        views: how many models are views, of which nothing is kept.
        references_built: how many tables of context and mapping were renewed.
        days_built: days of daily models that were made anew, added up over the models.
        rows_written: rows of all tables that were made anew.
        notes: what was left out of the files of context or repaired, a sentence each.
    """

    dry_run: bool
    models: Sequence[ModelResult] = ()
    models_built: int = 0
    models_current: int = 0
    models_failed: int = 0
    models_stopped: int = 0
    models_planned: int = 0
    views: int = 0
    references_built: int = 0
    days_built: int = 0
    rows_written: int = 0
    seconds: float = 0.0
    notes: Sequence[str] = ()

    def raise_failure(self) -> None:
        """Raise what went wrong, for whoever only wants to go on if nothing did.

        Raises:
            CheckFailed: a check of a model failed.
        """
        failed = [model for model in self.models if model.state == "failed"]
        if failed:
            raise CheckFailed(
                [model.name for model in failed],
                _told(failed, self.models_stopped),
                f"its checks and SQL: trailhouse models {failed[0].name} --sql",
            )


def build(
    lake: Lake,
    options: BuildOptions | None = None,
    files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> BuildSummary:
    """Build what is new; safe beside ingests and queries, and to run again at any time.

    A failed check is in the summary, not raised: what does not depend on it is built.

    Args:
        lake: the lake.
        options: which models and days; default all that is new.
        files: CSV files of context, by the tables they become; see
            `pipeline.steps.configured.context_files`.
        report: hears how far it is.

    Raises:
        LakeBusy: another process builds, or writers kept winning.
        LakeError: a file of the lake is missing or damaged.
        UsageError: a model or a file of context is not as it should be; a name is no model's.
    """
    options = options or BuildOptions()
    started = time.monotonic()
    notes: list[str] = []
    models, references = load_models(), reference_tables(files or {}, notes.append)
    if options.dry_run:
        result = build_models(lake, models, references, options, report)
        return _summary(options, result, time.monotonic() - started, notes)
    with (
        record_run(lake, "build", _described(options, files or {})) as run,
        hold(lake, "build"),
        naming_damage(lake),
    ):
        result = build_models(lake, models, references, options, report)
        summary = _summary(options, result, time.monotonic() - started, notes)
        run.summary = {
            name: value for name, value in asdict(summary).items() if name != "models"
        } | {"failed": [model.name for model in summary.models if model.state == "failed"]}
    return summary


def _summary(
    options: BuildOptions, result: BuildResult, seconds: float, notes: Sequence[str]
) -> BuildSummary:
    def number(state: str) -> int:
        return sum(model.state == state for model in models)

    models = [model for model in result.models if model.materialize != "reference"]
    given = [model for model in result.models if model.materialize == "reference"]
    built = [model for model in result.models if model.state == "built"]
    return BuildSummary(
        dry_run=options.dry_run,
        models=tuple(result.models),
        models_built=number("built"),
        models_current=number("current"),
        models_failed=number("failed"),
        models_stopped=number("stopped"),
        models_planned=number("planned"),
        views=number("view"),
        references_built=sum(model.state == "built" for model in given),
        days_built=sum(len(model.days) for model in built),
        rows_written=sum(model.rows_written for model in built),
        seconds=round(seconds, 3),
        notes=tuple(notes),
    )


def _described(options: BuildOptions, files: Mapping[str, Path]) -> dict[str, Any]:
    def day(given: date | None) -> str | None:
        return given.isoformat() if given else None

    return {
        "select": list(options.select),
        "full": options.full,
        "first": day(options.first),
        "last": day(options.last),
        "context": sorted(files),
    }


def _told(failed: Sequence[ModelResult], n_stopped: int) -> str:
    first = failed[0]
    checks = ", ".join(_check_told(failure) for failure in first.failures)
    told = f"{first.name}: {checks or first.reason}"
    if len(failed) > 1:
        told += f", and {len(failed) - 1} more failed"
    if n_stopped:
        told += f"; what depends on it was not built ({n_stopped})"
    return f"{told}, its last good table is kept"


def _check_told(failure: CheckFailure) -> str:
    columns = f" of {', '.join(failure.columns)}" if failure.columns else ""
    rows = f"{failure.n_rows:,} row{'' if failure.n_rows == 1 else 's'}"
    return f"check {failure.check}{columns} fails for {rows}"
