"""What a source yields: log objects as Arrow batches, and their stored bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

OBJECTS = pa.schema(
    [
        pa.field("uri", pa.string(), nullable=False),
        pa.field("size", pa.int64()),
        pa.field("modified", pa.timestamp("us", tz="UTC")),
        pa.field("etag", pa.string()),
        pa.field("version", pa.string()),
        pa.field("storage_class", pa.string()),
    ]
)
"""The columns of a listing; everything but the uri is null where the source does not know it."""


@dataclass(frozen=True, slots=True)
class LogObject:
    """One object as a listing names it."""

    uri: str
    size: int | None = None
    modified: datetime | None = None
    etag: str | None = None
    version: str | None = None
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a source are wanted; empty means all.

    start and end are UTC instants, half-open, compared with the day (and where it helps the
    time) in an object's key: an object may hold events from a little before.
    """

    start: datetime | None = None
    end: datetime | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


class Source(Protocol):
    """A place that holds log objects."""

    name: str

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield what is there, in batches of the OBJECTS schema, as the listing goes."""
        ...

    def read(self, item: LogObject) -> bytes:
        """Return the object's stored bytes (still compressed), checked for length.

        Safe to call from several threads at once.

        Raises:
            UnreadableObject: after the source's own retries.
        """
        ...

    def committed(self, items: Sequence[LogObject]) -> None:
        """Hear that everything of these objects is durably in the lake."""
        ...
