"""Run an ingest: listing, reading, decoding and committing, each as wide as it is useful.

One thread walks the listing and asks the ledger what is new; readers fetch ahead, bounded by
bytes; decoders take chunks of objects; and when a batch is large or old enough, everything
in flight is awaited and committed at once.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pyarrow as pa

from pipeline.errors import UnreadableObject
from pipeline.ingest.batch import Batch, Fetched, Schemas
from pipeline.ingest.decode import Normaliser
from pipeline.ingest.finish import finish
from pipeline.ingest.inflate import LIMIT_BYTES, text_size
from pipeline.ingest.ledger import SETTLED, Ledger, ObjectResult, start_result
from pipeline.ingest.memory import release_memory
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import follow
from pipeline.lake.schema import CONFLICTS, LOGS, OBJECTS, QUARANTINE
from pipeline.sources.object import LogObject, Source

LISTING_PAGE = 100_000
_READ_AHEAD_BYTES = 32 << 20
_CHUNK_BYTES = 2 << 20
_CHUNK_OBJECTS = 400
_CHUNK_TEXT = 48 << 20
_LARGE_TEXT = 64 << 20
_WAITING_BYTES = 64 << 20
_WAITING_CHUNKS = 3  # a decoder, so that none is idle while the oldest chunk takes long


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How an ingest works.

    Attributes:
        decoders: threads that decode.
        readers: threads that fetch.
        batch_records: records after which a batch is committed.
        batch_seconds: age at which a batch is committed.
        batch_objects: objects after which a batch is committed.
        object_limit: most bytes one object may inflate to.
    """

    decoders: int = field(default_factory=lambda: os.cpu_count() or 2)
    readers: int = 16
    batch_records: int = 500_000
    batch_seconds: float = 60
    batch_objects: int = 20_000
    object_limit: int = LIMIT_BYTES


@dataclass(slots=True)
class Counts:
    """What an ingest has come to so far."""

    objects_found: int = 0
    objects_new: int = 0
    objects_done: int = 0
    objects_failed: int = 0
    objects_taken_by_others: int = 0
    bytes_read: int = 0
    records_read: int = 0
    rows_added: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    not_cloudtrail: int = 0
    batches: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    lookalikes: Counter[str] = field(default_factory=Counter)
    listed_whole: bool = False
    bytes_done: int = 0
    bytes_new: int = 0
    records_decoded: int = 0

    def add(self, results: Sequence[ObjectResult]) -> None:
        """Count the ledger rows of a committed batch."""
        self.batches += 1
        for result in results:
            self.records_read += result.records
            self.rows_added += result.rows_added
            self.duplicates += result.duplicates
            self.conflicts += result.conflicts
            self.quarantined += result.quarantined
            if result.state != "done":
                self.objects_failed += 1
                self.failures[result.state] += 1
            elif result.kind != "cloudtrail":
                self.not_cloudtrail += 1
                self.lookalikes[result.kind] += 1


Report = Callable[[Counts], None]


class Ingest:
    """One run over one source into one lake.

    Args:
        lake: where to.
        source: where from.
        options: how.
        report: called with every chunk of objects, from the thread that runs.
        counts: what to go on counting from.
    """

    def __init__(
        self,
        lake: Lake,
        source: Source,
        options: IngestOptions,
        report: Report,
        counts: Counts | None = None,
    ) -> None:
        self.counts = counts or Counts()
        self._lake = lake
        self._source = source
        self._options = options
        self._report = report
        self._schemas = _schemas(lake)
        # One base for the whole run: pages are compared with the ledger before their batches are
        # opened. In this order, an object of the base snapshot is in the ledger as well.
        self._base = _snapshot_id(lake)
        follow(lake)
        self._ledger = Ledger(lake)
        self._local = threading.local()
        self._large = threading.Lock()
        self._batch = self._open_batch()
        self._decoding: deque[tuple[int, Future[int]]] = deque()
        self._items: list[tuple[LogObject, ObjectResult]] = []
        self._in_flight: set[str] = set()

    def run(self) -> Counts:
        """Take in everything the source has that the lake does not know.

        Raises:
            SourceError: the source cannot be listed.
            LakeError: the lake cannot be committed to.
        """
        decoders = ThreadPoolExecutor(self._options.decoders, "decode")
        readers = ThreadPoolExecutor(self._options.readers, "read")
        try:
            self._warm_up(decoders)
            objects = min(_CHUNK_OBJECTS, self._options.batch_objects)
            for chunk in _chunks(self._fetch(readers), objects):
                self._decode(decoders, chunk)
                if self._is_due():
                    self._commit()
                    self._begin()
            self._commit()
        finally:
            readers.shutdown(wait=False, cancel_futures=True)
            decoders.shutdown(wait=True, cancel_futures=True)
            self._batch.discard()
        return self.counts

    def _warm_up(self, decoders: ThreadPoolExecutor) -> None:
        """Start all decoders now: each prepares its queries while the source is listed.

        Threads that start later share what memory arenas there are; no two decoders do.
        """
        started = threading.Barrier(self._options.decoders)

        def prepare() -> int:
            started.wait()
            self._local.normaliser = Normaliser(self._schemas.facts)
            return 0

        self._decoding += [(0, decoders.submit(prepare)) for _ in range(self._options.decoders)]

    def _new_objects(self) -> Iterator[tuple[LogObject, date | None]]:
        """Walk the listing and yield what the lake does not know, each object once."""
        for page in _pages(self._source.find()):
            self.counts.objects_found += len(page)
            new = self._ledger.unknown(page)
            self._source.compared(page, new)
            for row in new.to_pylist():
                day = row.pop("log_date")
                if row["uri"] in self._in_flight:
                    continue
                self._in_flight.add(row["uri"])
                self.counts.objects_new += 1
                self.counts.bytes_new += row["size"] or 0
                yield LogObject(**row), day
        self.counts.listed_whole = True

    def _fetch(self, readers: ThreadPoolExecutor) -> Iterator[Fetched]:
        """Read ahead, bounded in bytes, and yield in the listing's order."""
        ahead: deque[tuple[int, Future[Fetched]]] = deque()
        held = 0
        for item, day in self._new_objects():
            result = start_result(item, day)
            self._items.append((item, result))
            ahead.append((item.size or 0, readers.submit(self._read, item, result)))
            held += item.size or 0
            while held > _READ_AHEAD_BYTES or len(ahead) > 8 * self._options.readers:
                size, done = ahead.popleft()
                held -= size
                yield done.result()
        for _, done in ahead:
            yield done.result()

    def _read(self, item: LogObject, result: ObjectResult) -> Fetched:
        """Read an object, unless it is longer as it lies there than its text may be."""
        stored: bytes | UnreadableObject
        if (item.size or 0) > self._options.object_limit:
            stored = UnreadableObject(
                item.uri, "too_large", f"{item.size} bytes", "raise ingest.object_limit"
            )
            return Fetched(result, stored, lambda: b"")
        try:
            stored = self._source.read(item)
        except UnreadableObject as unreadable:
            stored = unreadable
        return Fetched(result, stored, lambda: self._source.read(item))

    def _decode(self, decoders: ThreadPoolExecutor, chunk: Sequence[Fetched]) -> None:
        size = sum(map(_stored_bytes, chunk))
        self._decoding.append((size, decoders.submit(self._take, self._batch, chunk)))
        self.counts.bytes_read += size
        self.counts.objects_done += len(chunk)
        while len(self._decoding) > _WAITING_CHUNKS * self._options.decoders or (
            sum(waiting for waiting, _ in self._decoding) > _WAITING_BYTES
        ):
            self._await_one()

    def _await_one(self) -> None:
        self.counts.records_decoded += self._decoding.popleft()[1].result()
        self._report(self.counts)

    def _take(self, batch: Batch, chunk: Sequence[Fetched]) -> int:
        """Take a chunk in, on a decoder's thread; return how many records it held."""
        normaliser = self._local.normaliser
        if sum(map(_text_bytes, chunk)) > _LARGE_TEXT:
            with self._large:
                batch.take(chunk, normaliser)
        else:
            batch.take(chunk, normaliser)
        return sum(item.result.records for item in chunk)

    def _is_due(self) -> bool:
        batch, options = self._batch, self._options
        return (
            len(batch.results) >= options.batch_objects
            or batch.n_rows >= options.batch_records
            or (datetime.now(UTC) - batch.started).total_seconds() >= options.batch_seconds
        )

    def _commit(self) -> None:
        """Await what is being decoded and commit the batch; then open the next."""
        while self._decoding:
            self._await_one()
        batch = self._batch
        if not batch.results:
            return
        n_taken = len(batch.results)
        finish(self._lake, batch)
        self.counts.objects_taken_by_others += n_taken - len(batch.results)
        self.counts.add(batch.results)
        self._hand_back(batch)
        self._report(self.counts)

    def _hand_back(self, batch: Batch) -> None:
        """Tell the source which objects are durably in the lake."""
        taken = [(item, result) for item, result in self._items if result.batch_id]
        self._items = [(item, result) for item, result in self._items if not result.batch_id]
        self._in_flight -= {item.uri for item, _ in taken}
        self._source.committed([item for item, result in taken if result.state in SETTLED])

    def _begin(self) -> None:
        """Open a batch, and let the pages that are still to come see what has been committed."""
        release_memory()
        self._ledger.refresh()
        self._batch = self._open_batch()

    def _open_batch(self) -> Batch:
        return Batch(
            folder=self._lake.storage.workspace(),
            schemas=self._schemas,
            limit=self._options.object_limit,
            base_snapshot=self._base,
        )


def _snapshot_id(lake: Lake) -> int | None:
    current = lake.table(LOGS.name).current_snapshot()
    return current.snapshot_id if current else None


def _schemas(lake: Lake) -> Schemas:
    names = (LOGS.name, OBJECTS.name, QUARANTINE.name, CONFLICTS.name)
    return Schemas(*(file_schema(lake.table(name).schema()) for name in names))


def _pages(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Gather a listing into pages worth a question to the ledger; the first comes early.

    An empty batch ends a page: more may take a while.
    """
    page: list[pa.RecordBatch] = []
    rows, wanted = 0, LISTING_PAGE // 50
    for batch in batches:
        page.append(batch)
        rows += len(batch)
        if rows >= wanted or (rows and not len(batch)):
            yield pa.Table.from_batches(page)
            page, rows, wanted = [], 0, LISTING_PAGE
    if rows:
        yield pa.Table.from_batches(page)


def _chunks(fetched: Iterator[Fetched], objects: int) -> Iterator[list[Fetched]]:
    """Group objects into chunks worth a decoder's call, without holding a large one back."""
    chunk: list[Fetched] = []
    size = text = 0
    for item in fetched:
        chunk.append(item)
        size += _stored_bytes(item)
        text += _text_bytes(item)
        if size >= _CHUNK_BYTES or text >= _CHUNK_TEXT or len(chunk) >= objects:
            yield chunk
            chunk, size, text = [], 0, 0
    if chunk:
        yield chunk


def _stored_bytes(item: Fetched) -> int:
    return len(item.stored) if isinstance(item.stored, bytes) else 0


def _text_bytes(item: Fetched) -> int:
    """Return about how much text an object holds, by what its last gzip member says."""
    return text_size(item.stored) if isinstance(item.stored, bytes) else 0
