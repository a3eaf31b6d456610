"""How AWS, or what speaks its protocols, is reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class S3Options:
    """How buckets and queues are reached; what is not given comes from where AWS's tools look.

    Attributes:
        endpoint: URL of a service that is not AWS's; addressed by path. One that is not on
            amazonaws.com serves SQS and STS too.
        region: of the bucket; found out when not given.
        profile: in AWS's configuration files.
        role_arn: role to assume, again whenever it expires.
        external_id: what the role's owner asks for.
        anonymous: send no signature, for public buckets.
        requester_pays: agree to pay for requests.
        max_connections: most requests at a time, listing and reading each.
        retries: most repetitions of a request that was throttled, cut or not answered.
    """

    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    anonymous: bool = False
    requester_pays: bool = False
    max_connections: int = 32
    retries: int = 8


DEFAULTS = S3Options()
