"""Every envelope gives its exact records; look-alikes give none and are named."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from pipeline.ingest.envelope import Bad, Lookalike, Record, unwrap
from pipeline.lake.catalog import Lake
from tests.events import document, event, records, rows, take_in

ONE, TWO = event(1), event(2)
TEXT_ONE, TEXT_TWO = json.dumps(ONE), json.dumps(TWO)


def encode(value: Any) -> str:
    """Return a value as base64 of its JSON."""
    return base64.b64encode(json.dumps(value).encode()).decode()


CLOUDWATCH = {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": TEXT_ONE}]}
EVENTBRIDGE = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "detail": ONE}
SNS = {"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": TEXT_ONE}
S3_NOTIFICATION = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": "2026-03-01T00:00:00Z",
            "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}},
        }
    ]
}

ENVELOPES = {
    "records": (document(ONE, TWO), 2),
    "no records": (document(), 0),
    "pretty printed": (json.dumps({"Records": [ONE]}, indent=2).encode(), 1),
    "with a byte order mark": (b"\xef\xbb\xbf" + document(ONE), 1),
    "one event": (TEXT_ONE.encode(), 1),
    "array": (json.dumps([ONE, TWO]).encode(), 2),
    "lines": (f"{TEXT_ONE}\n\n{TEXT_TWO}\r\n".encode(), 2),
    "run together": (f"{TEXT_ONE}{TEXT_TWO}{TEXT_ONE}".encode(), 3),
    "documents as lines": (document(ONE) + b"\n" + document(TWO, ONE), 3),
    "lookup-events": (
        json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": TEXT_ONE}]}).encode(),
        1,
    ),
    "eventbridge": (json.dumps(EVENTBRIDGE).encode(), 1),
    "eventbridge lines": ("\n".join([json.dumps(EVENTBRIDGE)] * 2).encode(), 2),
    "cloudwatch subscription": (json.dumps(CLOUDWATCH).encode(), 1),
    "cloudwatch through firehose, run together": ((json.dumps(CLOUDWATCH) * 3).encode(), 3),
    "cloudwatch export": (f"2026-03-01T00:00:00.000Z {TEXT_ONE}\n".encode() * 2, 2),
    "filter-log-events": (json.dumps({"events": [{"message": TEXT_ONE}]}).encode(), 1),
    "firehose request": (
        json.dumps({"requestId": "r", "records": [{"data": encode(ONE)}]}).encode(),
        1,
    ),
    "kinesis": (
        json.dumps({"Records": [{"kinesis": {"data": encode(CLOUDWATCH)}}]}).encode(),
        1,
    ),
    "sns": (json.dumps(SNS).encode(), 1),
    "sns to lambda": (
        json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": SNS}]}).encode(),
        1,
    ),
    "sqs": (json.dumps({"Messages": [{"Body": TEXT_ONE}, {"Body": json.dumps(SNS)}]}).encode(), 2),
    "sqs to lambda": (
        json.dumps({"Records": [{"eventSource": "aws:sqs", "body": TEXT_ONE}]}).encode(),
        1,
    ),
    "splunk": (json.dumps({"result": {"_raw": TEXT_ONE}}).encode(), 1),
    "message": (json.dumps({"@timestamp": "t", "message": TEXT_ONE}).encode(), 1),
    "lake rows": (
        json.dumps(
            {"QueryResultRows": [[{"eventJson": TEXT_ONE}], [{"eventJson": TEXT_TWO}]]}
        ).encode(),
        2,
    ),
}


def count(text: bytes) -> int:
    """Return how many events a text holds."""
    return sum(isinstance(item, Record) for item in unwrap(text))


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_gives_its_records(name: str) -> None:
    """Each form gives its exact number of events and nothing bad."""
    text, expected = ENVELOPES[name]
    items = list(unwrap(text))
    assert not [item for item in items if isinstance(item, Bad)]
    assert count(text) == expected


def test_what_was_wrapped_is_the_record_itself(lake: Lake) -> None:
    """Whatever the envelope, the event is the same, so all envelopes of it are one event."""
    take_in(lake, {f"/{n}": text for n, (text, _) in enumerate(ENVELOPES.values())})
    assert records(lake) == sorted([ONE, TWO], key=lambda r: json.dumps(r, sort_keys=True))


LOOKALIKES = {
    "s3_notification": json.dumps(S3_NOTIFICATION),
    "digest": json.dumps({"awsAccountId": "1", "digestStartTime": "a", "digestEndTime": "b"}),
    "cloudwatch_control_message": json.dumps({"messageType": "CONTROL_MESSAGE", "logEvents": []}),
    "eventbridge_notification": json.dumps({"detail-type": "Object Created", "detail": {}}),
    "sns_notification": json.dumps({"Type": "SubscriptionConfirmation", "Token": "t"}),
    "empty": " \n",
}


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_a_lookalike_is_named_and_gives_nothing(kind: str) -> None:
    """Notifications, digests and control messages are no events and no errors."""
    assert set(unwrap(LOOKALIKES[kind].encode())) == {Lookalike(kind)}


def test_lookalikes_are_counted_apart(lake: Lake) -> None:
    """The ledger says what an object was; it is neither failed nor quarantined."""
    counts = take_in(lake, {f"/{kind}": text.encode() for kind, text in LOOKALIKES.items()})
    assert (counts.not_cloudtrail, counts.records_read) == (len(LOOKALIKES), 0)
    assert {row["kind"] for row in rows(lake, "ingest_objects")} == set(LOOKALIKES)


BROKEN = {
    "a record that is no JSON": (b'{"Records":[%s,{oops},%s]}', 2, ["malformed_json"]),
    "a record that is no object": (b'{"Records":[%s,5,%s]}', 2, ["not_an_event"]),
    "a document cut short": (b'{"Records":[%s,%s,{"eventVer', 2, ["malformed_json"]),
    "a line that is no JSON": (b"%s\nnot json\n%s\n", 2, ["malformed_json"]),
    "bytes that are no UTF-8": (
        b'{"Records":[%s,{"eventVersion":"1","eventName":"\xff"},%s]}',
        2,
        ["not_utf8"],
    ),
    "a lone surrogate": (
        b'{"Records":[%s,{"eventVersion":"1","eventTime":"2026-03-01T00:00:00Z",'
        b'"eventName":"\\ud800"},%s]}',
        2,
        ["malformed_json"],
    ),
    "no time": (b'{"Records":[%s,{"eventVersion":"1","eventName":"a"},%s]}', 2, ["no_event_time"]),
    "a time that is none": (
        b'{"Records":[%s,{"eventVersion":"1","eventTime":"infinity","eventID":"i",'
        b'"eventSource":"s","requestParameters":null,"responseElements":null},%s]}',
        2,
        ["no_event_time"],
    ),
    "two arrays of records": (b'{"Records":[%s],"Records":[%s]}', 0, ["duplicate_key"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_bad_record_costs_only_itself(lake: Lake, name: str) -> None:
    """The neighbours become events; the bad one is kept with its reason and its text."""
    template, good, reasons = BROKEN[name]
    counts = take_in(lake, {"/a.json": template % (TEXT_ONE.encode(), TEXT_TWO.encode())})
    quarantined = rows(lake, "ingest_quarantine")
    assert [row["reason"] for row in quarantined] == reasons
    assert all(row["text"] for row in quarantined)
    assert (counts.rows_added, counts.records_read) == (good, good + len(reasons))


def test_depth_is_bounded() -> None:
    """Envelopes inside envelopes without end are refused, not followed."""
    wrapped: Any = ONE
    for _ in range(40):
        wrapped = {"detail-type": "AWS API Call via CloudTrail", "detail": wrapped}
    assert [type(item) for item in unwrap(json.dumps(wrapped).encode())] == [Bad]


def test_deep_nesting_is_no_crash(lake: Lake) -> None:
    """Five thousand brackets are one quarantined record."""
    deep = b'{"eventVersion":"1","x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert take_in(lake, {"/deep": deep}).quarantined == 1


def test_members_of_firehose_objects_are_all_read(lake: Lake) -> None:
    """An object that no trail wrote may hold many gzip members, each with its records."""
    stored = gzip.compress(TEXT_ONE.encode()) + gzip.compress(TEXT_TWO.encode())
    assert take_in(lake, {"/firehose/2026/03/01/00/x": stored}).rows_added == 2
    assert rows(lake, "ingest_objects")[0]["members"] == 2
