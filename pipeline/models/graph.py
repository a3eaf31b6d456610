"""The models as a graph: every file read and validated, each after what it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from importlib.resources.abc import Traversable

from pipeline.errors import UsageError
from pipeline.lake.schema import LOGS, TABLES
from pipeline.models.header import read_model
from pipeline.models.model import Model
from pipeline.queryfile import content_root

LAYERS = ("staging", "intermediate", "marts")

_SUGGESTED = 3

REFERENCES = frozenset(
    {
        *("accounts", "scopes", "identities", "automation_roles", "approvals"),
        *("context_files", "context_given"),
        *("iam_actions", "iam_prefixes", "resource_types", "resource_templates", "change_kinds"),
    }
)
"""Tables of context and mapping, which are given to a build whole."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many days before and after its own a row depends on a source."""

    back: int = 0
    ahead: int = 0

    def widest(self, other: Reach) -> Reach:
        """Return the reach that covers both."""
        return Reach(max(self.back, other.back), max(self.ahead, other.ahead))


@dataclass(frozen=True)
class Models:
    """All models by name, each after those it reads."""

    by_name: Mapping[str, Model]
    references: Collection[str] = REFERENCES

    @property
    def names(self) -> Sequence[str]:
        """Their names, each after those it reads."""
        return tuple(self.by_name)

    def __getitem__(self, name: str) -> Model:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Model]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def needs(self, name: str) -> frozenset[str]:
        """Return the models that a model reads or compares itself with, directly."""
        model = self.by_name[name]
        return frozenset((model.sources | model.compared) & self.by_name.keys())

    def select(self, wanted: Sequence[str]) -> Sequence[str]:
        """Return the names that selections mean, in order; all of no selection.

        Args:
            wanted: `name`; `name+`, and what depends on it; `+name`, and what it needs.

        Raises:
            UsageError: there is no such model.
        """
        chosen = {name for text in wanted for name in self._selected(text)}
        return tuple(name for name in self.names if name in chosen or not wanted)

    def views(self, name: str) -> Sequence[str]:
        """Return the views that a model is stacked on, each after those it reads."""
        return self.views_of(self.by_name[name].sources)

    def views_of(self, tables: Collection[str]) -> Sequence[str]:
        """Return the views among some tables and below them, each after those it reads."""
        found = set(self._views(tables))
        return tuple(view for view in self.names if view in found)

    def reaches(self, name: str) -> Mapping[str, Reach]:
        """Return the tables that a model reads, through views too, and how far it looks in each."""
        model = self.by_name[name]
        found: dict[str, Reach] = {}
        for source in sorted(model.sources):
            self._add_reaches(model, source, Reach(*model.reach(source)), found)
        return found

    def is_daily(self, source: str) -> bool:
        """Tell whether a table is kept by days: the facts, and daily models."""
        return source == LOGS.name or (
            source in self.by_name and self.by_name[source].materialize == "daily"
        )

    def _add_reaches(
        self, model: Model, source: str, reach: Reach, found: dict[str, Reach]
    ) -> None:
        """Add what a source comes to: itself, or what the view reads."""
        if source in self.by_name and self.by_name[source].materialize == "view":
            for below in sorted(self.by_name[source].sources):
                named = below in model.lookback or below in model.lookahead
                own = Reach(*model.reach(below)) if named else Reach()
                self._add_reaches(model, below, reach.widest(own), found)
        else:
            found[source] = reach.widest(found.get(source, Reach()))

    def _views(self, sources: Collection[str]) -> Iterator[str]:
        for source in sources:
            if source in self.by_name and self.by_name[source].materialize == "view":
                yield source
                yield from self._views(self.by_name[source].sources)

    def _selected(self, text: str) -> set[str]:
        name = text.strip("+").lower()
        if name not in self.by_name:
            raise UsageError(f"there is no model {name}", _nearest(name, self.names))
        chosen = {name}
        if text.endswith("+"):
            for other in self.names:  # each after what it reads, so once through is enough
                if self.needs(other) & chosen:
                    chosen.add(other)
        if text.startswith("+"):
            above = {name}
            for other in reversed(self.names):
                if other in above:
                    above |= self.needs(other)
            chosen |= above
        return chosen


def load_models(
    folder: Traversable | None = None, references: Collection[str] = REFERENCES
) -> Models:
    """Read all models.

    Args:
        folder: with staging, intermediate and marts in it; default those that come with
            Trailhouse.
        references: names of the tables that are given whole.

    Raises:
        UsageError: a model is not as it should be, reads what there is not, or needs itself;
            with file and line.
    """
    root = folder if folder is not None else content_root().joinpath("models")
    found: dict[str, Model] = {}
    for layer in LAYERS:
        for model in _read_layer(root.joinpath(layer), layer):
            if model.name in found:
                raise UsageError(
                    f"{model.place}: there is a model {model.name} in {found[model.name].place}",
                    "give one of them another name",
                )
            found[model.name] = model
    for model in found.values():
        _check_sources(model, found, references)
    models = Models(_ordered(found), references)
    for model in models:
        _check_days(models, model)
    return models


def _nearest(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, _SUGGESTED)
    return f"did you mean {' or '.join(near)}? " * bool(near) + "see: trailhouse models"


def _read_layer(folder: Traversable, layer: str) -> Iterator[Model]:
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            place = f"queries/models/{layer}/{file.name}"
            yield read_model(file.read_text(encoding="utf-8"), place, layer)


def _check_sources(model: Model, found: Mapping[str, Model], references: Collection[str]) -> None:
    known = {*found, *references, *TABLES}
    for source in sorted(model.sources | model.compared):
        if source not in known:
            raise UsageError(
                f"{model.place}:{model.first_line}: there is no table {source}",
                "read a table of the lake, a model or a reference table",
            )
    if model.name in references or model.name in TABLES:
        raise UsageError(f"{model.place}:1: the lake has a table {model.name}", "name it anew")
    if model.layer != "staging" and LOGS.name in model.sources:
        raise UsageError(
            f"{model.place}:{model.first_line}: it reads {LOGS.name}",
            "read events: only staging reads the facts, so that they are understood once",
        )


def _check_days(models: Models, model: Model) -> None:
    reaches = models.reaches(model.name)
    if model.materialize != "view" and not any(map(models.is_daily, reaches)):
        raise UsageError(
            f"{model.place}:{model.first_line}: a {model.materialize} that reads nothing by days",
            "make it a view, or read the facts or a daily model",
        )
    for source in {*model.lookback, *model.lookahead} - {"*"}:
        if source not in model.sources and source not in reaches:
            raise UsageError(
                f"{model.place}:1: it looks around in {source}, which it does not read",
                "name a table that it reads",
            )


def _ordered(found: Mapping[str, Model]) -> Mapping[str, Model]:
    edges = {
        name: sorted((model.sources | model.compared) & found.keys())
        for name, model in sorted(found.items())
    }
    try:
        names = list(TopologicalSorter(edges).static_order())
    except CycleError as cycle:
        path = " → ".join(reversed(cycle.args[1]))
        first = found[cycle.args[1][0]]
        raise UsageError(
            f"{first.place}:{first.first_line}: models need themselves: {path}",
            "move what both need into a model of its own",
        ) from cycle
    return {name: found[name] for name in names}
