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


EVERYTHING = Selection()


class Source(Protocol):
    """A place that holds log objects."""

    @property
    def name(self) -> str:
        """Return what a person would call it: the text it was opened by."""
        ...

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield what is there, in batches of the OBJECTS schema, as the listing goes.

        An empty batch says that more may take a while, or that what there is should not wait
        for it.
        """
        ...

    def read(self, item: LogObject) -> bytes:
        """Return the object's stored bytes (still compressed), checked for length.

        Safe to call from several threads at once.

        Raises:
            UnreadableObject: after the source's own retries.
        """
        ...

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Hear which objects of a page that find() yielded are new to the lake.

        The others are durably in the lake already: read(), and so committed(), will not be
        called for them.
        """
        ...

    def committed(self, items: Sequence[LogObject]) -> None:
        """Hear that everything of these objects is durably in the lake."""
        ...

    def problems(self) -> Sequence[str]:
        """Return what was met besides objects that cannot be read, a sentence each.

        What no later run will bring back by itself belongs here: files left out and why,
        messages that name no object.
        """
        ...
