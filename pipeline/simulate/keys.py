"""Rows of the truth, written as they come so that memory does not grow with the events."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

KEYS = pa.schema([("account_id", pa.string()), ("event_id", pa.string())])
"""The keys of all distinct events."""

_ROWS = 100_000


class RowWriter:
    """A Parquet file of a schema's columns, in the order the rows are added."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._columns: list[list[object]] = [[] for _ in schema]

    def add(self, *values: object) -> None:
        """Add a row."""
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        if len(self._columns[0]) >= _ROWS:
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
        if not self._columns[0]:
            return
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(self._columns, self._schema, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        for column in self._columns:
            column.clear()
