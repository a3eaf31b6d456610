"""Tell of each model what it is, how much it holds and how fresh it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.ask.files import list_files
from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import PART, derived_view, list_derived
from pipeline.lake.snapshot import TableView, duckdb_type
from pipeline.models import reference_tables
from pipeline.models.context import read_context
from pipeline.models.document import describe_checks, describe_kind, readers
from pipeline.models.graph import REFERENCES, Models, load_models
from pipeline.models.model import Model
from pipeline.models.run import BuildOptions
from pipeline.models.run import build as plan_build

_NEAREST = 0.6


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model, or a table of context or mapping, as it is in the lake.

    Attributes:
        name: of the table in SQL.
        layer: staging, intermediate or marts; reference for what comes from outside.
        kind: view, daily, rollup or reference.
        state: current, waiting (something is new), not built, or read through: a view.
        n_rows: rows it holds; None: a view, or not built.
        through: the newest event it knows of; None: it tells no times.
        built_at: when it was last changed by a build.
        n_days_waiting: days that the next build would make anew.
    """

    name: str
    layer: str
    kind: str
    state: str
    grain: str
    description: str
    n_rows: int | None = None
    n_bytes: int | None = None
    through: datetime | None = None
    built_at: datetime | None = None
    n_days_waiting: int = 0


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """All there is to say of one model.

    Attributes:
        status: how it is in the lake.
        kept: how it is kept, in words.
        columns: name, type (empty while it is not built) and meaning of each.
        reads, read_by: tables and models, directly.
        checks: what must hold of its rows, a sentence each.
        place: its file.
        sql: its query.
    """

    status: ModelStatus
    kept: str
    columns: Sequence[tuple[str, str, str]]
    reads: Sequence[str]
    read_by: Sequence[str]
    checks: Sequence[str]
    place: str
    sql: str


def list_models(lake: Lake, files: Mapping[str, Path] | None = None) -> list[ModelStatus]:
    """Return every model in the order they are built, then the tables of context and mapping."""
    models = load_models()
    built = set(list_derived(lake, parts=True))
    waiting = _waiting(lake, models, built, files or {})
    told = [_status(lake, model, built, waiting) for model in models]
    return told + [_reference(lake, name, built) for name in sorted(REFERENCES)]


def describe_model(lake: Lake, name: str, files: Mapping[str, Path] | None = None) -> ModelDetail:
    """Return all there is to say of one model.

    Raises:
        UsageError: there is no such model.
    """
    from difflib import get_close_matches

    models = load_models()
    if name not in models:
        near = get_close_matches(name, models.names, 1, _NEAREST)
        step = f"did you mean {near[0]}?" if near else "list them with: trailhouse models"
        raise UsageError(f"there is no model {name}", step)
    model = models[name]
    built = set(list_derived(lake, parts=True))
    waiting = _waiting(lake, models, built, files or {}, [name])
    types = _types(lake, model) if name in built else {}
    return ModelDetail(
        status=_status(lake, model, built, waiting),
        kept=describe_kind(model),
        columns=[(column, types.get(column, ""), told) for column, told in model.columns.items()],
        reads=sorted(model.sources),
        read_by=readers(models, name),
        checks=describe_checks(model.checks),
        place=model.place,
        sql=model.sql,
    )


def _waiting(
    lake: Lake,
    models: Models,
    built: Collection[str],
    files: Mapping[str, Path],
    select: Sequence[str] = (),
) -> Mapping[str, int]:
    """Return the models that a build would make anew, with the days of each.

    Mappings are taken as the lake has them: to make them takes seconds, and they change with
    Trailhouse's version only.
    """
    given = read_context(files) if set(built) >= REFERENCES else reference_tables(files)
    options = BuildOptions(select=tuple(select), dry_run=True)
    plan = plan_build(lake, models, given, options)
    return {model.name: len(model.days) for model in plan.models if model.state == "planned"}


def _status(lake: Lake, model: Model, built: set[str], waiting: Mapping[str, int]) -> ModelStatus:
    known = (model.name, model.layer, model.materialize)
    said = (model.grain, model.description)
    if model.materialize == "view":
        return ModelStatus(*known, "read through", *said)
    days = waiting.get(model.name, 0)
    if model.name not in built:
        return ModelStatus(*known, "not built", *said, n_days_waiting=days)
    view = derived_view(lake, model.name)
    state = "waiting" if model.name in waiting else "current"
    by_day = f"{model.name}{PART}days"
    dated = derived_view(lake, by_day) if by_day in built else view
    return ModelStatus(
        *known, state, *said, *_extent(view), _through(dated, model.day), _built_at(view), days
    )


def _reference(lake: Lake, name: str, built: set[str]) -> ModelStatus:
    known = (name, "reference", "reference")
    if name not in built:
        return ModelStatus(*known, "not built", "", "")
    view = derived_view(lake, name)
    return ModelStatus(*known, "current", "", "", *_extent(view), None, _built_at(view))


def _extent(view: TableView) -> tuple[int, int]:
    files = view.files()
    return sum(f.record_count for f in files), sum(f.file_size_in_bytes for f in files)


def _through(view: TableView, day: str) -> datetime | None:
    """Return the newest time of the rows by the bounds of the files: of events, else of days."""
    files = list_files(view)
    if "event_time" in files.columns:
        return files.time_range("event_time")[1]
    days = files.days(list(range(len(files.files))), day)
    return datetime(days[-1].year, days[-1].month, days[-1].day, tzinfo=UTC) if days else None


def _built_at(view: TableView) -> datetime | None:
    snapshot = view.table.snapshot_by_id(view.snapshot_id) if view.snapshot_id else None
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC) if snapshot else None


def _types(lake: Lake, model: Model) -> Mapping[str, str]:
    schema = derived_view(lake, model.name).schema
    return {field.name: duckdb_type(field.field_type).lower() for field in schema.fields}
