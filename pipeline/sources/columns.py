"""A listing in the making: columns that fill up and become Arrow batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pipeline.sources.object import OBJECTS

BATCH_ROWS = 10_000


@dataclass(slots=True)
class Columns:
    """The columns of a listing, without a Python object per row.

    Attributes:
        modified: microseconds since 1970, UTC.
    """

    uri: list[str] = field(default_factory=list)
    size: list[int | None] = field(default_factory=list)
    modified: list[int | None] = field(default_factory=list)

    def add(self, uri: str, size: int | None, modified: int | None) -> bool:
        """Add a row; tell whether there are enough for a batch."""
        self.uri.append(uri)
        self.size.append(size)
        self.modified.append(modified)
        return len(self.uri) >= BATCH_ROWS

    def take(self) -> pa.RecordBatch:
        """Return the rows as a batch and begin anew."""
        batch = listing_batch(self.uri, self.size, self.modified)
        self.uri, self.size, self.modified = [], [], []
        return batch


def listing_batch(
    uri: Sequence[str],
    size: Sequence[int | None],
    modified: Sequence[int | None] | pa.Array,
    etag: Sequence[str | None] | None = None,
    storage_class: Sequence[str | None] | None = None,
) -> pa.RecordBatch:
    """Return columns as a batch of a listing; what is not given is unknown.

    Args:
        modified: microseconds since 1970, or Arrow timestamps.
    """
    rows = len(uri)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(uri, pa.string()),
            pa.array(size, pa.int64()),
            modified if isinstance(modified, pa.Array) else _moments(modified),
            pa.nulls(rows, pa.string()) if etag is None else pa.array(etag, pa.string()),
            pa.nulls(rows, pa.string()),
            (
                pa.nulls(rows, pa.string())
                if storage_class is None
                else pa.array(storage_class, pa.string())
            ),
        ],
        schema=OBJECTS,
    )


def _moments(microseconds: Sequence[int | None]) -> pa.Array:
    return pa.array(microseconds, pa.int64()).cast(pa.timestamp("us", "UTC"))
