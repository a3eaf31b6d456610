"""Messages of a queue, in every form that S3's news of an object takes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources.notification import NoNotification, Notice, parse_message

MOMENT = 1767571800000000


def record(key: str = "a+b%2Bc/%C3%BC.json.gz", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """Return a record as S3 sends it."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-01-05T00:10:00.000Z",
        "eventName": name,
        "s3": {
            "bucket": {"name": "trail", "arn": "arn:aws:s3:::trail"},
            "object": {
                "key": key,
                "size": 5,
                "eTag": "abc",
                "versionId": "v1",
                "sequencer": "00",
            },
        },
    }


NOTICE = Notice("trail", "a b+c/ü.json.gz", 5, "abc", MOMENT)
DIRECT = {"Records": [record()]}
EVENTBRIDGE = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "111122223333",
    "time": "2026-01-05T00:10:00Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:s3:::trail"],
    "detail": {
        "version": "0",
        "bucket": {"name": "trail"},
        "object": {"key": "a b+c/ü.json.gz", "size": 5, "etag": "abc", "version-id": "v1"},
        "reason": "PutObject",
    },
}


def in_sns(message: object) -> dict[str, Any]:
    """Return a message in SNS's envelope."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:trail",
        "Message": json.dumps(message),
        "Timestamp": "2026-01-05T00:10:00.000Z",
    }


@pytest.mark.parametrize("message", [DIRECT, EVENTBRIDGE], ids=["direct", "eventbridge"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_an_object_is_the_same_in_every_envelope(message: object, depth: int) -> None:
    """S3's own form and EventBridge's, bare or in SNS, name the same object."""
    for _ in range(depth):
        message = in_sns(message)
    assert parse_message(json.dumps(message)) == [NOTICE]
    assert NOTICE.uri == "s3://trail/a b+c/ü.json.gz"


def test_cloudtrails_own_notification_names_objects() -> None:
    """A trail's topic tells of deliveries in a form of its own."""
    message = {"s3Bucket": "trail", "s3ObjectKey": ["a.json.gz", "b%41.json.gz"]}
    assert parse_message(json.dumps(in_sns(message))) == [
        Notice("trail", "a.json.gz"),
        Notice("trail", "b%41.json.gz"),
    ]


def test_a_restored_object_can_be_read() -> None:
    """What comes back from an archive is news as good as a new object."""
    restored = {"Records": [record(name="ObjectRestore:Completed")]}
    assert parse_message(json.dumps(restored)) == [NOTICE]


@pytest.mark.parametrize(
    "message",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "trail"},
        {"Records": [record(name="ObjectRemoved:Delete")]},
        {"Records": []},
        EVENTBRIDGE | {"detail-type": "Object Deleted"},
    ],
    ids=["test", "removed", "none", "deleted"],
)
def test_other_news_names_nothing(message: object) -> None:
    """What tells of no readable object is understood, and asks for nothing."""
    assert parse_message(json.dumps(message)) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "{}",
        "null",
        '{"Records":[{"eventSource":"aws:sns"}]}',
        '{"Records":[1]}',
        '{"Records":7}',
        json.dumps({"Records": [record() | {"s3": {}}]}),
        json.dumps({"Records": [record() | {"eventTime": "yesterday"}]}),
        json.dumps(in_sns("hello")),
        json.dumps({"s3Bucket": "trail", "s3ObjectKey": [7]}),
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_notification(body: str) -> None:
    """A message in no known form is told as such, whatever is in it."""
    with pytest.raises(NoNotification):
        parse_message(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["Records", "detail", "source", "Message"]), VALUES))
def test_no_message_breaks_the_source(message: dict[str, Any]) -> None:
    """Whatever a message holds, it is a notification or it is none."""
    with contextlib.suppress(NoNotification):
        assert isinstance(parse_message(json.dumps(message)), list)
