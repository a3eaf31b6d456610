"""Documents to rows that provably hold all of them, and the pieces that are no events."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.bounds import exceeds
from pipeline.ingest.content import ContentHasher
from pipeline.ingest.derive import event_dates, event_keys, parse_times
from pipeline.ingest.envelope import Bad, Lookalike, Record, is_plain, unwrap
from pipeline.ingest.repair import Prepared, prepare
from pipeline.ingest.restore import restore
from pipeline.ingest.split import JSON_ERRORS
from pipeline.ingest.transform import Decoder, pack, retype
from pipeline.ingest.whole import Odd, Plain, find_odd, find_suspects, split_records
from pipeline.lake.record import RECORD

LARGE_BYTES = 16 << 20
"""Documents above this are cut at record boundaries first: the decoder's memory and time
grow faster than the document."""

_NO_TIME = "eventTime is missing or no time"
_GROUP_BYTES = 16 << 20
_PIECE_BYTES = 1 << 20
_COLUMN = {f.name: n for n, f in enumerate(RECORD)}

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

    def _plain(self, documents: Iterable[Document], tallies: Sequence[Tally]) -> Iterator[Plain]:
        for document in documents:
            text = document.text
            if not is_plain(text) or not is_utf8(text):
                yield from _from_items(document, tallies[document.number])
            elif len(text) <= LARGE_BYTES:
                yield Plain(document.number, 0, text)
            else:
                yield from self._cut(document, tallies[document.number])

    def _cut(self, document: Document, tally: Tally) -> Iterator[Plain]:
        records = split_records(document.text)
        if records is None or any(len(memoryview(record)) > LARGE_BYTES for record in records):
            yield from _from_items(document, tally)
            return
        start = 0
        for texts in _by_size(bytes(record) for record in records):
            yield Plain(document.number, start, _join(texts))
            start += len(texts)

    def _decode_group(
        self, group: Sequence[Plain]
    ) -> tuple[pa.StructArray, Numbers, Numbers, list[Odd]]:
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
            np.arange(len(group)) if lists.null_count else find_suspects(texts, packs, rows, edges)
        )
        odd: list[Odd] = []
        for n in suspects:
            span = slice(edges[n], edges[n + 1])
            bad_rows, found = find_odd(group[n], rows[span.start : span.stop])
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

    def _slowly(self, odd: Sequence[Odd], tallies: Sequence[Tally]) -> Iterator[Part]:
        """Prepare records one by one and decode what was made of them."""
        ready: list[tuple[Odd, Prepared]] = []
        for record in odd:
            ready += _prepare(record, tallies[record.number])
        for start in range(0, len(ready), 2000):
            yield from self._decode_prepared(ready[start : start + 2000], tallies)

    def _decode_prepared(
        self, ready: Sequence[tuple[Odd, Prepared]], tallies: Sequence[Tally]
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


def _groups(documents: Iterable[Plain]) -> Iterator[list[Plain]]:
    group: list[Plain] = []
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


def _from_items(document: Document, tally: Tally) -> Iterator[Plain]:
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
                yield Plain(document.number, start, _join(texts), texts)
            position += 1
            texts, start, size = [], position, 0
            continue
        texts.append(item.text)
        position += 1
        size += len(item.text)
        if size >= _PIECE_BYTES:
            yield Plain(document.number, start, _join(texts), texts)
            texts, start, size = [], position, 0
    if texts:
        yield Plain(document.number, start, _join(texts), texts)


def _prepare(record: Odd, tally: Tally) -> Iterator[tuple[Odd, Prepared]]:
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
