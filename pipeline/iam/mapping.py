"""Which IAM actions a call needs, and by which rule that is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.iam.catalogue import access_level, find_action
from pipeline.iam.content import read_yaml
from pipeline.iam.operations import Operation, RoleParameter

_VERSION = re.compile(r"(20\d\d_?\d\d_?\d\d)?([vV]\d+)?$")
_PASS_ROLE = "iam:PassRole"  # noqa: S105  # an action
_BY_VERB = frozenset({"apigateway"})  # whose actions are the HTTP verbs


@dataclass(frozen=True)
class ActionMapping:
    """What is known of the actions that an event's call needs.

    Attributes:
        how: exact, alias, version, rename, several, no_permission or not_an_action.
        actions: all actions, the call's own first.
        conditional: those of them that only some calls need. Where all are, no action can be
            told from the event's name alone.
        roles: parameters that hold a role which the call passes on.
    """

    how: str
    actions: tuple[str, ...] = ()
    conditional: frozenset[str] = frozenset()
    roles: Sequence[str] = ()

    @property
    def action(self) -> str | None:
        """The action that every such call needs, or None where it is one of several."""
        if self.actions and self.actions[0] not in self.conditional:
            return self.actions[0]
        return None

    @property
    def level(self) -> str | None:
        """The access level of the action."""
        return access_level(self.action) if self.action else None


def map_operation(operation: Operation, prefix: str) -> ActionMapping | None:
    """Tell which actions an operation needs, or None where that is not known.

    Args:
        operation: the call.
        prefix: the IAM prefix of its service.
    """
    if not operation.is_signed and prefix != "sts":
        # STS judges unsigned calls too: by the role's trust policy.
        return ActionMapping("no_permission")
    found = map_name(operation.name, prefix, operation.signing_name)
    if found is None and prefix in _BY_VERB:
        found = _single("rename", prefix, operation.http_method)
    if found is None:
        found = _documented(operation, prefix)
    if found is None and operation.service in read_yaml("sources")["ended"]:
        return ActionMapping("not_an_action")
    return found and _with_roles(found, operation, prefix)


def map_name(name: str, prefix: str, source: str) -> ActionMapping | None:
    """Tell which actions an event needs by its name alone.

    The exact name comes first, since digits at a name's end may belong to it.

    Args:
        name: the event's name.
        prefix: the IAM prefix of its service.
        source: the service's name as the event source has it.

    >>> map_name("ListObjects", "s3", "s3").action
    's3:ListBucket'
    """
    if name in read_yaml("no_permission").get(prefix, ()):
        return ActionMapping("no_permission")
    several = read_yaml("several").get(prefix, {}).get(name)
    if several:
        return _several(several.split(), prefix)
    if exact := _single("exact" if source == prefix else "alias", prefix, name):
        return exact
    renamed = read_yaml("renames").get(prefix, {}).get(name)
    if renamed:
        return ActionMapping("rename", (_existing(renamed, prefix),))
    bare = _VERSION.sub("", name)
    return _single("version", prefix, bare) if bare != name else None


def passed_roles(operation: Operation, prefix: str) -> Sequence[RoleParameter]:
    """Return the parameters by which a call hands roles to the service.

    What hands over a role changes something, so that calls that read are left out: theirs are
    filters. AWS lists no such parameters, so that they are known by their names.
    """
    rules = read_yaml("roles")
    outside = rules["passes_not"].get(prefix, ())
    if operation.name in outside or "*" in outside:
        return ()
    listed = rules["passes"].get(prefix, {}).get(operation.name, ())
    more = tuple(RoleParameter(path.removesuffix("!"), path.endswith("!")) for path in listed)
    known = {parameter.path for parameter in more}
    return more + tuple(found for found in operation.role_parameters if found.path not in known)


def _with_roles(found: ActionMapping, operation: Operation, prefix: str) -> ActionMapping:
    if found.level in {None, "read", "list"}:
        return found
    roles = passed_roles(operation, prefix)
    if not roles:
        return found
    actions, conditional = found.actions, found.conditional
    if _PASS_ROLE not in actions:
        actions += (_PASS_ROLE,)
        if not any(role.is_required for role in roles):
            conditional |= {_PASS_ROLE}
    paths = tuple(role.path for role in roles)
    return replace(found, how="several", actions=actions, conditional=conditional, roles=paths)


def _single(how: str, prefix: str, name: str) -> ActionMapping | None:
    action = find_action(prefix, name)
    return ActionMapping(how, (action,)) if action else None


def _several(listed: Sequence[str], prefix: str) -> ActionMapping:
    actions = tuple(_existing(name.removesuffix("?"), prefix) for name in listed)
    conditional = frozenset(
        action for action, name in zip(actions, listed, strict=True) if name.endswith("?")
    )
    return ActionMapping("several", actions, conditional)


def _documented(operation: Operation, prefix: str) -> ActionMapping | None:
    """Take the action that the service's documentation names, where it names just one."""
    said = (found.split(":") for found in operation.documented_actions)
    actions = {find_action(*parts) for parts in said if parts[0] == prefix} - {None}
    if len(actions) != 1:
        return None
    return ActionMapping("rename", tuple(action for action in actions if action))


def _existing(name: str, prefix: str) -> str:
    """Return an action that our own files name.

    Raises:
        LookupError: AWS documents no such action; the files are wrong.
    """
    where, _, action = name.rpartition(":")
    found = find_action(where or prefix, action)
    if found is None:
        raise LookupError(f"queries/reference/iam names {where or prefix}:{action}, which is none")
    return found
