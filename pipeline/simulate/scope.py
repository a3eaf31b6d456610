"""Values for one record: asked for by name, made or looked up on first use, then the same all through."""

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


@cache
def _choices(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


@cache
def _bounds(text: str) -> tuple[int, int]:
    low, high = text.split("-")
    return int(low), int(high) - int(low) + 1


@cache
def _limits(text: str) -> tuple[float, float]:
    low, high = text.split("-")
    return float(low), float(high)


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
        self.now = now
        self.focus = focus
        self.stock_only = stock_only
        self.used: dict[str, Resource] = {}

    def __missing__(self, name: str) -> str:
        recipe, colon, argument = name.partition(":")
        if not colon:
            head, dot, form = name.partition(".")
            if dot and head != "now":
                self.use(self.inventory.find(self, head))
                return self[name]
            argument = form
            recipe = head
        value = self._make(recipe.partition("~")[0], argument.partition("~")[0])
        self[name] = value
        return value

    def use(self, resource: Resource) -> None:
        """Take a resource's values; the record speaks of it from here on."""
        self.used[resource.kind.name] = resource
        self.update(resource.fields)

    def _make(self, recipe: str, argument: str) -> str:
        match recipe:
            case "int":
                low, span = _bounds(argument)
                return str(low + int(self.random.random() * span))
            case "b64":
                return self.ids.b64(int(argument))
            case "pick":
                return self._pick(_choices(argument))
            case "hex":
                return self.ids.hex(int(argument))
            case "uuid":
                return self.ids.uuid()
            case "now":
                return _TIMES[argument](self.now)
            case "word":
                return self._pick(_WORDS)
            case "upper":
                return self.ids.upper(int(argument))
            case "lower":
                return self.ids.lower(int(argument))
            case "alnum":
                return self.ids.alnum(int(argument))
            case "id":
                return argument + self.ids.upper(17)
            case "next":
                return str(int(self[argument]) + 1)
            case "after":
                return write_moment(self.now + int(argument))
            case "decimal":
                low_limit, high_limit = _limits(argument)
                exponent = math.log(high_limit / low_limit) * self.random.random()
                return f"{low_limit * math.exp(exponent):.10f}"
        raise KeyError(f"no recipe {recipe}:{argument}")

    def _pick(self, options: tuple[str, ...]) -> str:
        return options[int(self.random.random() * len(options))]
