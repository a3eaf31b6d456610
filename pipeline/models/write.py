"""Write rows as they come into files of one day each, sorted in pieces, in bounded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP = 65_536
_HELD_BYTES = 64 << 20
_LEVEL = 3


class DayWriter:
    """Files in the making, one of each day that has rows.

    Args:
        folder: where they are made.
        schema: their columns, with the table's ids.
        day: the column that divides the rows; empty: all go to one file.
        order: columns to sort by.
    """

    def __init__(self, folder: Path, schema: pa.Schema, day: str, order: Sequence[str]) -> None:
        self._folder = folder
        self._schema = schema
        self._day = day
        self._order = [(name, "ascending") for name in order]
        self._held: dict[date | None, list[pa.Table]] = defaultdict(list)
        self._n_held = 0
        self._open: dict[date | None, tuple[Path, pq.ParquetWriter]] = {}
        self.n_rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows of any days.

        A day that is null is a day of its own; it is for a check to refuse it.
        """
        rows = pa.Table.from_batches([batch]).cast(self._schema)
        self.n_rows += len(rows)
        for day, part in self._by_day(rows):
            self._held[day].append(part)
        self._n_held += rows.nbytes
        if self._n_held > _HELD_BYTES:
            self._flush()

    def close(self) -> dict[date | None, Path]:
        """Finish all files and return them by day."""
        self._flush()
        files = {day: path for day, (path, _) in self._open.items()}
        for _, writer in self._open.values():
            writer.close()
        self._open = {}
        return files

    def _by_day(self, rows: pa.Table) -> Iterator[tuple[date | None, pa.Table]]:
        if not len(rows):
            return
        if not self._day:
            yield None, rows
            return
        rows = rows.sort_by(self._day)
        days = rows.column(self._day)
        numbers = pc.fill_null(days.cast(pa.int32()), np.iinfo(np.int32).max).to_numpy()
        cuts = (np.flatnonzero(np.diff(numbers)) + 1).tolist()
        for start, end in pairwise([0, *cuts, len(rows)]):
            yield days[start].as_py(), rows.slice(start, end - start)

    def _flush(self) -> None:
        for day, tables in self._held.items():
            if day not in self._open:
                path = self._folder / f"{uuid4().hex}.parquet"
                self._open[day] = (path, self._writer(path))
            rows = pa.concat_tables(tables)
            if self._order:
                rows = rows.sort_by(self._order)
            self._open[day][1].write_table(rows, row_group_size=ROW_GROUP)
        self._held.clear()
        self._n_held = 0

    def _writer(self, path: Path) -> pq.ParquetWriter:
        times = [f.name for f in self._schema if pa.types.is_temporal(f.type)]
        return pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            write_statistics=[*times, *(name for name, _ in self._order if name not in times)]
            or True,
            store_schema=False,
        )
