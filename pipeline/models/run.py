"""Build models: each table after what it needs, and of each only the days that changed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.damage import naming_damage
from pipeline.lake.expire import tidy_derived
from pipeline.models.check import CheckFailure
from pipeline.models.graph import Models
from pipeline.models.make import Made, Maker
from pipeline.models.model import Model
from pipeline.models.plan import Plan, Range, plan_step
from pipeline.models.reference import (
    changed_references,
    made_from,
    reference_schema,
    store_reference,
)
from pipeline.models.relation import bounded
from pipeline.models.source import Sources
from pipeline.models.step import Step, plan_steps

__all__ = ["BuildOptions", "BuildResult", "CheckFailure", "ModelResult", "Report", "build"]

RUN_ROWS = 1_000_000

State = Literal["built", "current", "view", "failed", "stopped", "planned"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What of the models is to be built.

    Attributes:
        select: `name`, `name+` and what depends on it, `+name` and what it needs; empty: all.
        full: all days, whether they changed or not.
        first, last: no days before and after these; what else changed waits. A model that was
            itself changed is built whole, so that no table holds rows of two definitions.
        dry_run: only say what would be built, and why.
        run_rows: days are built together while their sources, the days around that they look at
            among them, have no more rows than this.
    """

    select: Sequence[str] = ()
    full: bool = False
    first: date | None = None
    last: date | None = None
    dry_run: bool = False
    run_rows: int = RUN_ROWS


@dataclass(frozen=True, slots=True)
class ModelResult:
    """What became of one model.

    Attributes:
        materialize: view, daily, rollup; reference for a table that was given.
        state: built; current: nothing had changed; view: nothing is kept of it; failed: a
            check did not hold, and the last good table stays; stopped: it needs one that failed;
            planned: it would be built.
        reason: why it was built, or not.
        days: the days that were built, or would be.
        rows_written: rows of the table itself that were made; parts of a rollup are not counted.
        failures: the checks that did not hold.
    """

    name: str
    materialize: str
    state: State
    reason: str
    days: Sequence[date] = ()
    rows_written: int = 0
    seconds: float = 0.0
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build came to, each table after what it needs."""

    models: Sequence[ModelResult] = ()

    @property
    def is_good(self) -> bool:
        """Whether no check failed."""
        return all(model.state not in ("failed", "stopped") for model in self.models)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: the table it is at, and how many are done."""

    name: str
    done: int
    total: int


Report = Callable[[Progress], None]


def build(
    lake: Lake,
    models: Models,
    references: Mapping[str, pa.Table],
    options: BuildOptions | None = None,
    report: Report = lambda _: None,
) -> BuildResult:
    """Bring the models' tables up to date with the facts as they are now.

    Each table is replaced in one transaction, so readers see it as it was or as it is. Killed
    at any moment, it leaves tables that are whole, and the next build does what is left.

    Args:
        lake: the lake; only one build at a time should run, a second is refused its commits.
        models: all models.
        references: tables of context and mapping by name.
        options: what is to be built.
        report: is told of each table.

    Raises:
        UsageError: a model is not as it should be; nothing has been built.
        LakeBusy: another build is at the same tables.
    """
    options = options or BuildOptions()
    with naming_damage(lake):
        return _Build(lake, models, options, references).run(report)


@dataclass(frozen=True)
class _Build:
    """One build.

    Attributes:
        results: what became of tables so far.
        planned: in a dry run, what would become of them; None of a reference table.
    """

    lake: Lake
    models: Models
    options: BuildOptions
    references: Mapping[str, pa.Table]
    results: dict[str, ModelResult] = field(default_factory=dict)
    planned: dict[str, Plan | None] = field(default_factory=dict)

    def run(self, report: Report) -> BuildResult:
        names = self.models.select(self.options.select)
        changed = changed_references(self.lake, self.references)
        schemas = {name: reference_schema(rows) for name, rows in changed.items()}
        steps = plan_steps(self.lake, self.models, names, schemas)
        sources = Sources(self.lake, self.models)
        self._check_selected(names, steps, sources)
        self._store_references(changed)
        workspace = self.lake.storage.workspace()
        with (
            tempfile.TemporaryDirectory(prefix="spill-", dir=workspace) as folder,
            bounded(Path(folder)) as connection,
        ):
            maker = Maker(self.lake, self.models, sources, connection, self.options.run_rows)
            for done, name in enumerate(names):
                report(Progress(name, done, len(names)))
                self._build_model(maker, self.models[name], steps[name])
        if any(result.state == "built" for result in self.results.values()):
            tidy_derived(self.lake)
        return BuildResult(tuple(self.results.values()))

    def _check_selected(
        self, names: Sequence[str], steps: Mapping[str, Sequence[Step]], sources: Sources
    ) -> None:
        """Refuse a selection that needs tables which are neither in it nor built before."""
        for name in names:
            for source in {reached for step in steps[name] for reached in step.reaches}:
                is_made = source in names or source not in self.models
                if not is_made and sources.find(source) is None:
                    raise UsageError(
                        f"{name} reads {source}, and there is no table {source} yet",
                        f"run: trailhouse build, or with what it needs: --select +{name}",
                    )

    def _store_references(self, changed: Mapping[str, pa.Table]) -> None:
        for name, rows in changed.items():
            started = time.monotonic()
            if self.options.dry_run:
                self.planned[name] = None
            else:
                store_reference(self.lake, name, rows, made_from(self.references, name))
            self.results[name] = ModelResult(
                name,
                "reference",
                "planned" if self.options.dry_run else "built",
                "content changed",
                rows_written=0 if self.options.dry_run else len(rows),
                seconds=time.monotonic() - started,
            )

    def _build_model(self, maker: Maker, model: Model, steps: Sequence[Step]) -> None:
        started = time.monotonic()
        found = ModelResult(model.name, model.materialize, "current", "nothing new")
        if model.materialize == "view":
            found = replace(found, state="view", reason="read through")
        bad = [name for name in sorted(self.models.needs(model.name)) if self._is_bad(name)]
        if bad:
            found = replace(found, state="stopped", reason=f"needs {', '.join(bad)}")
        for step in steps if not bad else ():
            found = self._take_step(maker, step, found)
            if found.state in ("failed", "stopped"):
                break
        self.results[model.name] = replace(found, seconds=time.monotonic() - started)

    def _take_step(self, maker: Maker, step: Step, so_far: ModelResult) -> ModelResult:
        """Make one table of a model; return what has become of the model by then."""
        plan = plan_step(self.lake, step, maker.sources, self._range(step), self.planned)
        if so_far.state == "current":
            so_far = replace(so_far, reason=plan.reason)
        if not plan.is_due:
            return so_far
        if step.kind == "daily":
            so_far = replace(so_far, days=sorted(plan.build | plan.remove))
        if self.options.dry_run:
            self.planned[step.table] = plan
            return replace(so_far, state="planned")
        made = maker.make(plan)
        if made.is_done:
            is_part = step.table != step.model.name
            n_rows = so_far.rows_written if is_part else made.n_rows
            return replace(so_far, state="built", rows_written=n_rows)
        return self._failed(step.model, made, so_far)

    def _failed(self, model: Model, made: Made, so_far: ModelResult) -> ModelResult:
        """Note whose check failed: the model's, or that of a view it is stacked on."""
        reason = made.error or "; ".join(failure.check for failure in made.failures)
        if made.model == model.name:
            return replace(so_far, state="failed", reason=reason, failures=made.failures)
        view = self.models[made.model]
        self.results[view.name] = ModelResult(
            view.name, "view", "failed", reason, so_far.days, failures=made.failures
        )
        return replace(so_far, state="stopped", reason=f"needs {view.name}")

    def _range(self, step: Step) -> Range:
        """Return what of a step is asked for; what merges days follows those that were built."""
        if step.kind != "daily":
            return Range(self.options.full and not (self.options.first or self.options.last))
        return Range(self.options.full, self.options.first, self.options.last)

    def _is_bad(self, name: str) -> bool:
        result = self.results.get(name)
        return result is not None and result.state in ("failed", "stopped")
