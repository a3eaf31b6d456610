"""Write rows to Parquet files of one UTC day each, in the making until a commit takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 20_480
_BUFFERED_ROWS = 20_480

Keys = npt.NDArray[np.int64]

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
        keys: event_key of every row, in the file's order.
        first_time, last_time: the range of event_time, microseconds since 1970 in UTC.
        location: where in the lake it lies, once it has been put there.
    """

    path: Path
    keys: Keys
    first_time: int
    last_time: int
    location: str | None = None


@dataclass(slots=True)
class _OpenFile:
    """One Parquet file being written, and what is buffered for it."""

    path: Path
    writer: pq.ParquetWriter
    waiting: list[pa.Table] = field(default_factory=list)
    waiting_rows: int = 0
    keys: list[Keys] = field(default_factory=list)
    first_time: int = np.iinfo(np.int64).max
    last_time: int = np.iinfo(np.int64).min

    def add(self, rows: pa.Table) -> None:
        self.waiting.append(rows)
        self.waiting_rows += len(rows)
        self.keys.append(column_array(rows, "event_key"))
        times = column_array(rows, "event_time")
        self.first_time = min(self.first_time, int(times.min()))
        self.last_time = max(self.last_time, int(times.max()))

    def flush(self) -> int:
        """Write what is buffered; return how many rows that was."""
        rows = self.waiting_rows
        if rows:
            self.writer.write_table(pa.concat_tables(self.waiting), row_group_size=ROW_GROUP)
            self.waiting, self.waiting_rows = [], 0
        return rows

    def close(self) -> StagedFile:
        self.flush()
        self.writer.close()
        keys = np.concatenate(self.keys)
        return StagedFile(self.path, keys, self.first_time, self.last_time)


class Stage:
    """The files one thread writes for one batch.

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
        self._buffered = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows of any days."""
        days = column_array(rows, "event_date")
        first = int(days[0])
        if (days == first).all():
            self._add_day(first, rows)
        else:
            order = np.argsort(days, kind="stable")
            ordered = rows.take(pa.array(order))
            starts = np.flatnonzero(np.diff(days[order], prepend=days[order[0]] - 1))
            for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
                self._add_day(int(days[order[start]]), ordered.slice(start, end - start))
        if self._buffered > _BUFFERED_ROWS * 3:
            for file in self._open.values():
                self._buffered -= file.flush()

    def finish(self) -> list[StagedFile]:
        """Close all files and return them."""
        files = [file.close() for file in self._open.values()]
        self._open = {}
        return files

    def discard(self) -> None:
        """Close and delete what was written."""
        for file in self._open.values():
            file.writer.close()
            file.path.unlink(missing_ok=True)
        self._open = {}

    def _add_day(self, day: int, rows: pa.Table) -> None:
        if day not in self._open:
            self._open[day] = _open_file(self._folder, self._schema)
        file = self._open[day]
        file.add(rows)
        self._buffered += len(rows)
        if file.waiting_rows >= _BUFFERED_ROWS:
            self._buffered -= file.flush()


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
        write_statistics=[name for name in _STATISTICS if name in schema.names] or True,
        store_schema=False,
    )


def column_array(rows: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """Return a column without nulls as integers: days or microseconds since 1970 for times."""
    column = rows.column(name)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    values: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return values


def split_file(
    file: StagedFile, dirty: npt.NDArray[np.bool_], schema: pa.Schema
) -> tuple[StagedFile | None, Iterator[pa.Table]]:
    """Take rows out of a staged file, leaving the file itself as it is.

    Args:
        file: the file.
        dirty: which of its rows to take out.
        schema: the lake's schema.

    Returns:
        A new file without them (None if nothing is left), and the rows taken out.
    """
    taken = _select(file.path, dirty)
    if dirty.all():
        return None, taken
    kept = _open_file(file.path.parent, schema)
    for rows in _select(file.path, ~dirty):
        kept.add(rows)
        kept.flush()
    return kept.close(), taken


def _select(path: Path, mask: npt.NDArray[np.bool_]) -> Iterator[pa.Table]:
    start = 0
    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(ROW_GROUP):
            part = mask[start : start + len(batch)]
            start += len(batch)
            if part.any():
                yield pa.Table.from_batches([batch]).filter(pa.array(part))
