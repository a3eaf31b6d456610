"""The typed columns of a row that its text columns imply: time, day and key."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import md5

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_TIME = pa.timestamp("us", "UTC")
_DIGITS = np.array([n for n in range(36) if n not in (8, 13, 18, 23)][:16])
_NO_DIGIT = 255
_HEX = np.full(256, _NO_DIGIT, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
_HEX[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)

# Outside of this range nanoseconds since 1970 overflow, which several readers count in.
_FIRST = pa.scalar(datetime(1678, 1, 1, tzinfo=UTC), _TIME)
_END = pa.scalar(datetime(2262, 1, 1, tzinfo=UTC), _TIME)

# A time must look like a date at its start: the cast alone would take 'infinity' and 'epoch'. The
# date has ten characters: so texts are in the order of days, and asking of the text chooses files.
_PARSE = """
select case when eventtime[5] = '-' and eventtime[8] = '-' and eventtime[10] between '0' and '9'
    then try_cast(eventtime as timestamptz) end as event_time
from times
"""


def parse_times(connection: duckdb.DuckDBPyConnection, texts: pa.StringArray) -> pa.Array:
    """Return event times as microseconds in UTC; null where a text is no usable time.

    A text without a zone is UTC. The fast parser takes all or nothing, so one odd text sends
    its batch to DuckDB's.
    """
    times = _any_times(connection, texts)
    usable = pc.and_(pc.greater_equal(times, _FIRST), pc.less(times, _END))
    return times if pc.all(usable).as_py() else pc.if_else(usable, times, pa.scalar(None, _TIME))


def _any_times(connection: duckdb.DuckDBPyConnection, texts: pa.StringArray) -> pa.Array:
    try:
        return pc.cast(texts, _TIME)
    except pa.ArrowInvalid:
        pass
    connection.register("times", pa.table({"eventtime": texts}))
    try:
        column = connection.sql(_PARSE).to_arrow_table().column(0)
    finally:
        connection.unregister("times")
    return column.combine_chunks().cast(_TIME)


def event_dates(times: pa.Array) -> pa.Array:
    """Return the UTC day of each time."""
    return pc.cast(times, pa.date32())


def event_keys(ids: pa.StringArray) -> pa.Int64Array:
    """Return 63 bits of each event id, to find candidates for duplicates by.

    For a UUID its first sixteen hex digits without the last bit, which any engine can
    compute; for other text, and for null, the same of its MD5. Equal ids have equal keys;
    equal keys prove nothing.
    """
    whole = pc.fill_null(ids, "")
    sizes = np.asarray(pc.binary_length(whole))
    keys = np.empty(len(ids), np.int64)
    is_uuid = sizes == 36
    if is_uuid.any():
        chosen = whole if is_uuid.all() else whole.filter(pa.array(is_uuid))
        found, valid = _from_hex(_characters(chosen).reshape(-1, 36))
        keys[is_uuid] = found
        is_uuid[np.flatnonzero(is_uuid)[~valid]] = False
    for n in np.flatnonzero(~is_uuid):
        digest = md5(whole[int(n)].as_py().encode(), usedforsecurity=False).digest()
        keys[n] = int.from_bytes(digest[:8], "big") >> 1
    return pa.array(keys)


def _characters(texts: pa.StringArray) -> npt.NDArray[np.uint8]:
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def _from_hex(
    characters: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    digits = _HEX[characters[:, _DIGITS]]
    valid = (digits != _NO_DIGIT).all(axis=1)
    octets = np.ascontiguousarray((digits[:, ::2] << 4) | (digits[:, 1::2] & 15))
    return (octets.view(">u8")[:, 0] >> np.uint64(1)).astype(np.int64), valid
