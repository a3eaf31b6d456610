"""What an error message says of a refused call, in every form that AWS documents.

The queries do the same in SQL (queries/models/staging/access_denied_messages.sql); tests hold
both to the same answers. The forms, and where they are documented:

- `User: P is not authorized to perform: A on resource: R`, then `because no T policy allows the A
  action` or `with an explicit deny in a T policy`:
  https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
- with the policy's ARN after it:
  https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
- S3 puts the resource in quotes:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
- EC2 begins with `You are not authorized to perform this operation.` and ends with `Encoded
  authorization failure message: …`:
  https://repost.aws/knowledge-center/organizations-troubleshoot-explicit-deny-scp
- KMS says `on this resource because the resource does not exist in this Region, …`, which names
  no resource and leaves the policy open:
  https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
- STS says `Not authorized to perform sts:AssumeRoleWithWebIdentity`, and no more:
  https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WHO = re.compile(r"([^ ]+) is not authorized to perform")
_ACTION = re.compile(r"ot authorized to perform:? ([\w-]+):(\w+)", re.ASCII)
_RESOURCE = re.compile(
    r'ot authorized to perform:? [^ ]+ on resource: "?(.+?)"?\.?'
    r"( because | with an explicit deny| Encoded authorization| Authorization ID|$)"
)
_POLICY = re.compile(
    r"(because no|explicit deny in an?|explicit deny in the) "
    r"(permissions boundary|[\w-]+( \w+)? policy)",
    re.IGNORECASE | re.ASCII,
)
_MISSING = re.compile(r"because no [\w -]+ allows the ([\w-]+:\w+) action", re.ASCII)
_POLICY_ARN = re.compile(r"explicit deny in [\w -]+: (arn:[^ ]+)", re.ASCII)

_ALLOWS = re.compile(r"because no [\w -]+ allows the", re.ASCII)

_POLICY_TYPES: Mapping[str, str] = {
    "identity-based policy": "identity_based",
    "resource-based policy": "resource_based",
    "role trust policy": "resource_based",
    "session policy": "session",
    "permissions boundary": "permissions_boundary",
    "service control policy": "service_control",
    "resource control policy": "resource_control",
    "vpc endpoint policy": "vpc_endpoint",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says. None where it does not say.

    Attributes:
        principal: who was refused.
        action: the IAM action that was refused, its prefix in lower case.
        resource: what it was refused on: an ARN, a name or `*`.
        policy_type: the kind of policy that refused it; a role's trust policy is resource_based.
        is_explicit: a policy denies it; False: none allows it.
        missing_action: the action a policy would have to allow, where it is another than `action`.
        policy_arn: the policy that denies it.
    """

    principal: str | None
    action: str
    resource: str | None
    policy_type: str | None
    is_explicit: bool | None
    missing_action: str | None
    policy_arn: str | None


def read_denial(message: str) -> Denial | None:
    """Read an error message, or return None where it names no refused action.

    >>> read_denial("User: bob is not authorized to perform: SNS:Publish on resource: news").action
    'sns:Publish'
    """
    text = re.sub(r"[ \t\n\f\r]+", " ", message)
    action = _ACTION.search(text)
    if action is None:
        return None
    name = f"{action[1].lower()}:{action[2]}"
    who = _found(_WHO, text)
    policy = _POLICY.search(text)
    missing = _found(_MISSING, text)
    policy_arn = _found(_POLICY_ARN, text)
    return Denial(
        principal=None if who in {None, "User", "user"} else who,
        action=name,
        resource=_found(_RESOURCE, text),
        policy_type=_POLICY_TYPES.get(policy[2].lower()) if policy else None,
        is_explicit=_is_explicit(text),
        missing_action=missing if missing and missing.lower() != name.lower() else None,
        policy_arn=policy_arn.removesuffix(".") if policy_arn else None,
    )


def _is_explicit(text: str) -> bool | None:
    if "with an explicit deny" in text:
        return True
    return False if _ALLOWS.search(text) else None


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
