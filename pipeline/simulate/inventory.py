"""What exists: the resources of each account and region, from when they come to when they go."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from pipeline.simulate.catalogue import Catalogue, Kind
from pipeline.simulate.ids import Ids
from pipeline.simulate.scope import Scope

_TRIES = 6
GLOBAL = "us-east-1"
"""The region that global services log in."""

LOOSE = frozenset({"object"})
"""Kinds so many that a piece of work goes from one to the next instead of staying with one."""


@dataclass(slots=True, eq=False)
class Resource:
    """One resource; it exists while it and its parents do."""

    kind: Kind
    fields: dict[str, str]
    place: tuple[str, str]
    parents: tuple[Resource, ...] = ()
    is_gone: bool = False

    def exists(self) -> bool:
        """Return whether it was neither deleted nor lost with a parent."""
        return not self.is_gone and all(parent.exists() for parent in self.parents)


@dataclass(slots=True)
class _Shelf:
    """The resources of one kind in one place: those of before, which stay, and those made since."""

    stock: list[Resource]
    made: deque[Resource] = field(default_factory=deque)


class Inventory:
    """Every resource of the organisation that the story can still speak of."""

    def __init__(self, catalogue: Catalogue, random: Random, ids: Ids) -> None:
        self.kinds = catalogue.kinds
        self.random = random
        self.ids = ids
        self._shelves: dict[tuple[str, str, str], _Shelf] = {}

    def find(self, scope: Scope, kind: str) -> Resource:
        """Return the resource in focus, else any existing one, which gets the focus."""
        resource = scope.focus.get(kind)
        if resource is None or not resource.exists():
            resource = self._any(scope, self._shelf(scope, kind))
            if kind not in LOOSE:
                scope.focus[kind] = resource
        return resource

    def find_where(self, scope: Scope, kind: str, when: tuple[tuple[str, str], ...]) -> bool:
        """Bring a resource of which the given fields hold into focus; False if none was found."""
        resource: Resource | None = scope.focus.get(kind)
        for _ in range(_TRIES):
            if (
                resource is not None
                and resource.exists()
                and all(resource.fields[name] == value for name, value in when)
            ):
                scope.focus[kind] = resource
                return True
            resource = self._any(scope, self._shelf(scope, kind))
        return False

    def find_removable(self, scope: Scope, kind: str) -> bool:
        """Bring a resource that may go into focus; what was there before the story stays."""
        resource = scope.focus.get(kind)
        shelf = self._shelf(scope, kind)
        for _ in range(_TRIES):
            if resource is not None and resource.exists() and resource in shelf.made:
                scope.focus[kind] = resource
                return True
            if not shelf.made:
                return False
            resource = shelf.made[int(self.random.random() * len(shelf.made))]
        return False

    def make(self, scope: Scope, name: str) -> Resource:
        """Return a new resource, its values in scope, not yet part of what exists."""
        kind = self.kinds[name]
        self._shelf(scope, name)
        fields: dict[str, str] = {}
        for recipe in kind.recipes:
            scope.pop(recipe, None)
        for field_name, template in kind.fields:
            fields[field_name] = scope[field_name] = template % scope
        for recipe in kind.recipes:
            scope.pop(recipe, None)
        parents = tuple(scope.used[parent] for parent in sorted(kind.parents))
        resource = Resource(kind, fields, self._place(scope, kind), parents)
        scope.used[name] = resource
        return resource

    def add(self, resource: Resource) -> None:
        """Let a resource exist; the oldest beyond the kind's keep leaves the story."""
        made = self._shelves[(*resource.place, resource.kind.name)].made
        made.append(resource)
        if len(made) > resource.kind.keep:
            made.popleft()

    def remove(self, resource: Resource) -> None:
        """Let a resource be gone."""
        resource.is_gone = True
        self._shelves[(*resource.place, resource.kind.name)].made.remove(resource)

    def _any(self, scope: Scope, shelf: _Shelf) -> Resource:
        made = () if scope.stock_only else shelf.made
        for _ in range(_TRIES):
            index = int(self.random.random() * (len(shelf.stock) + len(made)))
            if index < len(shelf.stock):
                return shelf.stock[index]
            resource = made[index - len(shelf.stock)]
            if resource.exists():
                return resource
        return shelf.stock[0]

    def _place(self, scope: Scope, kind: Kind) -> tuple[str, str]:
        return scope.account, GLOBAL if kind.is_global else scope.region

    def _shelf(self, scope: Scope, name: str) -> _Shelf:
        kind = self.kinds[name]
        place = self._place(scope, kind)
        shelf = self._shelves.get((*place, name))
        if shelf is None:
            shelf = self._shelves[(*place, name)] = _Shelf([])
            for _ in range(kind.count):
                before = Scope(self, *place, scope.now - 86400 * 90, {}, stock_only=True)
                shelf.stock.append(self.make(before, name))
        return shelf
