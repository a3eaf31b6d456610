"""What a batch quarantines, written to a file as it comes: there may be far more than memory."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.ingest.envelope import Bad

TEXT_LIMIT = 1 << 20
"""Quarantined text above this is not kept: the object and the position say where it is."""

_DRAIN_BYTES = 4 << 20
_ENTRY_BYTES = 1_000  # about what an entry takes besides its text

Noted = tuple[int, Bad]
"""A piece that is no event, and its position in its object."""


@dataclass(slots=True)
class Aside:
    """The quarantined pieces of one batch; several threads add to it.

    Attributes:
        path: the file they are written to; it is there once something was added.
        schema: the lake's.
        batch_id: of the batch.
        started: when it was.
    """

    path: Path
    schema: pa.Schema
    batch_id: str
    started: datetime
    _writer: pq.ParquetWriter | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, uri: str, noted: Sequence[Noted]) -> None:
        """Write pieces of an object."""
        rows = pa.Table.from_pylist(
            [self._entry(uri, position, bad) for position, bad in noted], schema=self.schema
        )
        with self._lock:
            if self._writer is None:
                self._writer = pq.ParquetWriter(
                    self.path, self.schema, compression="zstd", store_schema=False
                )
            self._writer.write_table(rows)

    def close(self) -> None:
        """Finish the file; nothing may be added afterwards."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def tables(self, uris: Collection[str]) -> Iterator[pa.Table]:
        """Read back what belongs to these objects."""
        if not self.path.exists():
            return
        wanted = pa.array(uris, pa.string())
        with pq.ParquetFile(self.path) as parquet:
            for batch in parquet.iter_batches(2_000):
                rows = pa.Table.from_batches([batch])
                rows = rows.filter(pc.is_in(rows.column("uri"), value_set=wanted))
                if len(rows):
                    yield rows.cast(self.schema)

    def discard(self) -> None:
        """Delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _entry(self, uri: str, position: int, bad: Bad) -> dict[str, object]:
        kept = bad.text if len(bad.text) <= TEXT_LIMIT else b""
        text, encoding = _readable(kept)
        return {
            "quarantine_id": uuid4().hex,
            "uri": uri,
            "position": position,
            "reason": bad.reason,
            "detail": bad.detail,
            "text": text if kept or not bad.text else None,
            "encoding": encoding,
            "size_bytes": len(bad.text),
            "state": "open",
            "quarantined_at": self.started,
            "batch_id": self.batch_id,
        }


class Notes(list[Noted]):
    """The bad pieces of one object, handed on whenever they have become large.

    Args:
        aside: where they go.
        uri: the object.
    """

    def __init__(self, aside: Aside, uri: str) -> None:
        super().__init__()
        self._aside = aside
        self._uri = uri
        self._bytes = 0
        self.total = 0

    def append(self, noted: Noted) -> None:
        """Note a piece."""
        super().append(noted)
        self.total += 1
        self._bytes += _ENTRY_BYTES + len(noted[1].text)
        if self._bytes > _DRAIN_BYTES:
            self.drain()

    def drain(self) -> None:
        """Hand on what has been noted."""
        if self:
            self._aside.add(self._uri, self)
        self.clear()
        self._bytes = 0


def _readable(text: bytes) -> tuple[str, str]:
    """Return text as it can be stored, and how: `utf-8`, or `base64` where it is no text."""
    try:
        return text.decode(), "utf-8"
    except UnicodeDecodeError:
        return b64encode(text).decode(), "base64"
