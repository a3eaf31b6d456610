"""The calls that AWS's services take, from botocore's models: the universe of event names.

Reading all models takes seconds, so only what makes the shipped tables anew does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.iam.content import read_yaml

_TAG = re.compile(r"<[^>]+>")
_DATE = re.compile(r"^/(20\d\d-\d\d-\d\d)/")
_DEEPEST = 8  # members deeper than this are of documents, not of calls
_ROLE = re.compile(
    r"(role_?arns?|rolearn(list|update)|iamroles?|^role|domainiamrolename|instanceprofilearn"
    r"|customiaminstanceprofile"
    r"|(access|assume|bot|channel|cluster|data|ehr|execution|fleet|flow|instance|invocation|kms"
    r"|lambda|logging|node|operations|operator|registration|runtime|s3|scaling|secrets|service"
    r"|signer|sync|system|transfer|update|user|validation)role(update|override)?)$",
    re.IGNORECASE,
)
"""Names of parameters that hold a role for the service to use."""

_SAYS = tuple(
    re.compile(phrase)
    for phrase in (
        r"both use ([\w-]+:\w+) in the Action element",
        r" uses ([\w-]+:\w+) in the Action element",
        r"IAM action (?:is|associated with this API is) ([\w-]+:\w+)",
        r"Required permissions: ([\w-]+:\w+)\.? For more",
        r"policy attached that allows the (?:neptune-db:)?([\w-]+:\w+) IAM action",
        r"must have the ([\w-]+:\w+) IAM action attached",
        r"requires permission for the ([\w-]+:\w+) action",
        r"include the permission ([\w-]+:\w+) in ",
        r"operation requires ([\w-]+:\w+) permission for each",
        r"uses the same IAM action as \w+ \(([\w-]+:\w+)\)",
        r"permissions are derived from the ([\w-]+:\w+) action",
    )
)
"""How the documentation in the models says which action an operation needs."""


@dataclass(frozen=True)
class RoleParameter:
    """A parameter of a call that hands a role to the service.

    Attributes:
        path: where it is in requestParameters, as CloudTrail writes it: names begin in lower
            case, `[]` stands for the entries of a list.
        is_required: every call has it.
    """

    path: str
    is_required: bool


@dataclass(frozen=True)
class Operation:
    """One call of one service.

    Attributes:
        service: the service, as botocore names it.
        signing_name: the name the service's requests are signed for.
        event_sources: where CloudTrail may write its events under.
        is_signed: its requests carry a signature, so that IAM judges them.
        model: botocore's description of it.
        shapes: the service's types.
    """

    service: str
    name: str
    signing_name: str
    event_sources: Sequence[str]
    is_signed: bool
    model: Mapping[str, Any]
    shapes: Mapping[str, Any]

    @property
    def http_method(self) -> str:
        """The HTTP verb."""
        return str(self.model["http"]["method"])

    @property
    def api_date(self) -> str:
        """The date in its path, which some services add to the event's name; or nothing."""
        found = _DATE.match(self.model["http"]["requestUri"])
        return found[1] if found else ""

    @cached_property
    def documented_actions(self) -> frozenset[str]:
        """The IAM actions that its documentation says it needs."""
        text = " ".join(_TAG.sub("", self.model.get("documentation", "")).split())
        return frozenset(said for phrase in _SAYS for said in phrase.findall(text))

    @cached_property
    def role_parameters(self) -> Sequence[RoleParameter]:
        """Its parameters that look as if they hold a role."""
        top = self.model.get("input", {}).get("shape")
        return tuple(self._roles(top, "", True, ())) if top else ()

    def _roles(
        self, shape: str, path: str, is_required: bool, above: tuple[str, ...]
    ) -> Iterator[RoleParameter]:
        found = self.shapes[shape]
        if shape in above or len(above) >= _DEEPEST:
            return
        if found["type"] == "structure":
            needed = found.get("required", ())
            for name, member in found.get("members", {}).items():
                below = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
                is_needed = is_required and name in needed
                yield from self._roles(member["shape"], below, is_needed, (*above, shape))
        elif found["type"] == "list":
            inner = found["member"]["shape"]
            yield from self._roles(inner, f"{path}[]", is_required, (*above, shape))
        elif _holds_a_role(found, path):
            yield RoleParameter(path, is_required)


def read_operations() -> Iterator[Operation]:
    """Yield every operation that botocore knows."""
    from botocore.loaders import Loader

    loader = Loader()
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        metadata = model["metadata"]
        signing_name = metadata.get("signingName", metadata["endpointPrefix"])
        event_sources = _event_sources(service, signing_name, metadata["endpointPrefix"])
        unsigned = service in read_yaml("sources")["unsigned"] or not _signs(metadata)
        for name, operation in model["operations"].items():
            is_signed = not unsigned and operation.get("authtype") != "none"
            yield Operation(
                service, name, signing_name, event_sources, is_signed, operation, model["shapes"]
            )


def botocore_version() -> str:
    """Return the version that is installed."""
    import botocore

    return str(botocore.__version__)


def _event_sources(service: str, signing_name: str, endpoint: str) -> tuple[str, ...]:
    """Tell under which event sources CloudTrail may write a service's calls.

    Most often that is the name requests are signed for, now and then the endpoint's.
    """
    hosts = read_yaml("sources")["services"].get(service) or [signing_name, endpoint]
    return tuple(dict.fromkeys(f"{host}.amazonaws.com" for host in hosts))


def _signs(metadata: Mapping[str, Any]) -> bool:
    if metadata.get("signatureVersion") == "bearer":
        return False
    kinds = metadata.get("auth", ["aws.auth#sigv4"])
    return any(kind.startswith("aws.auth#sigv4") for kind in kinds)


def _holds_a_role(shape: Mapping[str, Any], path: str) -> bool:
    name = path.rpartition(".")[2].removesuffix("[]")
    return shape["type"] == "string" and "enum" not in shape and bool(_ROLE.search(name))


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
