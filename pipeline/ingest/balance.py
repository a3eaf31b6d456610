r"""Prove that rows hold all of a document, by counting three characters and two phrases.

The native decoder takes the fields it knows and says nothing of the rest: an unknown key, a
key written twice, a `null`, a number where a string should be. Looking at every key would
cost as much as decoding. Counting does not: in JSON every key needs its colon, every string
its two quotes, every object its brace, and text inside strings keeps its own. So for a
document and the rows made from it

1. colons: each field that became a column accounts for one, and for those inside its text.
   A key that no column holds leaves one over. Only a colon written `\u003a`, which decoding
   turns into a colon the document does not have, could hide it: such a document is refused.
2. quotes: with every key accounted for, a value that is no string in a column of strings
   makes the document have two fewer than its row; `\u0022` makes it have one fewer. Nothing
   makes it have more, so equality excludes both.
3. braces: an object accounts for one, so a scalar or an array where an object should be,
   which decodes to an object of nulls, shows as one too few.

4. written nulls: a null column of `requestParameters` or `responseElements` stands for a
   written `null`, which the row counts as a key of the document. Were the key absent, an
   unknown one could take its place in the sums; so the phrase `"requestParameters":null` must
   stand in the document as often as the rows say, and the same for the other.

Equality of all is therefore a proof, not a hint; what it rests on is that no object inside the
record with fields of its own (`userIdentity`, …) has a null under one of those two names. A
document that does not balance is looked at record by record, and only records that do not
balance are read the slow way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from stringzilla import count, find

from pipeline.lake.record import NULL_IS_ABSENCE, NULL_IS_WRITTEN, Field, Kind

Counts = npt.NDArray[np.int64]
"""Colons, quotes, braces and the two written nulls, one row of five per span."""

_MARKS = tuple(np.uint8(ord(mark)) for mark in ':"{')
_PHRASES = tuple(f'"{name}":null'.encode() for name in sorted(NULL_IS_WRITTEN))
_SPACED = tuple(f'"{name}": null'.encode() for name in sorted(NULL_IS_WRITTEN))
COUNTED = len(_MARKS) + len(_PHRASES)
_count_true = np.count_nonzero
_ABSENT = pa.array(sorted(NULL_IS_ABSENCE))
_FLAGS = pa.array(["true", "false"])
_NEVER = 1 << 40
_BLOCK = 128 << 10
_ESCAPED = b"\\u003"
_HIDDEN_COLONS = (b"\\u003a", b"\\u003A")


def count_text(text: bytes) -> Counts:
    """Return the counts of one text, shape (5,)."""
    return np.concatenate((_count_all(np.frombuffer(text, np.uint8)), _written_nulls(text)))


def count_texts(texts: Sequence[bytes]) -> Counts:
    """Return the counts of each of many short texts, shape (texts, 5)."""
    edges = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=edges[1:])
    marks = _count_between(np.frombuffer(b"".join(texts), np.uint8), edges)
    nulls = np.array([_written_nulls(text) for text in texts]).reshape(-1, len(_PHRASES))
    return np.concatenate((marks, nulls), axis=1)


def _written_nulls(text: bytes) -> list[int]:
    """Count the phrases, as CloudTrail writes them or with the space of printed JSON."""
    return [
        count(text, phrase) or count(text, spaced)
        for phrase, spaced in zip(_PHRASES, _SPACED, strict=True)
    ]


def _count_between(data: npt.NDArray[np.uint8], edges: npt.NDArray[np.int64]) -> Counts:
    """Count the three characters of each run of a text: run n ends where run n + 1 starts."""
    counts = np.empty((len(edges) - 1, 3), np.int64)
    for n, mark in enumerate(_MARKS):
        hits = np.flatnonzero(data == mark)
        counts[:, n] = np.diff(np.searchsorted(hits, edges))
    return counts


def _count_all(data: npt.NDArray[np.uint8]) -> Counts:
    """Count the three characters, a block that fits the cache at a time."""
    totals = [0, 0, 0]
    is_mark = np.empty(min(len(data), _BLOCK), np.bool_)
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        found = is_mark[: len(block)]
        for n, mark in enumerate(_MARKS):
            np.equal(block, mark, out=found)
            totals[n] += int(_count_true(found))
    return np.array(totals, np.int64)


def hides_colons(text: bytes) -> bool:
    """Say whether a colon is written as an escape, which would upset the count."""
    return find(text, _ESCAPED) >= 0 and any(needle in text for needle in _HIDDEN_COLONS)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Consecutive runs of an array's values: run n goes from edges[n] to edges[n + 1]."""

    edges: npt.NDArray[np.int64]

    def present(self, array: pa.Array) -> npt.NDArray[np.int64]:
        """Count the values of each run that are not null."""
        if len(self.edges) == 2 and self.edges[1] - self.edges[0] == len(array):
            return np.array([len(array) - array.null_count])
        if array.null_count == 0:
            return np.diff(self.edges)
        valid = np.asarray(array.is_valid()).astype(np.int64)
        return self.total(valid)

    def total(self, per_value: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Sum a number per value over each run."""
        running = np.concatenate(([0], np.cumsum(per_value)))
        return running[self.edges[1:]] - running[self.edges[:-1]]

    def inside(self, array: pa.Array) -> _Spans:
        """Return the runs of the child values of a list or map array."""
        offsets = np.asarray(array.offsets).astype(np.int64)
        return _Spans(offsets[self.edges] - offsets[0])


def count_rows(
    rows: pa.StructArray, edges: npt.NDArray[np.int64], record: Sequence[Field]
) -> Counts:
    """Return what runs of rows account for, shape (runs, 5).

    Args:
        rows: decoded records, fields named as in the record.
        edges: run n is rows edges[n] to edges[n + 1].
        record: the fields they were decoded with.
    """
    spans = _Spans(edges)
    counts = _count_struct(rows, spans, record)
    column = {field.name: rows.field(position) for position, field in enumerate(record)}
    nameless = pc.is_in(column["eventCategory"], value_set=_ABSENT, skip_nulls=True)
    for place, name in enumerate(sorted(NULL_IS_WRITTEN), len(_MARKS)):
        absent = pc.and_(column[name].is_null(), pc.invert(nameless))
        written = spans.total(np.asarray(absent).astype(np.int64))
        counts[:, :2] += np.outer(written, (1, 2))
        counts[:, place] += written
    return counts


def _count_struct(array: pa.StructArray, spans: _Spans, fields: Sequence[Field]) -> Counts:
    counts = np.zeros((len(spans.edges) - 1, COUNTED), np.int64)
    counts[:, 2] += spans.present(array)
    for position, field in enumerate(fields):
        column = array.field(position)
        if column.null_count == len(column):
            continue
        named = spans.present(column)
        counts[:, 0] += named
        counts[:, 1] += 2 * named
        counts += _COUNTERS[field.kind](column, spans, field)
    return counts


def _count_json(array: pa.Array, spans: _Spans, field: Field) -> Counts:
    counts = _count_texts(array, spans, field)
    counts[:, 1] -= 2 * spans.present(array)
    data, offsets = _bytes(array)
    starts = offsets[spans.edges]
    whole = data.data
    for place, phrase in enumerate(_PHRASES, len(_MARKS)):
        if len(whole) and count(whole[starts[0] : starts[-1]], phrase):
            counts[:, place] += [
                count(whole[start:end], phrase) for start, end in pairwise(starts.tolist())
            ]
    return counts


def _count_texts(array: pa.Array, spans: _Spans, field: Field) -> Counts:
    """Account for the strings; a phrase in one stands escaped in the document."""
    data, offsets = _bytes(array)
    starts = offsets[spans.edges]
    counts = np.zeros((len(starts) - 1, COUNTED), np.int64)
    if len(starts) == 2:
        counts[0, : len(_MARKS)] = _count_all(data[starts[0] : starts[1]])
    else:
        counts[:, : len(_MARKS)] = _count_between(data, starts)
    counts[:, 1] += 2 * spans.present(array)
    return counts


def _count_flags(array: pa.Array, spans: _Spans, field: Field) -> Counts:
    """Account for nothing inside; make runs with anything but true and false never balance."""
    wrong = pc.invert(pc.is_in(array, value_set=_FLAGS, skip_nulls=False))
    odd = np.asarray(pc.and_(wrong, array.is_valid())).astype(np.int64)
    counts = np.zeros((len(spans.edges) - 1, COUNTED), np.int64)
    counts[:, 0] -= _NEVER * spans.total(odd)
    return counts


def _count_list(array: pa.Array, spans: _Spans, field: Field) -> Counts:
    return _count_struct(array.flatten(), spans.inside(array), field.fields)


def _count_map(array: pa.Array, spans: _Spans, field: Field) -> Counts:
    inside = spans.inside(array)
    counts = np.zeros((len(spans.edges) - 1, COUNTED), np.int64)
    counts[:, 2] += spans.present(array)
    first, last = array.offsets[0].as_py(), array.offsets[len(array)].as_py()
    keys, values = (side[first:last] for side in (array.keys, array.items))
    counts[:, 0] += inside.present(keys)
    return counts + _count_texts(keys, inside, field) + _count_texts(values, inside, field)


_COUNTERS: dict[Kind, Callable[[pa.Array, _Spans, Field], Counts]] = {
    Kind.TEXT: _count_texts,
    Kind.FLAG: _count_flags,
    Kind.JSON: _count_json,
    Kind.STRUCT: lambda array, spans, field: _count_struct(array, spans, field.fields),
    Kind.LIST: _count_list,
    Kind.MAP: _count_map,
}


def _bytes(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return a string array's characters and the offset of each value in them."""
    wide = pa.types.is_large_string(array.type)
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    span = slice(array.offset, array.offset + len(array) + 1)
    characters = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    return characters, ends[span].astype(np.int64, copy=False)
