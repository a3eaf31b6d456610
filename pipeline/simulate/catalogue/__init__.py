"""The services, actions, resources, personas and workflows that trails are made of, from TOML."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.iam.actions import action_table
from pipeline.simulate.record import Forms, Shape, draw
from pipeline.simulate.template import compile_text, names

_ACTIONS = ("storage", "compute", "identity", "operations", "platform", "delivery", "incidents")
_DENIED = (
    "User: <principal> is not authorized to perform: <permission> on resource: <target> "
    "because no identity-based policy allows the <permission> action"
)
_STEP = re.compile(r"([\w.-]+)(?:\*(\d+)-(\d+))?(?:\?([\d.]+))?")
_WORD_EDGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RECIPE = re.compile(r"%\(((?!now|account|region)[a-z]+(?::[^()]*)?)\)s")
_API_DATE = re.compile(r"\d{8}(v\d)?$")


@dataclass(frozen=True, slots=True)
class Failure:
    """A way a call fails: code, message template and share of the calls."""

    code: str
    message: str
    share: float


@dataclass(frozen=True, slots=True)
class Action:
    """One event name of one service, ready to be written.

    removes, makes: the kind of resource that goes or comes. when: field values a resource
    must have before. sets: templates of the field values it has after. is_shared: the record
    carries a sharedEventID. is_to_logs: it is done to the logs' bucket, whose owner gets it.
    forwards: what the service then does with the caller's session.
    """

    id: str
    service: str
    source: str
    name: str
    kind: str
    is_read: bool
    forms: Forms
    region: str
    request_id: str
    permission: str
    command: str
    target: str
    makes: str
    removes: str
    when: tuple[tuple[str, str], ...]
    sets: tuple[tuple[str, str], ...]
    failures: tuple[Failure, ...]
    denied: Failure
    throttled: Failure
    is_shared: bool
    is_to_logs: bool
    forwards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    parents: the kinds its fields speak of. recipes: the generated values its fields use, which
    are its own and not the record's.
    """

    name: str
    count: int
    keep: int
    is_global: bool
    fields: tuple[tuple[str, str], ...]
    parents: frozenset[str]
    recipes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a workflow, done low to high times, with a chance."""

    action: Action
    low: int
    high: int
    chance: float


@dataclass(frozen=True, slots=True)
class Workflow:
    """A piece of work: actions in order, pace seconds apart in the mean."""

    name: str
    weight: float
    pace: float
    steps: tuple[Step, ...]

    @property
    def length(self) -> float:
        """Return the mean number of events."""
        return sum((step.low + step.high) / 2 * step.chance for step in self.steps)


@dataclass(frozen=True, slots=True)
class Persona:
    """A sort of actor; see personas.toml for what the fields mean."""

    name: str
    opens: str
    rate: float
    rhythm: str
    where: str
    workflows: tuple[Workflow, ...]
    each: float = 0.0
    total: int = 0
    denied: float = 0.0
    throttled: float = 0.0
    permission_set: str = ""
    chains: float = 0.0
    roots: float = 0.0
    service: str = ""
    linked_role: str = ""
    vpce: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can happen."""

    actions: dict[str, Action]
    kinds: dict[str, Kind]
    personas: tuple[Persona, ...]


@cache
def load_catalogue() -> Catalogue:
    """Return the catalogue, read and compiled once."""
    actions = _load_actions()
    workflows = _read("workflows")
    personas = []
    for name, spec in _read("personas").items():
        work = (_workflow(key, w, actions) for key, w in workflows.items() if name in w["by"])
        personas.append(Persona(name=name, workflows=tuple(work), **spec))
    kinds = {name: _kind(name, spec) for name, spec in _read("kinds").items()}
    return Catalogue(actions, kinds, tuple(personas))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))


def _load_actions() -> dict[str, Action]:
    services: dict[str, dict[str, Any]] = {}
    for name in _ACTIONS:
        for service, spec in _read(name).items():
            known = services.setdefault(service, {"actions": {}})
            known["actions"].update(spec.pop("actions", {}))
            known.update(spec)
    return {
        f"{service}.{key}": _action(service, key, {**spec, **action})
        for service, spec in services.items()
        for key, action in spec["actions"].items()
    }


def _action(service: str, key: str, spec: dict[str, Any]) -> Action:
    name = spec.get("name", key)
    short = _API_DATE.sub("", name)
    shape = _shape(service, name, spec)
    denied = spec.get("denied_code", "AccessDenied"), spec.get("denied_message", _DENIED)
    throttled = spec.get("throttled", ("ThrottlingException", "Rate exceeded"))
    return Action(
        id=f"{service}.{key}",
        service=service,
        source=shape.source,
        name=name,
        kind=shape.kind,
        is_read=shape.read,
        forms=draw(shape),
        region=spec.get("region", ""),
        request_id=compile_text(spec.get("request_id", "")),
        permission=_permissions().get((shape.source, name)) or f"{service}:{short}",
        command=f" md/command#{service}.{_WORD_EDGE.sub('-', short).lower()}",
        target=compile_text(spec.get("target", "*")),
        makes=spec.get("makes", ""),
        removes=spec.get("removes", ""),
        when=tuple(spec.get("when", {}).items()),
        sets=tuple((field, compile_text(value)) for field, value in spec.get("sets", {}).items()),
        failures=tuple(_failure(*failure) for failure in spec.get("errors", ())),
        denied=_failure(*denied),
        throttled=_failure(*throttled),
        is_shared=spec.get("shared", False),
        is_to_logs=spec.get("to_logs", False),
        forwards=tuple(spec.get("forwards", ())),
    )


@cache
def _permissions() -> dict[tuple[str, str], str]:
    """Return the IAM action that a call needs, by event source and name, where it needs one."""
    known = action_table().select(["event_source", "event_name", "iam_action"]).to_pydict()
    return {
        (source, name): action
        for source, name, action in zip(*known.values(), strict=True)
        if action
    }


def _shape(service: str, name: str, spec: dict[str, Any]) -> Shape:
    given = {field.name: spec[field.name] for field in fields(Shape) if field.name in spec}
    defaults = {
        "kind": "api",
        "source": f"{service}.amazonaws.com",
        "version": "1.08",
        "agent": "<agent>",
        "host": f"{service}.<region>.amazonaws.com",
        "read": False,
        "data": False,
    }
    blank = {field.name: "" for field in fields(Shape)}
    shape = {**blank, **defaults, **given, "name": name.replace("<", "%(").replace(">", ")s")}
    return Shape(**shape)


def _failure(code: str, message: str, share: float = 0.0) -> Failure:
    return Failure(code, compile_text(message), share)


def _kind(name: str, spec: dict[str, Any]) -> Kind:
    templates = [(f"{name}.{key}", compile_text(text)) for key, text in spec["fields"].items()]
    parents = frozenset[str]().union(*(names(template) for _, template in templates)) - {name}
    recipes = sorted({r for _, template in templates for r in _RECIPE.findall(template)})
    return Kind(
        name=name,
        count=spec["count"],
        keep=spec["keep"],
        is_global=spec.get("global", False),
        fields=tuple(templates),
        parents=parents,
        recipes=tuple(recipes),
    )


def _workflow(name: str, spec: dict[str, Any], actions: dict[str, Action]) -> Workflow:
    steps = []
    for text in spec["steps"]:
        match = _STEP.fullmatch(text)
        assert match, f"{name}: cannot read the step {text}"
        key, low, high, chance = match.groups()
        steps.append(Step(actions[key], int(low or 1), int(high or 1), float(chance or 1)))
    return Workflow(name, float(spec["weight"]), float(spec["pace"]), tuple(steps))
