"""One batch: objects read, rows staged, doubles judged, then a single commit of it all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.errors import UnreadableObject
from pipeline.ingest.aside import Aside, Notes
from pipeline.ingest.decode import Document, Normaliser, Part, Tally
from pipeline.ingest.digest import sha256_hex
from pipeline.ingest.envelope import Bad
from pipeline.ingest.inflate import BrokenGzip, Inflated, TooLarge, inflate
from pipeline.ingest.judge import Version
from pipeline.ingest.ledger import ObjectResult
from pipeline.ingest.seen import Seen
from pipeline.ingest.stage import (
    Stage,
    StagedFile,
    column_array,
    new_file,
    open_writer,
)
from pipeline.lake.commit import new_batch_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object's stored bytes, or why there are none."""

    result: ObjectResult
    stored: bytes | UnreadableObject
    reread: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Schemas:
    """The Arrow schemas of the lake's tables, with their Iceberg ids."""

    facts: pa.Schema
    objects: pa.Schema
    quarantine: pa.Schema
    conflicts: pa.Schema


@dataclass(slots=True)
class Batch:
    """Everything between two commits. Several threads take objects in; one finishes it.

    Attributes:
        folder: where files in the making go.
        schemas: of the lake's tables.
        limit: most bytes one object may inflate to.
        base_snapshot: the facts' snapshot when its objects were found to be new.
    """

    folder: Path
    schemas: Schemas
    limit: int
    base_snapshot: int | None
    batch_id: str = field(default_factory=new_batch_id)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    results: list[ObjectResult] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    suspects: list[Path] = field(default_factory=list)
    files: list[StagedFile] = field(default_factory=list)
    n_rows: int = 0
    aside: Aside = field(init=False)
    _stage: Stage = field(init=False)
    _seen: Seen = field(default_factory=Seen)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        path = new_file(self.folder)
        self.aside = Aside(path, self.schemas.quarantine, self.batch_id, self.started)
        self._stage = Stage(self.folder, self.schemas.facts)

    def take(self, fetched: Sequence[Fetched], normaliser: Normaliser) -> None:
        """Take objects in: inflate, decode and stage what is new in this batch."""
        documents: list[Document] = []
        notes: list[Notes] = []
        tallies: list[Tally] = []
        results: list[ObjectResult] = []
        for item in fetched:
            inflated = self._inflate(item)
            results.append(item.result)
            notes.append(Notes(self.aside, item.result.uri))
            tallies.append(Tally(notes[-1]))
            if inflated is None:
                continue
            _describe(item.result, inflated)
            if inflated.rest:
                notes[-1].append((-1, _second_member(inflated.rest)))
            documents.append(Document(len(results) - 1, inflated.text))
        digests = sha256_hex([document.text for document in documents])
        for document, digest in zip(documents, digests, strict=True):
            results[document.number].sha256 = digest
        for part in normaliser.normalise(documents, tallies):
            self._take_part(part, results)
        self._close(results, tallies, notes)

    def finish_stage(self) -> None:
        """Close the files; nothing may be taken in afterwards."""
        self.files += self._stage.finish()
        self.aside.close()
        self._seen = Seen()

    def stage_more(self, rows: pa.Table) -> None:
        """Stage rows that judging found to be new after all."""
        stage = Stage(self.folder, self.schemas.facts)
        stage.add(rows, np.ones(len(rows), np.bool_))
        self.files += stage.finish()

    def discard(self) -> None:
        """Delete what this batch has in the making.

        A file that was put into the lake stays: whether a commit took it cannot be known
        here, and sweeping removes it later if none did.
        """
        self._stage.discard()
        unplaced = [file.path for file in self.files if file.location is None]
        for path in [*self.suspects, *unplaced]:
            path.unlink(missing_ok=True)
        self.aside.discard()

    def add_suspects(self, tables: Iterable[pa.Table]) -> None:
        """Put rows aside whose key is known already, to be judged at the end."""
        path = new_file(self.folder)
        rows = 0
        with open_writer(path, self.schemas.facts) as writer:
            for table in tables:
                writer.write_table(table)
                rows += len(table)
        if rows:
            with self._lock:
                self.suspects.append(path)
        else:
            path.unlink()

    def _inflate(self, item: Fetched) -> Inflated | None:
        """Inflate an object, reading it once more if it is broken; None after noting why not."""
        result, stored = item.result, item.stored
        if isinstance(stored, UnreadableObject):
            _fail(result, stored.reason, str(stored))
            return None
        for last in (False, True):
            try:
                return inflate(stored, single=result.account_id is not None, limit=self.limit)
            except TooLarge:
                what = f"inflates to more than {self.limit} bytes"
                _fail(result, "too_large", f"{what}; raise ingest.object_limit if you trust it")
                return None
            except BrokenGzip as error:
                if last:
                    _fail(result, "broken", str(error))
                    return None
                try:
                    stored = item.reread()
                except UnreadableObject as unreadable:
                    _fail(result, unreadable.reason, str(unreadable))
                    return None
        return None

    def _take_part(self, part: Part, results: Sequence[ObjectResult]) -> None:
        rows = self._with_provenance(part, results)
        keys, hashes = column_array(rows, "event_key"), column_array(rows, "content_hash")
        with self._lock:
            fresh, differing = self._seen.sort_out(keys, hashes)
        _count_part(part, fresh, ~fresh & ~differing, results)
        if fresh.any():
            self._stage.add(rows, fresh)
        if differing.any():
            self.add_suspects([rows.filter(pa.array(differing))])

    def _with_provenance(self, part: Part, results: Sequence[ObjectResult]) -> pa.Table:
        names = pa.array([result.uri for result in results], pa.string())
        size = len(part.numbers)
        rows = part.rows
        for name, column in (
            ("source_object", names.take(pa.array(part.numbers))),
            ("source_position", pa.array(part.positions)),
            (
                "ingested_at",
                pa.repeat(pa.scalar(self.started, pa.timestamp("us", "UTC")), size),
            ),
            ("batch_id", pa.repeat(pa.scalar(self.batch_id), size)),
        ):
            rows = rows.append_column(name, column)
        return rows.select(self.schemas.facts.names)

    def _close(
        self, results: Sequence[ObjectResult], tallies: Sequence[Tally], notes: Sequence[Notes]
    ) -> None:
        """Count what was no event, and hand the results over."""
        for result, tally, noted in zip(results, tallies, notes, strict=True):
            noted.drain()
            result.ingested_at, result.batch_id = self.started, self.batch_id
            result.records += noted.total
            result.quarantined += noted.total
            if not result.records and tally.lookalikes:
                result.kind = tally.lookalikes.most_common(1)[0][0]
        with self._lock:
            self.n_rows += sum(result.records for result in results)
            self.results += results


def _fail(result: ObjectResult, state: str, reason: str) -> None:
    result.state, result.reason = state, reason


def _describe(result: ObjectResult, inflated: Inflated) -> None:
    result.inflated_bytes = len(inflated.text)
    result.members = inflated.members
    if inflated.rest:
        _fail(
            result,
            "tampered",
            f"{len(inflated.rest)} bytes follow the one gzip member that CloudTrail writes",
        )


def _second_member(rest: bytes) -> Bad:
    return Bad("second_gzip_member", "data behind the one member that CloudTrail writes", rest)


def _count_part(
    part: Part,
    fresh: npt.NDArray[np.bool_],
    repeated: npt.NDArray[np.bool_],
    results: Sequence[ObjectResult],
) -> None:
    """Add a part's rows to the counts and time ranges of their objects."""
    times = column_array(part.rows, "event_time")
    size = len(results)
    records = np.bincount(part.numbers, minlength=size)
    added = np.bincount(part.numbers[fresh], minlength=size)
    doubles = np.bincount(part.numbers[repeated], minlength=size)
    first = np.full(size, np.iinfo(np.int64).max)
    last = np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(first, part.numbers, times)
    np.maximum.at(last, part.numbers, times)
    for n in np.flatnonzero(records).tolist():
        result = results[n]
        result.records += int(records[n])
        result.rows_added += int(added[n])
        result.duplicates += int(doubles[n])
        begin, end = _moment(first[n]), _moment(last[n])
        result.first_event_time = min(result.first_event_time or begin, begin)
        result.last_event_time = max(result.last_event_time or end, end)


def _moment(microseconds: np.int64) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))
