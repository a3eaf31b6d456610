"""Documents to rows that provably hold all of them, and the pieces that are no events."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from pipeline.ingest.balance import count_rows, count_text, count_texts, hides_colons
from pipeline.ingest.bounds import exceeding, exceeds
from pipeline.ingest.content import ContentHasher
from pipeline.ingest.derive import event_dates, event_keys, parse_times
from pipeline.ingest.envelope import Bad, Lookalike, Record, is_plain, unwrap
from pipeline.ingest.repair import Prepared, prepare
from pipeline.ingest.restore import restore
from pipeline.ingest.split import JSON_ERRORS
from pipeline.ingest.transform import Decoder, Pack, pack, retype
from pipeline.lake.record import RECORD

LARGE_BYTES = 16 << 20
"""Documents above this are cut at record boundaries first: the decoder's memory and time
grow faster than the document."""

_NO_TIME = "eventTime is missing or no time"
_GROUP_BYTES = 16 << 20
_PIECE_BYTES = 1 << 20
_ENVELOPE = count_text(b'{"Records":[]}')
_COLUMN = {f.name: n for n, f in enumerate(RECORD)}
_RECORDS_KEY = re.compile(rb'"Records"\s*:')

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one object and its number in the chunk."""

    number: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Rows and where each came from.

    Attributes:
        rows: record columns as in the lake, then event_time, event_date, event_key,
            record_hash, unmapped, content_hash.
        numbers: the document of each row.
        positions: the index of each row's record in its document.
    """

    rows: pa.Table
    numbers: Numbers
    positions: Numbers


@dataclass(slots=True)
class Tally:
    """What a document turned out to hold besides rows."""

    bad: list[tuple[int, Bad]] = field(default_factory=list)
    lookalikes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Plain:
    """A `{"Records": […]}` text; records is given where its elements are known to be events."""

    number: int
    start: int
    text: bytes
    records: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Odd:
    """One record that its row does not hold whole."""

    number: int
    position: int
    text: bytes
    is_event: bool


class _Splitter(msgspec.Struct):
    Records: list[Raw]


_split = msgspec.json.Decoder(_Splitter)


class Normaliser:
    """One thread's way from documents to rows.

    Args:
        schema: the Arrow schema of the lake's table of facts.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._decoder = Decoder()
        self._hasher = ContentHasher(self._decoder.connection, schema)
        fields = [schema.field(f.column) for f in RECORD]
        self._record_type = pa.struct(fields)
        self._fields = fields

    def normalise(self, documents: Sequence[Document], tallies: Sequence[Tally]) -> Iterator[Part]:
        """Yield the rows of documents; what gives none is noted in the tally of its number.

        Every record ends in exactly one row or one Bad.
        """
        for group in _groups(self._plain(documents, tallies)):
            rows, numbers, positions, odd = self._decode_group(group)
            if len(rows):
                yield from self._part(rows, numbers, positions, tallies)
            if odd:
                yield from self._slowly(odd, tallies)

    def _plain(self, documents: Iterable[Document], tallies: Sequence[Tally]) -> Iterator[_Plain]:
        for document in documents:
            text = document.text
            if not is_plain(text) or not is_utf8(text):
                yield from _from_items(document, tallies[document.number])
            elif len(text) <= LARGE_BYTES:
                yield _Plain(document.number, 0, text)
            else:
                yield from self._cut(document, tallies[document.number])

    def _cut(self, document: Document, tally: Tally) -> Iterator[_Plain]:
        try:
            records = _split.decode(document.text).Records
        except (*JSON_ERRORS, msgspec.ValidationError):
            yield from _from_items(document, tally)
            return
        has_giant = any(len(memoryview(record)) > LARGE_BYTES for record in records)
        if has_giant or len(_RECORDS_KEY.findall(document.text)) > 1:
            yield from _from_items(document, tally)
            return
        start = 0
        for texts in _by_size(bytes(record) for record in records):
            yield _Plain(document.number, start, _join(texts))
            start += len(texts)

    def _decode_group(
        self, group: Sequence[_Plain]
    ) -> tuple[pa.StructArray, Numbers, Numbers, list[_Odd]]:
        """Decode plain documents; return the rows that are whole, and the records that are not."""
        texts = [plain.text for plain in group]
        packs = pack(texts)
        lists = self._decoder.decode(packs)
        if lists is None:
            lists = self._decoder.decode_each(packs)
        rows = lists.flatten()
        edges = np.asarray(lists.offsets).astype(np.int64)
        edges -= edges[0]
        keep = np.ones(len(rows), bool)
        suspects = (
            np.arange(len(group)) if lists.null_count else _suspects(texts, packs, rows, edges)
        )
        odd: list[_Odd] = []
        for n in suspects:
            span = slice(edges[n], edges[n + 1])
            bad_rows, found = _odd_records(group[n], rows[span.start : span.stop])
            keep[span] &= ~bad_rows
            odd += found
        sizes = np.diff(edges)
        numbers = np.repeat(np.array([p.number for p in group], np.int32), sizes)
        starts = np.repeat(np.array([p.start for p in group], np.int64) - edges[:-1], sizes)
        positions = (np.arange(len(rows)) + starts).astype(np.int32)
        if keep.all():
            return rows, numbers, positions, odd
        return rows.filter(pa.array(keep)), numbers[keep], positions[keep], odd

    def _part(
        self,
        rows: pa.StructArray,
        numbers: Numbers,
        positions: Numbers,
        tallies: Sequence[Tally],
    ) -> Iterator[Part]:
        table, timed = self._table(rows)
        if not timed.all():
            for n in np.flatnonzero(~timed):
                record = restore(table.slice(int(n), 1).to_pylist()[0])
                bad = Bad("no_event_time", _NO_TIME, json.dumps(record).encode())
                tallies[numbers[n]].bad.append((int(positions[n]), bad))
            table = table.filter(pa.array(timed))
            numbers, positions = numbers[timed], positions[timed]
        if len(numbers):
            yield Part(table, numbers, positions)

    def _table(
        self, rows: pa.StructArray, prepared: Sequence[Prepared] = ()
    ) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
        """Return the lake's columns for rows, and which of them have a usable time."""
        named = retype(rows, self._record_type)
        columns = [named.field(n) for n in range(len(self._fields))]
        if prepared:
            hashes = pa.array([p.record_hash for p in prepared], pa.string())
            unmapped = pa.array([p.unmapped for p in prepared], pa.string())
        else:
            hashes = unmapped = pa.nulls(len(rows), pa.string())
        times = parse_times(self._decoder.connection, columns[_COLUMN["eventTime"]])
        ids = columns[_COLUMN["eventID"]]
        table = pa.table(columns, schema=pa.schema(self._fields))
        table = table.append_column("event_time", times)
        table = table.append_column("event_date", event_dates(times))
        table = table.append_column("event_key", event_keys(pc.coalesce(hashes, ids)))
        table = table.append_column("record_hash", hashes).append_column("unmapped", unmapped)
        contents = self._hasher.hash(table)
        table = table.append_column("content_hash", contents)
        return table, np.asarray(times.is_valid())

    def _slowly(self, odd: Sequence[_Odd], tallies: Sequence[Tally]) -> Iterator[Part]:
        """Prepare records one by one and decode what was made of them."""
        ready: list[tuple[_Odd, Prepared]] = []
        for record in odd:
            ready += _prepare(record, tallies[record.number])
        for start in range(0, len(ready), 2000):
            yield from self._decode_prepared(ready[start : start + 2000], tallies)

    def _decode_prepared(
        self, ready: Sequence[tuple[_Odd, Prepared]], tallies: Sequence[Tally]
    ) -> Iterator[Part]:
        lists = self._decoder.decode(pack([_join([p.text for _, p in ready])]))
        if lists is None or len(lists.flatten()) != len(ready):
            lists = self._decoder.decode_each(pack([_join([p.text]) for _, p in ready]))
            refused = np.asarray(lists.is_null())
            for (record, _), is_refused in zip(ready, refused, strict=True):
                if is_refused:
                    bad = Bad(
                        "not_decodable",
                        "JSON that cannot be text, as a lone surrogate",
                        record.text,
                    )
                    tallies[record.number].bad.append((record.position, bad))
            ready = [
                pair for pair, is_refused in zip(ready, refused, strict=True) if not is_refused
            ]
            if not ready:
                return
        table, usable = self._table(lists.flatten(), [p for _, p in ready])
        for (record, _), is_usable in zip(ready, usable, strict=True):
            if not is_usable:
                bad = Bad("no_event_time", _NO_TIME, record.text)
                tallies[record.number].bad.append((record.position, bad))
        numbers = np.array([r.number for r, _ in ready], np.int32)[usable]
        positions = np.array([r.position for r, _ in ready], np.int32)[usable]
        if len(numbers):
            yield Part(table.filter(pa.array(usable)), numbers, positions)


def is_utf8(text: bytes) -> bool:
    """Say whether bytes are UTF-8 text, without making all of it text at once."""
    if text.isascii():
        return True
    decoder = getincrementaldecoder("utf-8")()
    whole = memoryview(text)
    try:
        for start in range(0, len(text), LARGE_BYTES):
            decoder.decode(whole[start : start + LARGE_BYTES], final=False)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _groups(documents: Iterable[_Plain]) -> Iterator[list[_Plain]]:
    group: list[_Plain] = []
    size = 0
    for document in documents:
        group.append(document)
        size += len(document.text)
        if size >= _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _by_size(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= _PIECE_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _join(records: Sequence[bytes]) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


def _from_items(document: Document, tally: Tally) -> Iterator[_Plain]:
    """Unwrap a document; yield its events as plain documents, note the rest in the tally."""
    position = 0
    texts: list[bytes] = []
    start, size = 0, 0
    for item in unwrap(document.text):
        if isinstance(item, Lookalike):
            tally.lookalikes[item.kind] += 1
            continue
        if isinstance(item, Record) and len(item.text) > LARGE_BYTES:
            item = Bad("beyond_bounds", f"an event of more than {LARGE_BYTES} bytes", item.text)
        if isinstance(item, Record) and not is_utf8(item.text):
            item = Bad("not_utf8", "bytes that are no UTF-8 text", item.text)
        if isinstance(item, Bad):
            tally.bad.append((position, item))
            if texts:
                yield _Plain(document.number, start, _join(texts), texts)
            position += 1
            texts, start, size = [], position, 0
            continue
        texts.append(item.text)
        position += 1
        size += len(item.text)
        if size >= _PIECE_BYTES:
            yield _Plain(document.number, start, _join(texts), texts)
            texts, start, size = [], position, 0
    if texts:
        yield _Plain(document.number, start, _join(texts), texts)


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


def _suspects(
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


def _odd_records(plain: _Plain, rows: pa.StructArray) -> tuple[npt.NDArray[np.bool_], list[_Odd]]:
    """Find the records of a document that its rows do not hold whole.

    Returns:
        Which rows not to take, and the records to read slowly in their place.
    """
    texts = plain.records
    if texts is None:
        texts = _texts_of(plain.text)
    if texts is None:
        everything = _Odd(plain.number, plain.start, plain.text, is_event=False)
        return np.ones(len(rows), bool), [everything]
    odd = np.ones(len(texts), bool)
    if len(texts) == len(rows):
        odd = _unbalanced(texts, rows, hides_colons(plain.text))
        missing = _missing(rows)
        odd = odd if missing is None else odd | missing
    records = [
        _Odd(plain.number, plain.start + int(n), texts[int(n)], plain.records is not None)
        for n in np.flatnonzero(odd)
    ]
    return odd if len(texts) == len(rows) else np.ones(len(rows), bool), records


def _unbalanced(
    texts: Sequence[bytes], rows: pa.StructArray, is_hiding: bool
) -> npt.NDArray[np.bool_]:
    held = count_rows(rows, np.arange(len(rows) + 1), RECORD)
    odd: npt.NDArray[np.bool_] = (count_texts(texts) != held).any(axis=1)
    if is_hiding:
        odd |= np.array([hides_colons(text) for text in texts], bool)
    return odd


def _texts_of(document: bytes) -> list[bytes] | None:
    if len(_RECORDS_KEY.findall(document)) > 1:
        return None
    try:
        return [bytes(record) for record in _split.decode(document).Records]
    except (*JSON_ERRORS, msgspec.ValidationError):
        return None


def _prepare(record: _Odd, tally: Tally) -> Iterator[tuple[_Odd, Prepared]]:
    """Unwrap and prepare one odd record; note what gives none in the tally."""
    items = [Record(record.text)] if record.is_event else unwrap(record.text)
    position = record.position
    for item in items:
        if isinstance(item, Lookalike):
            tally.lookalikes[item.kind] += 1
            continue
        if isinstance(item, Record):
            beyond = exceeds(item.text)
            if beyond:
                item = Bad("beyond_bounds", beyond, item.text)
        if isinstance(item, Record):
            try:
                yield (
                    replace(record, position=position, text=item.text),
                    prepare(item.text),
                )
            except JSON_ERRORS as error:
                item = Bad("malformed_json", str(error), item.text)
        if isinstance(item, Bad):
            tally.bad.append((position, item))
        position += 1
