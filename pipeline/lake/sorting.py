"""Sort more rows than memory holds: sorted runs on disk, merged a chunk at a time.

Wide nested rows are what DuckDB's own sort runs out of memory on (600,000 events in 400 MB).
Here only the sort keys are in memory as a whole. Since every run is sorted the same way, a
chunk of the result is one slice of every run, so a merge is a few slices and a small sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

RUN_ROWS = 32_768
_BATCH_ROWS = 2_048


class Sorter:
    """Rows waiting to be read back in order.

    Args:
        folder: where runs are kept; its owner removes it.
        keys: columns to sort by, all ascending, nulls last.
    """

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        self._folder = folder
        self._keys = list(keys)
        self._order = [(key, "ascending") for key in keys]
        self._runs: list[_Run] = []
        self._known: list[pa.Table] = []

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take rows, a run at a time."""
        waiting: list[pa.RecordBatch] = []
        n_waiting = 0
        for batch in batches:
            waiting.append(batch)
            n_waiting += len(batch)
            if n_waiting >= RUN_ROWS:
                self._add_run(pa.Table.from_batches(waiting))
                waiting, n_waiting = [], 0
        if n_waiting:
            self._add_run(pa.Table.from_batches(waiting))

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        """Yield all rows in order, so many at a time."""
        if not self._known:
            return
        of_run = self._merged()
        for start in range(0, len(of_run), rows):
            counts = np.bincount(of_run[start : start + rows], minlength=len(self._runs))
            parts = [run.take(int(n)) for run, n in zip(self._runs, counts, strict=True) if n]
            yield pa.concat_tables(parts).sort_by(self._order)

    def _add_run(self, rows: pa.Table) -> None:
        ordered = rows.sort_by(self._order)
        number = pa.repeat(pa.scalar(len(self._runs), pa.int32()), len(rows))
        self._known.append(ordered.select(self._keys).append_column("run_number", number))
        self._runs.append(_Run(self._folder / f"{len(self._runs)}.arrow", ordered))

    def _merged(self) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """Return which run each row of the result comes from."""
        keys = pa.concat_tables(self._known)
        self._known = []
        order = pc.sort_indices(keys, sort_keys=self._order)
        return np.asarray(keys.column("run_number").take(order).to_numpy())


class _Run:
    """One sorted run on disk, read once from its beginning to its end."""

    def __init__(self, path: Path, rows: pa.Table) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(path, rows.schema, options=options) as writer:
            writer.write_table(rows, max_chunksize=_BATCH_ROWS)
        self._path = path
        self._next = 0
        self._rest: pa.Table | None = None

    def take(self, rows: int) -> pa.Table:
        """Return the next so many rows."""
        parts = [self._rest] if self._rest is not None else []
        held = sum(map(len, parts))
        with pa.memory_map(str(self._path)) as source:
            reader = pa.ipc.open_file(source)
            while held < rows:
                parts.append(pa.Table.from_batches([reader.get_batch(self._next)]))
                held += len(parts[-1])
                self._next += 1
        found = pa.concat_tables(parts)
        self._rest = found.slice(rows) if held > rows else None
        return found.slice(0, rows)
