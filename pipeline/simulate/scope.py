"""Values for one record: by name, made or looked up on first use, then the same throughout."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from random import Random
from time import gmtime, strftime
from typing import TYPE_CHECKING

from pipeline.simulate.ids import Ids

if TYPE_CHECKING:
    from pipeline.simulate.inventory import Inventory, Resource

_WORDS = (
    "atlas", "aurora", "billing", "cargo", "checkout", "comet", "delta", "ember", "fleet",
    "ginkgo", "harbor", "helix", "indigo", "juniper", "kestrel", "ledger", "lumen", "mosaic",
    "nimbus", "orbit", "pricing", "quartz", "raven", "search", "shipping", "tango", "umbra",
    "vector", "willow", "zephyr",
)  # fmt: skip


def _clock(form: str) -> Callable[[float], str]:
    return lambda now: strftime(form, gmtime(now))


def write_moment(now: float) -> str:
    """Return a time as it stands in most responses, such as `Jul 9, 2024, 9:46:15 PM`."""
    at = gmtime(now)
    hour = (at.tm_hour - 1) % 12 + 1
    return f"{strftime('%b', at)} {at.tm_mday}, {at.tm_year}, {hour}{strftime(':%M:%S %p', at)}"


_TIMES: dict[str, Callable[[float], str]] = {
    "iso": _clock("%Y-%m-%dT%H:%M:%SZ"),
    "ms": _clock("%Y-%m-%dT%H:%M:%S.000+0000"),
    "date": _clock("%Y-%m-%d"),
    "path": _clock("%Y/%m/%d"),
    "stamp": _clock("%Y%m%dT%H%MZ"),
    "text": write_moment,
    "epoch": lambda now: str(int(now)),
    "millis": lambda now: str(int(now) * 1000),
}


class Scope(dict[str, str]):
    """The values of one record.

    A name is `now.form` for the time, `kind.field` for a resource of the account and region
    (the one in focus, else any, which then is in focus) or `generator:argument`; an ending
    such as `~b` tells two values of the same recipe apart. Values are JSON-escaped.
    """

    __slots__ = ("account", "focus", "ids", "inventory", "now", "random", "region", "stock_only",
                 "used")  # fmt: skip

    def __init__(
        self,
        inventory: Inventory,
        account: str,
        region: str,
        now: float,
        focus: dict[str, Resource],
        stock_only: bool = False,
    ) -> None:
        super().__init__(account=account, region=region)
        self.inventory = inventory
        self.random: Random = inventory.random
        self.ids: Ids = inventory.ids
        self.account = account
        self.region = region
        self.now: float = now
        self.focus = focus
        self.stock_only = stock_only
        self.used: dict[str, Resource] = {}

    def __missing__(self, name: str) -> str:
        value = self[name] = _recipe(name)(self)
        return value

    def use(self, resource: Resource) -> None:
        """Take a resource's values; the record speaks of it from here on."""
        self.used[resource.kind.name] = resource
        self.update(resource.fields)


Recipe = Callable[[Scope], str]
"""Makes a value for a scope."""


@cache
def _recipe(name: str) -> Recipe:
    """Return how a value is come by, worked out once for each name."""
    head, colon, rest = name.partition(":")
    argument = rest.partition("~")[0]
    if not colon:
        kind, dot, form = head.partition(".")
        if kind == "now":
            clock = _TIMES[form]
            return lambda scope: clock(scope.now)
        if dot:
            return lambda scope: _look_up(scope, kind, name)
    return _RECIPES[head.partition("~")[0]](argument)


def _look_up(scope: Scope, kind: str, name: str) -> str:
    scope.use(scope.inventory.find(scope, kind))
    return scope[name]


def _number(argument: str) -> Recipe:
    low, high = map(int, argument.split("-"))
    span = high - low + 1
    return lambda scope: str(low + int(scope.random.random() * span))


def _decimal(argument: str) -> Recipe:
    low, high = map(float, argument.split("-"))
    size = math.log(high / low)
    return lambda scope: f"{low * math.exp(size * scope.random.random()):.10f}"


def _one_of(options: tuple[str, ...]) -> Recipe:
    count = len(options)
    return lambda scope: options[int(scope.random.random() * count)]


def _cut(pool: Callable[[Ids], Callable[[int], str]]) -> Callable[[str], Recipe]:
    def recipe(argument: str) -> Recipe:
        length = int(argument)
        return lambda scope: pool(scope.ids)(length)

    return recipe


_RECIPES: dict[str, Callable[[str], Recipe]] = {
    "int": _number,
    "decimal": _decimal,
    "pick": lambda argument: _one_of(tuple(argument.split("|"))),
    "word": lambda _: _one_of(_WORDS),
    "uuid": lambda _: lambda scope: scope.ids.uuid(),
    "hex": _cut(lambda ids: ids.hex),
    "b64": _cut(lambda ids: ids.b64),
    "upper": _cut(lambda ids: ids.upper),
    "lower": _cut(lambda ids: ids.lower),
    "alnum": _cut(lambda ids: ids.alnum),
    "id": lambda prefix: lambda scope: prefix + scope.ids.upper(17),
    "next": lambda field: lambda scope: str(int(scope[field]) + 1),
    "after": lambda seconds: lambda scope: write_moment(scope.now + int(seconds)),
}
