"""Prepare a record that the plain way would not keep whole.

What the columns cannot give back exactly goes into `unmapped`, a JSON object laid over what
the row alone gives: a field there replaces the row's, and a null there turns the row's own
answer round (a field the row gives is absent; a field the row lacks is an explicit null).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isinf
from uuid import uuid4

import msgspec
from msgspec import Raw

from pipeline.ingest.split import JSON_ERRORS
from pipeline.lake.record import RECORD, Field, Kind, written_nulls

_FIELDS = {field.name: field for field in RECORD}
_SPELLINGS = {field.name.lower(): field.name for field in RECORD}
_ARN_SPELLINGS = {
    "arn": "ARN",
    "Arn": "ARN",
    "arnPrefix": "ARNPrefix",
    "accountID": "accountId",
}

_object = msgspec.json.Decoder(dict[str, Raw])
_array = msgspec.json.Decoder(list[Raw])
_texts = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record ready for the decoder.

    Attributes:
        text: JSON with the fields that have columns, under their documented names.
        unmapped: JSON of what the row alone would not give back; None: nothing.
        record_hash: the record's canonical hash where it has no event id; None: it has one.
    """

    text: bytes
    unmapped: str | None
    record_hash: str | None


def prepare(text: bytes) -> Prepared:
    """Prepare one record, a JSON object.

    Raises:
        msgspec.DecodeError, ValueError, RecursionError: it cannot be read.
    """
    members = {name: bytes(value).strip() for name, value in _object.decode(text).items()}
    mapped = _mapped(members)
    nulls = written_nulls(_text(mapped.get("eventCategory", b"")))
    unmapped = {
        name: value
        for name, value in members.items()
        if name not in _FIELDS
        or not (_conforms(value, _FIELDS[name]) or (value == b"null" and name in nulls))
    }
    unmapped |= dict.fromkeys(mapped.keys() - members.keys(), b"null")
    unmapped |= dict.fromkeys(nulls - members.keys() - mapped.keys(), b"null")
    return Prepared(
        _join(mapped),
        _join(unmapped).decode() if unmapped else None,
        None if _has_text(mapped, "eventID") else canonical_hash(json.loads(text)),
    )


def canonical(record: object) -> str:
    """Return a record as JSON in one form: keys sorted, no white space, numbers as Python's.

    Numbers too large for a double are all written as one that is, since JSON has no infinity.

    >>> canonical({"b": 1.10, "a": [1, {}], "c": 1e400})
    '{"a":[1,{}],"b":1.1,"c":1e999}'
    """
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if "Infinity" not in text:
        return text
    mark = uuid4().hex  # stands for infinity where no text of the record can say the same
    text = json.dumps(
        _marked(record, mark), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.replace(f'"+{mark}"', "1e999").replace(f'"-{mark}"', "-1e999")


def _marked(value: object, mark: str) -> object:
    if isinstance(value, dict):
        return {name: _marked(inner, mark) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner, mark) for inner in value]
    if isinstance(value, float) and isinf(value):
        return f"+{mark}" if value > 0 else f"-{mark}"
    return value


def canonical_hash(record: object) -> str:
    """Return the SHA-256 of a record's canonical JSON, in hex."""
    return sha256(canonical(record).encode("utf-8", "surrogatepass")).hexdigest()


def _mapped(members: dict[str, bytes]) -> dict[str, bytes]:
    """Return the fields that have columns, other spellings of their names taken for them."""
    mapped = {name: value for name, value in members.items() if name in _FIELDS}
    for name, value in members.items():
        field = _SPELLINGS.get(name.lower())
        if field and field not in mapped and value != b"null":
            mapped[field] = value
    if "resources" in mapped:
        mapped["resources"] = _resources(mapped["resources"])
    return mapped


def _resources(value: bytes) -> bytes:
    """Bring the spellings of a resource's ARN met in the wild to one."""
    try:
        elements = [_object.decode(element) for element in _array.decode(value)]
    except JSON_ERRORS:
        return value
    renamed = [
        _join({_ARN_SPELLINGS.get(name, name): bytes(raw) for name, raw in element.items()})
        for element in elements
    ]
    return b"[" + b",".join(renamed) + b"]"


def _conforms(value: bytes, field: Field) -> bool:
    """Say whether a field's column gives this very value back."""
    match field.kind:
        case Kind.TEXT:
            return value[:1] == b'"'
        case Kind.FLAG:
            return value in (b"true", b"false")
        case Kind.JSON:
            return value != b"null"
        case Kind.STRUCT:
            return _conforms_struct(value, field.fields)
        case Kind.LIST:
            return _conforms_list(value, field.fields)
        case Kind.MAP:
            return _is_map(value)


def _conforms_struct(value: bytes, fields: Sequence[Field]) -> bool:
    if value[:1] != b"{":
        return False
    known = {field.name: field for field in fields}
    members = _object.decode(value)
    return all(name in known and _conforms(bytes(v), known[name]) for name, v in members.items())


def _conforms_list(value: bytes, fields: Sequence[Field]) -> bool:
    return value[:1] == b"[" and all(
        _conforms_struct(bytes(element), fields) for element in _array.decode(value)
    )


def _is_map(value: bytes) -> bool:
    try:
        _texts.decode(value)
    except JSON_ERRORS:
        return False
    return True


def _text(value: bytes) -> str | None:
    return str(json.loads(value)) if value[:1] == b'"' else None


def _has_text(members: dict[str, bytes], name: str) -> bool:
    return members.get(name, b"")[:1] == b'"' and members[name] != b'""'


def _join(members: dict[str, bytes]) -> bytes:
    return (
        b"{"
        + b",".join(msgspec.json.encode(name) + b":" + raw for name, raw in members.items())
        + b"}"
    )
