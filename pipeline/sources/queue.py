"""One SQS queue: receive, keep, delete, in as few requests as there can be."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import SourceError
from pipeline.sources.access import Access
from pipeline.sources.refusal import refused_source

_log = logging.getLogger(__name__)

_AT_ONCE = 10
"""What SQS takes and gives in one request."""

_AWS_HOST = re.compile(r"sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_PERMISSIONS = "sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on the queue"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue. Safe in several threads."""

    name: str
    url: str
    client: Any

    def receive(self, wait_seconds: int, visibility_seconds: int) -> list[dict[str, Any]]:
        """Return up to ten messages; none when the queue stays empty for so long.

        Too many messages in hand count as none: they come again when these are done with.

        Raises:
            SourceError: the queue may not be received from, or cannot be reached.
        """
        try:
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_AT_ONCE,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility_seconds,
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and "OverLimit" in str(error):
                _log.warning("%s: too many messages in hand", self.name)
                return []
            raise refused_source(self.name, _PERMISSIONS, error) from error
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, receipts: Sequence[str]) -> None:
        """Delete messages; one that cannot be deleted comes again, and is known then."""
        for entries in _entries(receipts):
            self._try(self.client.delete_message_batch, entries)

    def keep(self, receipts: Sequence[str], visibility_seconds: int) -> None:
        """Keep messages invisible for so long from now; one that cannot be comes again."""
        for entries in _entries(receipts):
            kept = [entry | {"VisibilityTimeout": visibility_seconds} for entry in entries]
            self._try(self.client.change_message_visibility_batch, kept)

    def _try(self, request: Any, entries: Sequence[dict[str, Any]]) -> None:
        try:
            failed = request(QueueUrl=self.url, Entries=entries).get("Failed", [])
        except (ClientError, BotoCoreError) as error:
            failed = [{"Message": str(error)}]
        for one in failed:
            _log.warning("%s: %s", self.name, one.get("Message") or one.get("Code"))


def open_queue(access: Access, name: str) -> Queue:
    """Return the queue that `sqs://name`, `sqs://account/name` or its URL names.

    Raises:
        SourceError: there is no such queue, or it cannot be reached.
    """
    scheme, _, rest = name.partition("://")
    if scheme != "sqs":
        url = f"{scheme.removeprefix('sqs+')}://{rest}"
        parts = urlsplit(url)
        region = _AWS_HOST.fullmatch(parts.hostname or "")
        endpoint = f"{parts.scheme}://{parts.netloc}"
        return Queue(name, url, access.client("sqs", endpoint, region and region["region"]))
    owner, _, short = rest.rpartition("/")
    request = {"QueueName": short} | ({"QueueOwnerAWSAccountId": owner} if owner else {})
    try:
        client = access.client("sqs")
        return Queue(name, client.get_queue_url(**request)["QueueUrl"], client)
    except ClientError as error:
        if "NonExistentQueue" in str(error) or "QueueDoesNotExist" in str(error):
            raise SourceError(
                f"{name}: no such queue", "check the name, account and region"
            ) from error
        raise refused_source(name, "sqs:GetQueueUrl on the queue", error) from error
    except BotoCoreError as error:
        raise refused_source(name, "sqs:GetQueueUrl on the queue", error) from error


def _entries(receipts: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(receipts), _AT_ONCE):
        some = receipts[start : start + _AT_ONCE]
        yield [{"Id": str(n), "ReceiptHandle": receipt} for n, receipt in enumerate(some)]
