"""Recognise by content what a document is, and take the records out of whatever wraps them.

Envelopes met in the wild, each understood at any depth of the others: the trail's own
`{"Records": […]}`, one event, an array, lines, values run together, `lookup-events` output,
EventBridge, CloudWatch Logs (subscription, export, filter-log-events), Firehose and Kinesis,
SNS, SQS, a `_raw` or `message` string, and CloudTrail Lake query results. Look-alikes (the
notifications of S3, SNS, SQS and EventBridge, digests, control messages) give no records and
are named.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from pipeline.ingest.inflate import GZIP, BrokenGzip, TooLarge, inflate
from pipeline.ingest.split import JSON_ERRORS, Malformed, split_values, windows

_DEPTH = 8
_INNER_LIMIT = 64 << 20  # most bytes that gzip inside an envelope may inflate to
_PLAIN = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
_RECORDS_KEY = re.compile(rb'"Records"\s*:')
_EXPORT_LINE = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z? (?=\{)", re.MULTILINE)


_BINARY = {
    GZIP: "gzip within gzip",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ": "xz",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@dataclass(frozen=True, slots=True)
class Record:
    """The JSON text of one event."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A piece of a document that is no event, and why."""

    reason: str
    detail: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Something that AWS writes and that is no CloudTrail event."""

    kind: str


Item = Record | Bad | Lookalike
_Members = dict[str, Raw]

_object = msgspec.json.Decoder(dict[str, Raw])
_array = msgspec.json.Decoder(list[Raw])
_row = msgspec.json.Decoder(list[dict[str, Raw]])
_string = msgspec.json.Decoder(str)


def is_plain(text: bytes) -> bool:
    """Say whether a document opens as the trail's own envelope."""
    return _PLAIN.match(text) is not None


def unwrap(text: bytes) -> Iterator[Item]:
    """Yield what a document holds, in order. Never raises for its content."""
    text = text.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        yield Lookalike("empty")
        return
    if is_plain(text) and len(_RECORDS_KEY.findall(text)) > 1 and _repeats_records(text):
        yield Bad("duplicate_key", "two Records arrays in one object", text)
        return
    binary = _binary(text)
    if binary:
        yield Bad("not_text", f"{binary}, not JSON", text)
    elif _EXPORT_LINE.match(text):
        for window in windows(text):
            yield from _values(_EXPORT_LINE.sub(b"", window), _DEPTH)
    else:
        yield from _values(text, _DEPTH)


def _binary(text: bytes) -> str:
    """Name what is no text at all, so that it counts as one thing and not line by line."""
    for start, name in _BINARY.items():
        if text.startswith(start):
            return name
    return "binary" if b"\0" in text[:2] else ""


def _values(text: bytes, depth: int) -> Iterator[Item]:
    for value in split_values(text):
        if isinstance(value, Malformed):
            yield Bad("malformed_json", value.detail, value.text)
        else:
            yield from _value(value, depth)


def _value(text: bytes, depth: int) -> Iterator[Item]:
    first = text[:1]
    if depth == 0:
        yield Bad("too_deep", f"more than {_DEPTH} envelopes inside each other", text)
    elif first == b"{":
        yield from _members(text, depth)
    elif first == b"[":
        yield from _elements(text, depth)
    elif first == b'"':
        yield from _inner_string(Raw(text), text, depth)
    else:
        yield Bad("not_an_event", "a bare JSON value", text)


def _elements(text: bytes | Raw, depth: int) -> Iterator[Item]:
    try:
        values = _array.decode(text)
    except JSON_ERRORS as error:
        yield Bad("malformed_json", str(error), bytes(text))
        return
    for value in values:
        yield from _value(bytes(value).strip(), depth - 1)


def _members(text: bytes, depth: int) -> Iterator[Item]:
    try:
        members = _object.decode(text)
    except JSON_ERRORS as error:
        reason = "malformed_json" if _is_utf8(text) else "not_utf8"
        yield Bad(reason, str(error), text)
        return
    if is_event(members):
        yield Record(text)
        return
    kind = lookalike_kind(members)
    if kind:
        yield Lookalike(kind)
        return
    for recognise in _ENVELOPES:
        inside = recognise(members, depth - 1)
        if inside is not None:
            yield from inside
            return
    yield Bad("not_an_event", "an object without the fields of a CloudTrail event", text)


def is_event(members: _Members) -> bool:
    """Say whether an object is a CloudTrail event: of any version, type or spelling of keys."""
    names = {name.lower() for name in members}
    if "eventsource" in names and _says(members, "eventSource", b'"aws:'):
        return False
    if "eventversion" in names:
        return bool(names & {"eventname", "eventtime", "eventid", "eventtype"})
    return {"eventname", "eventsource"} <= names and bool(names & {"eventtime", "eventid"})


def lookalike_kind(members: _Members) -> str:
    """Name an object that looks like CloudTrail's and is not; empty for anything else."""
    if {"digestStartTime", "digestEndTime"} <= members.keys():
        return "digest"
    if _says(members, "eventSource", b'"aws:s3"') or _says(members, "Event", b'"s3:TestEvent"'):
        return "s3_notification"
    if _says(members, "messageType", b'"CONTROL_MESSAGE"'):
        return "cloudwatch_control_message"
    if "detail-type" in members and not _detail_is_trail(members):
        return "eventbridge_notification"
    if _says(members, "Type", b'"SubscriptionConfirmation"'):
        return "sns_notification"
    return ""


def _detail_is_trail(members: _Members) -> bool:
    return "detail" in members and bytes(members["detail-type"]).endswith(b'via CloudTrail"')


def _says(members: _Members, name: str, start: bytes) -> bool:
    return name in members and bytes(memoryview(members[name])[: len(start)]) == start


def _start(raw: Raw) -> bytes:
    """Return a value's first character without copying the value."""
    return bytes(memoryview(raw)[:1])


def _inner(raw: Raw, depth: int) -> Iterator[Item]:
    """Read a value that may be JSON, or a string that holds JSON."""
    text = bytes(raw).strip()
    if text[:1] == b'"':
        return _inner_string(raw, text, depth)
    return _value(text, depth)


def _inner_string(raw: Raw, text: bytes, depth: int) -> Iterator[Item]:
    try:
        inside = _string.decode(raw).encode()
    except (*JSON_ERRORS, UnicodeEncodeError) as error:
        return iter([Bad("malformed_json", str(error), text)])
    if inside.lstrip()[:1] not in (b"{", b"["):
        return iter([Bad("not_an_event", "a text that is no JSON", text)])
    return _values(inside, depth)


def _each(
    raw: Raw, member: str, depth: int, read: Callable[[Raw, int], Iterator[Item]]
) -> Iterator[Item]:
    """Read one member of every object of an array."""
    for element in _array.decode(raw):
        try:
            value = _object.decode(element).get(member)
        except JSON_ERRORS:
            value = None
        if value is None:
            yield Bad("not_an_event", f"an entry without {member}", bytes(element))
        else:
            yield from read(value, depth)


def _base64(raw: Raw, depth: int) -> Iterator[Item]:
    text = bytes(raw)
    try:
        inside = base64.b64decode(_string.decode(raw), validate=True)
        if inside[:2] == GZIP:
            inside = inflate(inside, single=False, limit=_INNER_LIMIT).text
    except (binascii.Error, BrokenGzip, TooLarge, *JSON_ERRORS) as error:
        return iter([Bad("malformed_base64", str(error) or type(error).__name__, text)])
    return _values(inside, depth)


def _records(members: _Members, depth: int) -> Iterator[Item] | None:
    raw = members.get("Records", members.get("records"))
    if raw is None or _start(raw) != b"[":
        return None
    return _elements(raw, depth + 1)


def _kinesis(members: _Members, depth: int) -> Iterator[Item] | None:
    if "kinesis" not in members:
        return None
    return _members(bytes(members["kinesis"]), depth)


def _data(members: _Members, depth: int) -> Iterator[Item] | None:
    raw = members.get("data")
    return _base64(raw, depth) if raw is not None and _start(raw) == b'"' else None


def _array_of(key: str, member: str) -> Callable[[_Members, int], Iterator[Item] | None]:
    def recognise(members: _Members, depth: int) -> Iterator[Item] | None:
        raw = members.get(key)
        if raw is None or _start(raw) != b"[":
            return None
        return _each(raw, member, depth, _inner)

    return recognise


def _wrapped_in(*keys: str) -> Callable[[_Members, int], Iterator[Item] | None]:
    def recognise(members: _Members, depth: int) -> Iterator[Item] | None:
        for key in keys:
            if key in members and _start(members[key]) in (b"{", b'"', b"["):
                return _inner(members[key], depth)
        return None

    return recognise


def _lake_results(members: _Members, depth: int) -> Iterator[Item] | None:
    raw = members.get("QueryResultRows")
    return None if raw is None or _start(raw) != b"[" else _lake_rows(raw, depth)


def _lake_rows(raw: Raw, depth: int) -> Iterator[Item]:
    """Read get-query-results: each row is an array of one-column objects."""
    for element in _array.decode(raw):
        try:
            row = _row.decode(element)
        except JSON_ERRORS as error:
            yield Bad("not_an_event", str(error), bytes(element))
            continue
        cells = {name: value for cell in row for name, value in cell.items()}
        whole = next((v for n, v in cells.items() if n.lower() == "eventjson"), None)
        if whole is not None:
            yield from _inner(whole, depth)
        else:
            body = b",".join(msgspec.json.encode(n) + b":" + bytes(v) for n, v in cells.items())
            yield from _members(b"{" + body + b"}", depth)


_ENVELOPES: tuple[Callable[[_Members, int], Iterator[Item] | None], ...] = (
    _records,
    _kinesis,
    _data,
    _array_of("Events", "CloudTrailEvent"),
    _array_of("logEvents", "message"),
    _array_of("events", "message"),
    _array_of("Messages", "Body"),
    _lake_results,
    _wrapped_in(
        "Sns",
        "detail",
        "CloudTrailEvent",
        "eventData",
        "eventJson",
        "Message",
        "Body",
        "body",
    ),
    _wrapped_in("_raw", "result", "_source", "message", "event"),
)


def _repeats_records(text: bytes) -> bool:
    """Say whether the outermost object has several Records; only the last would be read."""
    try:
        pairs = json.loads(text, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, RecursionError):
        return False
    return [name for name, _ in pairs].count("Records") > 1


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
