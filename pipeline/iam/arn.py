"""Amazon Resource Names, taken apart and put together.

`arn:partition:service:region:account-id:resource`, where the resource is an id, `type/id` or
`type:id`, each service in its own way:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TYPED = re.compile(r"/?([^:/]+)([:/])(.*)", re.DOTALL)

_PARTITIONS: Mapping[str, str] = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""Partitions by how the names of their regions begin:
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html"""

_UNTYPED: Mapping[str, str] = {
    "codecommit": "repository",
    "codepipeline": "pipeline",
    "execute-api": "api",
    "sns": "topic",
    "sqs": "queue",
}
"""Services whose resource is an id without its type: the type, as AWS calls it in
https://docs.aws.amazon.com/service-authorization/latest/reference/"""


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN by its parts.

    Attributes:
        partition: aws, aws-cn, aws-us-gov, …
        service: the service's namespace, such as `s3`.
        region: empty where the resource has none, as IAM's.
        account_id: empty where the ARN names none, as S3's buckets.
        resource: all the rest, colons and slashes included.
    """

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    def __str__(self) -> str:
        """Put it together."""
        parts = ("arn", self.partition, self.service, self.region, self.account_id, self.resource)
        return ":".join(parts)

    @property
    def resource_type(self) -> str:
        """The type, as the ARN has it; empty where it has none and its service tells none.

        >>> parse_arn("arn:aws:lambda:eu-west-1:111122223333:function:pay:live").resource_type
        'function'
        """
        return self._typed()[0]

    @property
    def resource_id(self) -> str:
        """What follows the type: the id, path and qualifiers included.

        >>> parse_arn("arn:aws:iam::111122223333:role/service-role/pay").resource_id
        'service-role/pay'
        """
        return self._typed()[1]

    def _typed(self) -> tuple[str, str]:
        if self.service == "s3" and not self.account_id:
            return "object" if "/" in self.resource else "bucket", self.resource
        if self.service in _UNTYPED:
            return _UNTYPED[self.service], self.resource
        found = _TYPED.fullmatch(self.resource)
        if found is None:
            # arn:aws:iam::111122223333:root, an API's /account
            return ("", self.resource) if self.resource != "root" else ("root", "")
        return found[1], found[3]


def parse_arn(text: str) -> Arn | None:
    """Take an ARN apart, or return None for what is none.

    Colons after the fifth belong to the resource, as in a log group or an object's key.

    >>> parse_arn("arn:aws:s3:::logs/2026/a:b")
    Arn(partition='aws', service='s3', region='', account_id='', resource='logs/2026/a:b')
    >>> parse_arn("logs") is None
    True
    """
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """Return the partition that a region is of.

    >>> partition_of("cn-north-1"), partition_of("eu-west-1")
    ('aws-cn', 'aws')
    """
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
