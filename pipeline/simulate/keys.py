"""The keys of all distinct events, written as they come so that memory does not grow with them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

_SCHEMA = pa.schema([("account_id", pa.string()), ("event_id", pa.string())])
_ROWS = 100_000


class KeyWriter:
    """A Parquet file of account_id and event_id, in the order of the events."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _SCHEMA, compression="zstd")
        self._accounts: list[str] = []
        self._events: list[str] = []

    def add(self, account_id: str, event_id: str) -> None:
        """Add an event's key."""
        self._accounts.append(account_id)
        self._events.append(event_id)
        if len(self._events) >= _ROWS:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = [pa.array(self._accounts, pa.string()), pa.array(self._events, pa.string())]
        if self._events:
            self._writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
        self._accounts.clear()
        self._events.clear()
