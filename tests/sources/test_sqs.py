"""Objects a queue tells of: each into the lake, each message deleted then and not before."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from pipeline.errors import SourceError
from pipeline.lake.catalog import Lake, open_lake
from pipeline.sources.object import Selection
from pipeline.sources.open import open_source
from pipeline.sources.options import S3Options
from pipeline.sources.sqs import SqsSource
from pipeline.steps.ingest import IngestSummary, ingest
from tests.events import event, gzipped
from tests.faults import Proxy, Rule
from tests.s3server import Aws

_numbers = itertools.count(1)
FOLDER = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Give an empty lake."""
    return open_lake(str(tmp_path / "lake"), create=True)


@pytest.fixture
def queue(aws: Aws) -> str:
    """Give the name of a new queue."""
    name = f"trail-{next(_numbers)}"
    aws.client("sqs").create_queue(QueueName=name)
    return name


def url(aws: Aws, queue: str) -> str:
    """Return a queue's URL."""
    found: str = aws.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return found


def key(number: int) -> str:
    """Return a key of a trail's object."""
    return f"{FOLDER}/111122223333_CloudTrail_us-east-1_20260301T1200Z_{number:016d}.json.gz"


def store(aws: Aws, bucket: str, *numbers: int, **options: Any) -> None:
    """Store objects of one event each."""
    aws.put(bucket, {key(n): gzipped(event(n)) for n in numbers}, **options)


def note(aws: Aws, bucket: str, *keys: str) -> dict[str, Any]:
    """Return S3's notification of some objects."""
    records = []
    for name in keys:
        facts = aws.client("s3").head_object(Bucket=bucket, Key=name)
        item = {
            "key": quote_plus(name, safe="/"),
            "size": facts["ContentLength"],
            "eTag": facts["ETag"].strip('"'),
        }
        records.append(
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "eventTime": "2026-03-01T12:05:00.000Z",
                "s3": {"bucket": {"name": bucket}, "object": item},
            }
        )
    return {"Records": records}


def send(aws: Aws, queue: str, *messages: object) -> None:
    """Send messages; what is no text is sent as JSON."""
    for message in messages:
        body = message if isinstance(message, str) else json.dumps(message)
        aws.client("sqs").send_message(QueueUrl=url(aws, queue), MessageBody=body)


def source(proxy: Proxy, queue: str, **options: Any) -> SqsSource:
    """Return a source behind the proxy that does not wait long."""
    opened = open_source(f"sqs://{queue}", s3=S3Options(endpoint=proxy.endpoint, retries=1))
    assert isinstance(opened, SqsSource)
    opened.wait_seconds = 0
    for name, value in options.items():
        setattr(opened, name, value)
    return opened


def left(aws: Aws, queue: str) -> int:
    """Return how many messages are in the queue, visible or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.client("sqs").get_queue_attributes(QueueUrl=url(aws, queue), AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def show_again(aws: Aws, queue: str) -> None:
    """Make messages in hand visible, as when their time is over."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sqs.models import sqs_backends

    for message in sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues[queue]._messages:
        message.change_visibility(0)


def take_in(lake: Lake, found: SqsSource) -> IngestSummary:
    """Ingest what a queue tells of."""
    return ingest(lake, [found])


def test_s3s_own_notifications_are_followed(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """A bucket that notifies a queue is ingested from it; S3's test message is acknowledged."""
    sqs = aws.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=url(aws, queue), AttributeNames=["QueueArn"])
    wanted = {"QueueArn": arn["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    store(aws, bucket, *range(12))
    assert left(aws, queue) >= 12
    assert take_in(lake, source(proxy, queue)).rows_added == 12
    assert left(aws, queue) == 0
    listing = open_source(f"s3://{bucket}", s3=S3Options(endpoint=proxy.endpoint))
    assert ingest(lake, [listing]).objects_new == 0


@pytest.mark.parametrize("raw", ["true", "false"])
def test_notifications_through_a_topic_are_followed(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake, raw: str
) -> None:
    """A topic between S3 and the queue changes nothing, with its envelope or without."""
    sns = aws.client("sns")
    topic = sns.create_topic(Name=queue)["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        Attributes={"RawMessageDelivery": raw},
    )
    store(aws, bucket, 1)
    sns.publish(TopicArn=topic, Message=json.dumps(note(aws, bucket, key(1))))
    assert take_in(lake, source(proxy, queue)).rows_added == 1
    assert left(aws, queue) == 0


def test_eventbridge_is_followed(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """What EventBridge puts into the queue is as good."""
    store(aws, bucket, 1)
    item = note(aws, bucket, key(1))["Records"][0]["s3"]["object"]
    detail = {
        "bucket": {"name": bucket},
        "object": {"key": key(1), "size": item["size"], "etag": item["eTag"]},
    }
    body = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    send(aws, queue, body | {"time": "2026-03-01T12:05:00Z"})
    assert take_in(lake, source(proxy, queue)).rows_added == 1
    assert left(aws, queue) == 0


def test_a_message_is_deleted_only_after_the_commit(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies before its commit leaves every message, and the next one takes them."""
    store(aws, bucket, 1, 2)
    send(aws, queue, note(aws, bucket, key(1)), note(aws, bucket, key(2)))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("pipeline.ingest.run.finish", die)
        with pytest.raises(KeyboardInterrupt):
            take_in(lake, source(proxy, queue))
    assert left(aws, queue) == 2
    assert not [r for r in proxy.requests if "DeleteMessage" in r.headers.get("x-amz-target", "")]
    show_again(aws, queue)
    assert take_in(lake, source(proxy, queue)).rows_added == 2
    assert left(aws, queue) == 0


def test_a_message_that_comes_again_is_known(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """What the lake has already is not read again, and its messages go."""
    store(aws, bucket, 1)
    message = note(aws, bucket, key(1))
    send(aws, queue, message, message)
    assert take_in(lake, source(proxy, queue)).objects_new == 1
    assert left(aws, queue) == 0
    send(aws, queue, message)
    summary = take_in(lake, source(proxy, queue))
    assert (summary.objects_found, summary.objects_new) == (1, 0)
    assert left(aws, queue) == 0


def test_a_message_waits_for_all_its_objects(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """One object that fails keeps its message, and only that; restored, it comes in."""
    store(aws, bucket, 1, 2, 3)
    store(aws, bucket, 4, StorageClass="GLACIER")
    send(aws, queue, note(aws, bucket, key(1), key(2)), note(aws, bucket, key(3), key(4)))
    summary = take_in(lake, source(proxy, queue))
    assert (summary.rows_added, summary.failures) == (3, {"archived": 1})
    assert left(aws, queue) == 1
    show_again(aws, queue)
    store(aws, bucket, 4)
    aws.client("sqs").purge_queue(QueueUrl=url(aws, queue))
    send(aws, queue, note(aws, bucket, key(3), key(4)))
    assert take_in(lake, source(proxy, queue)).rows_added == 1
    assert left(aws, queue) == 0


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_contents_of_an_object_the_newer_is_read(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake, turn: int
) -> None:
    """News of content that was replaced are done with when what replaced it is in the lake."""
    store(aws, bucket, 1)
    older = note(aws, bucket, key(1))
    older["Records"][0]["eventTime"] = "2026-03-01T12:04:00.000Z"
    aws.put(bucket, {key(1): gzipped(event(1), event(2))})
    send(aws, queue, *[older, note(aws, bucket, key(1))][::turn])
    assert take_in(lake, source(proxy, queue)).rows_added == 2
    assert left(aws, queue) == 0


def test_poison_is_named_and_left(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """What is no notification stops nothing, is told, and stays for the redrive policy."""
    store(aws, bucket, 1)
    send(aws, queue, "hello", note(aws, bucket, key(1)), '{"Records":[1]}')
    summary = take_in(lake, source(proxy, queue))
    assert summary.rows_added == 1
    assert len(summary.problems) == 2
    assert all("left in the queue" in text for text in summary.problems)
    assert left(aws, queue) == 2


def test_other_services_messages_are_acknowledged_and_unselected_ones_left(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """Nobody will want another service's log; what this run does not want another may."""
    balancer = f"{FOLDER.replace('CloudTrail', 'elasticloadbalancing')}/x.log.gz"
    aws.put(bucket, {balancer: b"x"})
    store(aws, bucket, 1)
    send(aws, queue, note(aws, bucket, balancer), note(aws, bucket, key(1)))
    other = Selection(accounts=frozenset({"999999999999"}))
    assert take_in(lake, source(proxy, queue, selection=other)).objects_found == 0
    assert left(aws, queue) == 1


def test_messages_in_hand_are_kept_invisible(
    aws: Aws, proxy: Proxy, bucket: str, queue: str
) -> None:
    """While work goes on no message comes back to another reader."""
    store(aws, bucket, 1)
    send(aws, queue, note(aws, bucket, key(1)))
    found = source(proxy, queue, visibility_seconds=1)
    [page] = [batch for batch in found.find() if len(batch)]
    time.sleep(1.6)
    again = aws.client("sqs").receive_message(QueueUrl=url(aws, queue))
    assert again.get("Messages", []) == []
    assert len(page) == 1
    found.compared(page, page.slice(0, 0))
    assert left(aws, queue) == 0


def test_a_queue_can_be_named_by_account_or_url(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """A name, an account and a name, and a URL all lead to the queue."""
    store(aws, bucket, 1, 2, 3)
    forms = [f"sqs://{queue}", f"sqs://123456789012/{queue}", f"sqs+{url(aws, queue)}"]
    for number, text in enumerate(forms, 1):
        send(aws, queue, note(aws, bucket, key(number)))
        opened = open_source(text, s3=S3Options(endpoint=proxy.endpoint))
        assert isinstance(opened, SqsSource)
        opened.wait_seconds = 0
        assert take_in(lake, opened).rows_added == 1
    for host in ("sqs.eu-west-1.amazonaws.com", "sqs-fips.us-east-1.amazonaws.com"):
        assert isinstance(open_source(f"https://{host}/111122223333/trail"), SqsSource)


@pytest.mark.parametrize(
    ("code", "says"),
    [("AccessDeniedException", "allow sqs:ReceiveMessage"), ("ExpiredToken", "renew")],
)
def test_a_refused_queue_says_what_is_missing(
    proxy: Proxy, queue: str, code: str, says: str
) -> None:
    """The error names the permissions that receiving takes."""
    proxy.add(
        Rule(
            lambda r: "ReceiveMessage" in r.headers.get("x-amz-target", ""),
            None,
            status=400,
            code=code,
            message="No.",
        )
    )
    with pytest.raises(SourceError, match=says):
        list(source(proxy, queue).find())


def test_a_queue_that_is_not_there_is_told(proxy: Proxy, aws: Aws) -> None:
    """A queue's name may be typed wrong."""
    with pytest.raises(SourceError, match="sqs://nowhere: no such queue; check the name"):
        list(source(proxy, "nowhere").find())


def test_deletions_that_fail_cost_nothing(
    aws: Aws, proxy: Proxy, bucket: str, queue: str, lake: Lake
) -> None:
    """A message that could not be deleted comes again, is known, and goes then."""
    store(aws, bucket, 1)
    send(aws, queue, note(aws, bucket, key(1)))
    proxy.add(
        Rule(
            lambda r: "DeleteMessage" in r.headers.get("x-amz-target", ""),
            2,
            status=500,
            code="InternalError",
        )
    )
    assert take_in(lake, source(proxy, queue)).rows_added == 1
    assert left(aws, queue) == 1
    show_again(aws, queue)
    assert take_in(lake, source(proxy, queue)).objects_new == 0
    assert left(aws, queue) == 0
