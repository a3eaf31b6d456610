"""Which objects a message in a queue speaks of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

_NESTED = 4
"""Envelopes in envelopes: EventBridge or S3 in SNS; nobody nests them deeper than this."""

_LIVE = ("ObjectCreated:", "ObjectRestore:Completed")
_LIVE_DETAIL = ("Object Created", "Object Restore Completed")


class NoNotification(Exception):
    """A message that is none of the forms in which S3 tells of objects."""


@dataclass(frozen=True, slots=True)
class Notice:
    """An object as a notification names it.

    Its version is left out: a listing does not tell it, and an object must be the same one
    whichever way it was found. Its ETag says which content is meant.

    Attributes:
        modified: microseconds since 1970, UTC: when S3 told of it.
    """

    bucket: str
    key: str
    size: int | None = None
    etag: str | None = None
    modified: int | None = None

    @property
    def uri(self) -> str:
        """Return the object's uri."""
        return f"s3://{self.bucket}/{self.key}"


def parse_message(body: str) -> list[Notice]:
    """Return the objects that a message says can be read now; others of its news need nothing.

    Understood are S3's own notifications, those that CloudTrail sends of its deliveries, and
    EventBridge's; each as it is, or in SNS's envelope. S3's test message names no object.

    Raises:
        NoNotification: it is none of these.
    """
    try:
        return list(_parse(json.loads(body), _NESTED))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NoNotification(f"{type(error).__name__}: {error}") from error


def _parse(message: Any, depth: int) -> Iterator[Notice]:
    if not isinstance(message, dict) or not depth:
        raise NoNotification("no JSON object")
    if "Records" in message:
        for record in message["Records"]:
            yield from _from_record(record)
    elif "s3ObjectKey" in message:
        keys = message["s3ObjectKey"]
        for key in [keys] if isinstance(keys, str) else keys:
            yield Notice(_text(message["s3Bucket"]), _text(key))
    elif message.get("source") == "aws.s3" and "detail" in message:
        if message["detail-type"] in _LIVE_DETAIL:
            yield _from_detail(message)
    elif message.get("Event") == "s3:TestEvent":
        return
    elif "Message" in message and "TopicArn" in message:
        yield from _parse(json.loads(message["Message"]), depth - 1)
    else:
        raise NoNotification("no notification of S3, CloudTrail, EventBridge or SNS")


def _from_record(record: Mapping[str, Any]) -> Iterator[Notice]:
    """Read a record of S3's own form, in which keys are encoded as in a form's fields."""
    if "s3" not in record:
        raise NoNotification("a record that is not S3's")
    if not record["eventName"].startswith(_LIVE):
        return
    item = record["s3"]["object"]
    yield Notice(
        _text(record["s3"]["bucket"]["name"]),
        unquote_plus(_text(item["key"])),
        item.get("size"),
        item.get("eTag"),
        _moment(record.get("eventTime")),
    )


def _from_detail(message: Mapping[str, Any]) -> Notice:
    """Read EventBridge's form, in which keys are as they are."""
    item = message["detail"]["object"]
    return Notice(
        _text(message["detail"]["bucket"]["name"]),
        _text(item["key"]),
        item.get("size"),
        item.get("etag"),
        _moment(message.get("time")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise NoNotification("a bucket or key that is no text")
    return value


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)
