"""Write rows to Parquet files of one UTC day each, in the making until a commit takes them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ingest.seen import Integers

ROW_GROUP = 20_480
_WAITING_ROWS = 40_960
_FEW_CHANGES = 50  # of the day from row to row: below, slices cost less than sorting

_ALWAYS_NEW = {
    "eventid",
    "requestid",
    "sharedeventid",
    "requestparameters",
    "responseelements",
    "additionaleventdata",
    "record_hash",
    "event_key",
    "content_hash",
}
"""Columns whose values hardly repeat: a dictionary of them would be built only to be given up."""

_STATISTICS = [
    "event_time",
    "event_date",
    "event_key",
    "eventtime",
    "eventname",
    "eventsource",
    "awsregion",
    "recipientaccountid",
    "sourceipaddress",
    "errorcode",
]


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A finished Parquet file that no snapshot names yet.

    Attributes:
        path: where it is in the making.
        keys, hashes: event_key and content_hash of every row, in the file's order.
        first_time, last_time: the range of event_time, microseconds since 1970 in UTC.
        location: where in the lake it lies, once it has been put there.
    """

    path: Path
    keys: Integers
    hashes: Integers
    first_time: int
    last_time: int
    location: str | None = None


@dataclass(slots=True)
class _OpenFile:
    """One Parquet file being written, and what waits to be written to it.

    Whoever writes holds `writing`; what waits changes only under the stage's own lock.
    """

    path: Path
    writer: pq.ParquetWriter
    writing: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[pa.Table] = field(default_factory=list)
    waiting_rows: int = 0
    keys: list[Integers] = field(default_factory=list)
    hashes: list[Integers] = field(default_factory=list)
    first_time: int = np.iinfo(np.int64).max
    last_time: int = np.iinfo(np.int64).min

    def add(self, rows: pa.Table) -> None:
        self.waiting.append(rows)
        self.waiting_rows += len(rows)
        self.keys.append(column_array(rows, "event_key"))
        self.hashes.append(column_array(rows, "content_hash"))
        times = column_array(rows, "event_time")
        self.first_time = min(self.first_time, int(times.min()))
        self.last_time = max(self.last_time, int(times.max()))

    def hand_out(self) -> list[pa.Table]:
        """Return what waits; it waits no longer."""
        waiting, self.waiting, self.waiting_rows = self.waiting, [], 0
        return waiting

    def write(self, tables: Sequence[pa.Table]) -> None:
        if tables:
            self.writer.write_table(pa.concat_tables(tables), row_group_size=ROW_GROUP)

    def close(self) -> StagedFile:
        self.write(self.hand_out())
        self.writer.close()
        keys, hashes = np.concatenate(self.keys), np.concatenate(self.hashes)
        return StagedFile(self.path, keys, hashes, self.first_time, self.last_time)


class Stage:
    """The files of one batch, which several threads fill.

    Rows of a day go to that day's file: a file that crossed days could not be committed, and
    a day in a file of its own is what lets queries skip it.

    Args:
        folder: where files in the making go.
        schema: the lake's schema with its ids.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._open: dict[int, _OpenFile] = {}
        self._waiting_rows = 0
        self._lock = threading.Lock()

    def add(self, rows: pa.Table, wanted: npt.NDArray[np.bool_]) -> None:
        """Take the wanted of these rows, which may be of any days."""
        for day, part in _by_day(rows, wanted):
            with self._lock:
                file = self._add_day(day, part)
            if file:
                self._write(file)
        while file := self._fullest():
            self._write(file)

    def finish(self) -> list[StagedFile]:
        """Close all files and return them; nothing may be added afterwards."""
        files, self._open = list(self._open.values()), {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(_OpenFile.close, files))

    def discard(self) -> None:
        """Close and delete what was written."""
        for file in self._open.values():
            file.writer.close()
            file.path.unlink(missing_ok=True)
        self._open = {}

    def _add_day(self, day: int, rows: pa.Table) -> _OpenFile | None:
        """Have rows wait for their day's file; return it if enough wait to be written."""
        file = self._open.get(day)
        if file is None:
            file = self._open[day] = _open_file(self._folder, self._schema)
        file.add(rows)
        self._waiting_rows += len(rows)
        return file if file.waiting_rows >= ROW_GROUP else None

    def _fullest(self) -> _OpenFile | None:
        """Return the file for which most rows wait, if too many wait for all of them."""
        with self._lock:
            if self._waiting_rows <= _WAITING_ROWS:
                return None
            return max(self._open.values(), key=lambda file: file.waiting_rows)

    def _write(self, file: _OpenFile) -> None:
        """Write what waits for a file, in the order in which it came."""
        with file.writing:
            with self._lock:
                self._waiting_rows -= file.waiting_rows
                tables = file.hand_out()
            file.write(tables)


def _by_day(rows: pa.Table, wanted: npt.NDArray[np.bool_]) -> Iterator[tuple[int, pa.Table]]:
    """Yield the wanted of some rows by the day they are of, in days since 1970.

    Copying rows costs about as much as writing them, so it is done at most once: a day's
    rows are picked out where they are scattered, and sliced where they are together.
    """
    places = np.flatnonzero(wanted)
    days = column_array(rows, "event_date")[places]
    is_scattered = np.count_nonzero(np.diff(days)) > _FEW_CHANGES
    if is_scattered:
        order = np.argsort(days, kind="stable")
        days, places = days[order], places[order]
    for start, end in pairwise([0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]):
        here = places[start:end]
        if is_scattered or here[-1] - here[0] >= len(here) or 2 * len(here) < len(rows):
            yield int(days[start]), rows.take(pa.array(here))
        else:
            yield int(days[start]), rows.slice(int(here[0]), len(here))


def _open_file(folder: Path, schema: pa.Schema) -> _OpenFile:
    path = new_file(folder)
    return _OpenFile(path, open_writer(path, schema))


def new_file(folder: Path) -> Path:
    """Return a fresh name for a Parquet file in the making."""
    return folder / f"{uuid4().hex}.parquet"


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet file with the lake's ids, to be compressed again by compaction later."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in _leaves(schema) if name not in _ALWAYS_NEW],
        write_statistics=[name for name in _STATISTICS if name in schema.names] or True,
        store_schema=False,
    )


def _leaves(fields: Iterable[pa.Field], inside: str = "") -> Iterator[str]:
    """Yield the paths of the columns that Parquet makes of these fields."""
    for column in fields:
        name = f"{inside}{column.name}"
        if pa.types.is_struct(column.type):
            yield from _leaves(column.type, f"{name}.")
        elif pa.types.is_list(column.type):
            yield from _leaves(column.type.value_type, f"{name}.list.element.")
        elif pa.types.is_map(column.type):
            yield from (f"{name}.key_value.key", f"{name}.key_value.value")
        else:
            yield name


def column_array(rows: pa.Table, name: str) -> Integers:
    """Return a column without nulls as integers: days or microseconds since 1970 for times."""
    column = rows.column(name)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    values: Integers = column.cast(pa.int64()).to_numpy()
    return values


def without(file: StagedFile, dirty: npt.NDArray[np.bool_], schema: pa.Schema) -> StagedFile | None:
    """Write a staged file anew without some of its rows; None if nothing is left."""
    if dirty.all():
        return None
    kept = _open_file(file.path.parent, schema)
    for rows in select_rows(file.path, ~dirty):
        kept.add(rows)
        kept.write(kept.hand_out())
    return kept.close()


def select_rows(
    path: Path, mask: npt.NDArray[np.bool_], columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Yield the rows of a file that a mask names, of some columns or of all."""
    start = 0
    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(ROW_GROUP, columns=columns):
            part = mask[start : start + len(batch)]
            start += len(batch)
            if part.any():
                yield pa.Table.from_batches([batch]).filter(pa.array(part))
