"""Input that a hostile or careless sender could write, each with what must become of it."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.events import document, event

ONE, TWO, THREE = event(1), event(2), event(3)
TEXTS = [json.dumps(record).encode() for record in (ONE, TWO, THREE)]


def written(record: dict[str, Any], **raw: bytes) -> bytes:
    """Return a record's JSON with some values written exactly so."""
    text = json.dumps(record | {name: f"@{name}@" for name in raw}).encode()
    for name, value in raw.items():
        text = text.replace(f'"@{name}@"'.encode(), value)
    return text


def in_envelope(*texts: bytes) -> bytes:
    """Return record texts in the trail's own envelope."""
    return b'{"Records":[' + b",".join(texts) + b"]}"


def amid(text: bytes) -> bytes:
    """Return a document with a record between two usual ones."""
    return in_envelope(TEXTS[0], text, TEXTS[1])


def _zip(text: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", text)
    return target.getvalue()


def _parquet() -> bytes:
    target = BytesIO()
    pq.write_table(pa.table({"eventID": [str(n) for n in range(1000)]}), target)
    return target.getvalue()


def _deep(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@dataclass(frozen=True, slots=True)
class Case:
    """Stored bytes and what they must give.

    Attributes:
        rows: events.
        bad: quarantined pieces.
        state: the object's state in the ledger.
    """

    stored: bytes
    rows: int = 0
    bad: int = 0
    state: str = "done"


def _timed(text: str) -> bytes:
    return amid(written(event(9, eventTime=text)))


NO_ID = {name: value for name, value in event(9).items() if name != "eventID"}

CASES: dict[str, Case] = {
    # identities
    "one id in two accounts": Case(
        document(ONE, event(1, recipientAccountId="444455556666")), rows=2
    ),
    "ids that differ in case": Case(
        document(event(1, eventID="AbCdEf"), event(1, eventID="aBcDeF")), rows=2
    ),
    "uuids that differ in case": Case(document(ONE, ONE | {"eventID": ONE["eventID"].upper()}), 2),
    "null id": Case(document(event(1, eventID=None), TWO), 2),
    "empty id": Case(document(event(1, eventID=""), TWO), 2),
    "a number for an id": Case(document(event(1, eventID=5), TWO), 2),
    "an object for an id": Case(document(event(1, eventID={"a": 1}), TWO), 2),
    "no id": Case(document(NO_ID, TWO), 2),
    "an id of 100 kB": Case(document(event(1, eventID="x" * 100_000), TWO), 2),
    "an id with a NUL": Case(document(event(1, eventID="a\0b"), event(1, eventID="a")), 2),
    "no account at all": Case(
        document({k: v for k, v in ONE.items() if k not in ("recipientAccountId", "userIdentity")}),
        1,
    ),
    "a number for an account": Case(document(event(1, recipientAccountId=111122223333)), 1),
    # times
    "year 1": Case(_timed("0001-01-01T00:00:00Z"), 2, 1),
    "year 0": Case(_timed("0000-01-01T00:00:00Z"), 2, 1),
    "year 9999": Case(_timed("9999-12-31T23:59:59Z"), 2, 1),
    "year 9999 west of Greenwich": Case(_timed("9999-12-31T23:59:59-12:00"), 2, 1),
    "last microsecond": Case(_timed("9999-12-31T23:59:59.999999Z"), 2, 1),
    "year 10000": Case(_timed("10000-01-01T00:00:00Z"), 2, 1),
    "year 294000": Case(_timed("+294000-01-01T00:00:00Z"), 2, 1),
    "negative year": Case(_timed("-0001-01-01T00:00:00Z"), 2, 1),
    "before 1970": Case(_timed("1969-12-31T23:59:59Z"), 3),
    "leap second": Case(_timed("2016-12-31T23:59:60Z"), 2, 1),
    "with an offset": Case(_timed("2026-03-01T12:00:00+05:30"), 3),
    "with milliseconds": Case(_timed("2026-03-01T12:00:00.123Z"), 3),
    "with nanoseconds": Case(_timed("2026-03-01T12:00:00.123456789Z"), 3),
    "with a blank": Case(_timed("2026-03-01 12:00:00"), 3),
    "a date alone": Case(_timed("2026-03-01"), 3),
    "a zone by name": Case(_timed("2026-03-01T12:00:00 Europe/Berlin"), 3),
    "30 February": Case(_timed("2026-02-30T12:00:00Z"), 2, 1),
    "an empty time": Case(_timed(""), 2, 1),
    "epoch seconds as text": Case(_timed("1767225600"), 2, 1),
    "epoch": Case(_timed("epoch"), 2, 1),
    "a number for a time": Case(amid(written(event(9), eventTime=b"1767225600")), 2, 1),
    "null for a time": Case(amid(written(event(9), eventTime=b"null")), 2, 1),
    "a list for a time": Case(amid(written(event(9), eventTime=b"[]")), 2, 1),
    # values
    "keys twice in a record": Case(amid(TEXTS[2][:-1] + b',"eventName":"Other"}'), 3),
    "keys twice in a parameter": Case(
        amid(written(event(9), requestParameters=b'{"a":1,"a":2}')), 3
    ),
    "keys twice in an identity": Case(
        amid(written(event(9), userIdentity=b'{"type":"A","type":"B"}')), 3
    ),
    "keys twice in a map": Case(
        amid(
            written(
                event(9),
                userIdentity=b'{"sessionContext":{"webIdFederationData":'
                b'{"attributes":{"a":"1","a":"2"}}}}',
            )
        ),
        3,
    ),
    "keys that differ in case": Case(
        amid(TEXTS[2][:-1] + b',"EventName":"Other","EVENTNAME":1}'), 3
    ),
    "resources that differ in case": Case(
        amid(written(event(9), resources=b'[{"ARN":"a","arn":"b","Arn":"c"}]')), 3
    ),
    "an escaped key": Case(amid(TEXTS[2].replace(b'"eventName"', rb'"event\u004eame"')), 3),
    "an escaped colon": Case(amid(written(event(9), errorMessage=rb'"a\u003a"')), 3),
    "nested 100 deep": Case(amid(written(event(9), requestParameters=_deep(100))), 3),
    "nested 600 deep": Case(amid(written(event(9), requestParameters=_deep(600))), 2, 1),
    "nested 1,100 deep": Case(amid(written(event(9), requestParameters=_deep(1_100))), 2, 1),
    "nested 10,000 deep": Case(amid(written(event(9), requestParameters=_deep(10_000))), 2, 1),
    "nested deep without an id": Case(amid(written(NO_ID, requestParameters=_deep(10_000))), 2, 1),
    "nested deep in an unknown field": Case(amid(written(event(9), odd=_deep(10_000))), 2, 1),
    "an event of 66 kB": Case(amid(written(event(9, requestParameters={"a": "x" * 66_000}))), 3),
    "1e400": Case(amid(written(event(9), requestParameters=b'{"a":1e400}')), 3),
    "-1e400 in an unknown field": Case(amid(written(event(9), odd=b"-1e400")), 3),
    "1e400 without an id": Case(amid(written(NO_ID, requestParameters=b"[1e400,-1e400]")), 3),
    "an integer of 400 digits": Case(amid(written(event(9), requestParameters=b"9" * 400)), 3),
    "an integer of 5,000 digits": Case(
        amid(written(event(9), requestParameters=b"9" * 5_000)), 2, 1
    ),
    "5,000 digits without an id": Case(amid(written(NO_ID, requestParameters=b"9" * 5_000)), 2, 1),
    "5,000 digits without a time": Case(
        amid(written(event(9, eventTime="none"), requestParameters=b"9" * 5_000)), 2, 1
    ),
    "5,000 digits in an unknown field": Case(amid(written(event(9), odd=b"9" * 5_000)), 2, 1),
    "an escaped NUL": Case(amid(written(event(9, errorMessage="a\0b"))), 3),
    "a raw NUL": Case(amid(TEXTS[2].replace(b"GetUser", b"Get\0User")), 2, 1),
    "a raw line feed in a string": Case(amid(TEXTS[2].replace(b"GetUser", b"Get\nUser")), 2, 1),
    "a lone surrogate": Case(amid(written(event(9), errorMessage=rb'"\ud800"')), 2, 1),
    "a lone surrogate in a parameter": Case(
        amid(written(event(9), requestParameters=rb'{"a":"\udfff"}')), 2, 1
    ),
    "bytes that are no UTF-8": Case(amid(TEXTS[2].replace(b"GetUser", b"\xc3\x28")), 2, 1),
    "an encoded surrogate": Case(amid(TEXTS[2].replace(b"GetUser", b"\xed\xa0\x80")), 2, 1),
    # envelopes
    "records twice": Case(b'{"Records":[%s],"Records":[%s]}' % tuple(TEXTS[:2]), 0, 1),
    "records in lower case": Case(b'{"records":[%s]}' % TEXTS[0], 1),
    "records that are an object": Case(b'{"Records":{"a":1}}', 0, 1),
    "records that are null": Case(b'{"Records":null}', 0, 1),
    "records of records": Case(b'{"Records":[{"Records":[%s,%s]},%s]}' % tuple(TEXTS), 3),
    "nulls among records": Case(b'{"Records":[null,%s,null]}' % TEXTS[0], 1, 2),
    "empty objects among records": Case(b'{"Records":[{},%s,{}]}' % TEXTS[0], 1, 2),
    "arrays among records": Case(b'{"Records":[[],%s,[[]]]}' % TEXTS[0], 1),
    "unusual spacing": Case(b'\t{ "Records" :\r\n [ %s , %s ] } \n' % tuple(TEXTS[:2]), 2),
    "a member before": Case(b'{"a":[{"x":1}],"Records":[%s]}' % TEXTS[0], 1),
    "a member behind": Case(b'{"Records":[%s],"a":{"b":[1]}}' % TEXTS[0], 1),
    "an escaped Records": Case(rb'{"R\u0065cords":[' + TEXTS[0] + b"]}", 1),
    "a trailing comma": Case(b'{"Records":[%s,]}' % TEXTS[0], 1),
    "comments": Case(b'{"Records":[%s/* no */,%s // no\n]}' % tuple(TEXTS[:2]), 2, 2),
    "behind it, more": Case(b'{"Records":[%s]} and more' % TEXTS[0], 1, 1),
    "a record without a bracket": Case(amid(TEXTS[2][:-1]), 2, 1),
    "a record without a quote": Case(amid(TEXTS[2].replace(b'"GetUser"', b'"GetUser')), 2, 1),
    "a bad record in an array": Case(b"[%s,{oops},%s]" % tuple(TEXTS[:2]), 2, 1),
    "a bad record in a document among lines": Case(document(THREE) + b"\n" + amid(b"{oops}"), 3, 1),
    "a bad entry of lookup-events": Case(
        b'{"Events":[{"CloudTrailEvent":%s},{oops},{"CloudTrailEvent":%s}]}'
        % tuple(json.dumps(text.decode()).encode() for text in TEXTS[:2]),
        2,
        1,
    ),
    "without its end": Case(b'{"Records":[%s,%s' % tuple(TEXTS[:2]), 2),
    "cut in a record": Case(b'{"Records":[%s,%s' % (TEXTS[0], TEXTS[1][:50]), 1, 1),
    "a bare number": Case(b"5", 0, 1),
    "a bare null": Case(b"null", 0, 1),
    "a bare string": Case(b'"abc"', 0, 1),
    "an event in a string": Case(json.dumps(TEXTS[0].decode()).encode(), 1),
    "an empty object": Case(b"{}", 0, 1),
    "an empty array": Case(b"[]"),
    "nothing": Case(b""),
    "white space": Case(b" \r\n\t "),
    "a byte order mark alone": Case(b"\xef\xbb\xbf"),
    "a byte order mark": Case(b"\xef\xbb\xbf" + document(ONE), 1),
    "UTF-16": Case(document(ONE).decode().encode("utf-16"), 0, 1),
    "UTF-16 of many lines": Case("\n".join(["abc"] * 50).encode("utf-16-be"), 0, 1),
    "lines ended the Windows way": Case(b"\r\n".join(TEXTS) + b"\r\n", 3),
    "a giant line": Case(TEXTS[0] + b"\n" + written(event(9, x="y" * 2_000_000)) + b"\n", 2),
    "3,000 values run together": Case(
        b"".join(json.dumps(event(n)).encode() for n in range(3_000)), 3_000
    ),
    "values and junk run together": Case(TEXTS[0] + b"junk" + TEXTS[1], 2, 1),
    "lake results that are none": Case(b'{"QueryResultRows":5}', 0, 1),
    "lake results of odd rows": Case(b'{"QueryResultRows":[5,[5],[{"eventJson":5}]]}', 0, 3),
    "a lake result without an event": Case(b'{"QueryResultRows":[[{"count":"5"}]]}', 0, 1),
    "kinesis that is none": Case(b'{"kinesis":5}', 0, 1),
    "base64 that is none": Case(b'{"data":"!!"}', 0, 1),
    "a line of text": Case(b"hello", 0, 1),
    # files
    "an empty gzip": Case(gzip.compress(b"")),
    "a gzip in a gzip": Case(gzip.compress(gzip.compress(document(ONE))), 0, 1),
    "a zip": Case(_zip(document(ONE) * 100), 0, 1),
    "a Parquet file": Case(_parquet(), 0, 1),
    "a gzip cut short": Case(gzip.compress(document(ONE))[:-9], state="broken"),
    "a gzip header alone": Case(b"\x1f\x8b", state="broken"),
    "a gzip with an odd header": Case(b"\x1f\x8b\x07" + b"\0" * 40, state="broken"),
}
