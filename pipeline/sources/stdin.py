"""One log object from standard input, known again by its content."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO

import pyarrow as pa

from pipeline.errors import SourceError, UnreadableObject
from pipeline.sources.columns import listing_batch
from pipeline.sources.object import LogObject

LIMIT_BYTES = 2 << 30
_MEMORY_BYTES = 64 << 20
_STEP = 1 << 20


@dataclass(slots=True)
class StdinSource:
    """What is piped in, read once: in memory up to 64 MiB, in a temporary file beyond.

    Its uri is the hash of its bytes, so that the same input is known a second time.

    Attributes:
        path: of a pipe to read in place of standard input.
        stream: what to read in place of both.
    """

    name: str = "-"
    path: str = ""
    stream: IO[bytes] | None = None
    limit: int = LIMIT_BYTES
    _spool: SpooledTemporaryFile[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self) -> Iterator[pa.RecordBatch]:
        """Read all of it, and yield the one object it is; nothing at all is no object.

        Raises:
            SourceError: it is a terminal, or more than the limit.
        """
        if self.path:
            with open(self.path, "rb") as pipe:
                yield from self._take(pipe)
        else:
            yield from self._take(self.stream or sys.stdin.buffer)

    def _take(self, stream: IO[bytes]) -> Iterator[pa.RecordBatch]:
        if stream.isatty():
            raise SourceError("standard input is a terminal", "pipe logs in, or name a source")
        spool = SpooledTemporaryFile[bytes](_MEMORY_BYTES)
        digest, size = sha256(), 0
        while piece := stream.read(_STEP):
            size += len(piece)
            if size > self.limit:
                spool.close()
                raise SourceError(
                    f"{self.name}: more than {self.limit} bytes",
                    "store it as files and ingest their folder",
                )
            digest.update(piece)
            spool.write(piece)
        if not size:
            spool.close()
            return
        self._spool = spool
        yield listing_batch([f"stdin:{digest.hexdigest()}"], [size], [None])

    def read(self, item: LogObject) -> bytes:
        """Return what was read."""
        if self._spool is None:
            raise UnreadableObject(item.uri, "missing", "standard input was not read", "run again")
        with self._lock:
            self._spool.seek(0)
            return self._spool.read()

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Let go of what was read if the lake knows it."""
        if not len(new):
            self._close()

    def committed(self, items: Sequence[LogObject]) -> None:
        """Let go of what was read: it is one object, and its batch is done."""
        self._close()

    def problems(self) -> list[str]:
        """Return nothing: there is one object, and it can be read."""
        return []

    def _close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
