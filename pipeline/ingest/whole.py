"""Say which documents, and which of their records, the rows made of them hold whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from pipeline.ingest.balance import count_rows, count_text, count_texts, hides_colons
from pipeline.ingest.bounds import exceeding
from pipeline.ingest.split import JSON_ERRORS
from pipeline.ingest.transform import Pack
from pipeline.lake.record import RECORD

_ENVELOPE = count_text(b'{"Records":[]}')
_COLUMN = {f.name: n for n, f in enumerate(RECORD)}
_RECORDS_KEY = re.compile(rb'"Records"\s*:')


@dataclass(frozen=True, slots=True)
class Plain:
    """A `{"Records": […]}` text; records is given where its elements are known to be events."""

    number: int
    start: int
    text: bytes
    records: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Odd:
    """One record that its row does not hold whole."""

    number: int
    position: int
    text: bytes
    is_event: bool


class _Splitter(msgspec.Struct):
    Records: list[Raw]


_split = msgspec.json.Decoder(_Splitter)


def find_suspects(
    texts: Sequence[bytes],
    packs: Sequence[Pack],
    rows: pa.StructArray,
    edges: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Return the numbers of the documents that are not proven to be held whole."""
    missing = _missing(rows)
    hidden = any(hides_colons(pack.text) for pack in packs)
    if missing is None and not hidden:
        total = count_rows(rows, edges[[0, -1]], RECORD)[0] + len(texts) * _ENVELOPE
        if (total == sum(count_text(pack.text) for pack in packs)).all():
            return np.empty(0, np.int64)
    found = np.array([count_text(text) for text in texts])
    suspect = (count_rows(rows, edges, RECORD) + _ENVELOPE != found).any(axis=1)
    if missing is not None:
        per_document = np.concatenate(([0], np.cumsum(missing)))
        suspect |= np.diff(per_document[edges]) > 0
    if hidden:
        suspect |= np.array([hides_colons(text) for text in texts])
    return np.flatnonzero(suspect)


def find_odd(plain: Plain, rows: pa.StructArray) -> tuple[npt.NDArray[np.bool_], list[Odd]]:
    """Find the records of a document that its rows do not hold whole.

    Returns:
        Which rows not to take, and the records to read slowly in their place.
    """
    texts = plain.records
    if texts is None:
        split = split_records(plain.text)
        texts = None if split is None else [bytes(record) for record in split]
    if texts is None:
        everything = Odd(plain.number, plain.start, plain.text, is_event=False)
        return np.ones(len(rows), bool), [everything]
    odd = np.ones(len(texts), bool)
    if len(texts) == len(rows):
        odd = _unbalanced(texts, rows, hides_colons(plain.text))
        missing = _missing(rows)
        odd = odd if missing is None else odd | missing
    records = [
        Odd(plain.number, plain.start + int(n), texts[int(n)], plain.records is not None)
        for n in np.flatnonzero(odd)
    ]
    return odd if len(texts) == len(rows) else np.ones(len(rows), bool), records


def split_records(document: bytes) -> list[Raw] | None:
    """Return the texts of a document's records; None where they cannot be told for sure."""
    if len(_RECORDS_KEY.findall(document)) > 1:
        return None
    try:
        return _split.decode(document).Records
    except (*JSON_ERRORS, msgspec.ValidationError):
        return None


def _missing(rows: pa.StructArray) -> npt.NDArray[np.bool_] | None:
    """Say which rows lack what every event has, exceed a bound, or are no event's at all."""
    eventid = rows.field(_COLUMN["eventID"])
    source = rows.field(_COLUMN["eventSource"])
    parts = (
        pc.fill_null(pc.equal(pc.binary_length(eventid), 0), True),
        pc.fill_null(pc.starts_with(source, "aws:"), True),
        rows.field(_COLUMN["eventTime"]).is_null(),
    )
    missing = np.logical_or.reduce([np.asarray(part) for part in parts])
    beyond = exceeding(rows, RECORD)
    if beyond is not None:
        missing |= beyond
    return missing if missing.any() else None


def _unbalanced(
    texts: Sequence[bytes], rows: pa.StructArray, is_hiding: bool
) -> npt.NDArray[np.bool_]:
    held = count_rows(rows, np.arange(len(rows) + 1), RECORD)
    odd: npt.NDArray[np.bool_] = (count_texts(texts) != held).any(axis=1)
    if is_hiding:
        odd |= np.array([hides_colons(text) for text in texts], bool)
    return odd
