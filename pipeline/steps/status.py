"""Tell how a lake is: what it holds, what could not be read, what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
from pyiceberg.table.snapshots import Snapshot as TableSnapshot

from pipeline.ask.condition import low
from pipeline.ask.files import TableFiles
from pipeline.ask.session import Snapshot, open_session
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import BATCH, FOLLOWERS, behind
from pipeline.lake.schema import LOGS
from pipeline.queryfile import read_query

SMALL_FILE_BYTES = 16 * 2**20
"""Below this a file is small where its day has others."""

MOST_LISTED = 20_000
"""Files of the lake's storage that are listed to add up their bytes; twenty pages of a bucket."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SNAPSHOTS = pa.schema(
    {
        "snapshot_id": pa.int64(),
        "committed_at": pa.timestamp("us", "UTC"),
        "kind": pa.string(),
        "rows_added": pa.int64(),
        "rows_removed": pa.int64(),
    }
)
_KINDS = {"compact": "compaction", "retain": "retention", "settle": "settling"}
"""What a snapshot is by its batch; any other batch is the id of an ingest's."""

_AGAIN = "run again: trailhouse ingest SOURCE"
_NEXT_STEPS: Mapping[str, str] = {
    "archived": "restore them (aws s3api restore-object), then run: trailhouse ingest SOURCE",
    "denied": "allow s3:GetObject on them, then run: trailhouse ingest SOURCE",
    "kms_denied": "allow kms:Decrypt on the bucket's key, then run: trailhouse ingest SOURCE",
    "missing": "they were listed and gone when read; look for who deletes from the bucket",
    "broken": f"{_AGAIN}; if it stays so, the stored object itself is damaged",
    "too_large": "raise ingest.object_limit if you trust them, or look at what they hold",
    "tampered": "keep them as evidence: what follows the log's one gzip member was not read",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Objects whose newest reading did not end well.

    Attributes:
        state: one word for what is wrong.
        next_step: what makes them readable.
        example_reason: what was said of the example.
    """

    state: str
    kind: str
    n_objects: int
    n_bytes: int
    last_tried_at: datetime | None
    example_uri: str
    example_reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Records that could not become events, for one reason."""

    reason: str
    state: str
    n_records: int
    n_bytes: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """How a lake is.

    Attributes:
        n_events: events, from the files' own counts.
        n_bytes: bytes of the files of the newest snapshots.
        n_stored_bytes: bytes of everything in the lake's storage; older snapshots, metadata
            and files waiting to be removed are in it. None: too many files to list unasked.
        n_files: data files of the newest snapshot of the facts.
        n_small_files: of those, files under 16 MiB in a day that has several.
        n_snapshots: snapshots of the facts that can still be asked.
        n_accounts, n_regions: accounts and regions in the names of the objects read.
        waiting: for each table that follows the facts, commits it has not taken in yet.
    """

    location: str
    n_events: int
    first_event_time: datetime | None
    last_event_time: datetime | None
    n_bytes: int
    n_stored_bytes: int | None
    n_files: int
    n_days: int
    n_small_files: int
    n_snapshots: int
    snapshot_id: int | None
    oldest_snapshot_at: datetime | None
    committed_at: datetime | None
    n_objects: int
    n_digests: int
    n_accounts: int
    n_regions: int
    failures: tuple[Failure, ...]
    quarantine: tuple[Quarantined, ...]
    n_conflicts: int
    n_conflict_versions: int
    waiting: Mapping[str, int]


def read_status(lake: Lake, most_listed: int | None = MOST_LISTED) -> Status:
    """Tell how a lake is; what it costs follows the number of files, not of events.

    Args:
        lake: the lake.
        most_listed: with more files than this in its storage, n_stored_bytes is not told;
            None: told, however long the listing takes.
    """
    with open_session(lake) as session:
        snapshot = session.snapshot()
        facts = snapshot.files(LOGS.name)
        everything = [snapshot.files(name) for name in snapshot.view.tables]
        (known,) = _ask(snapshot, "lake/objects_known")
        (conflicts,) = _ask(snapshot, "lake/conflicts_counted")
        failures = _ask(snapshot, "lake/objects_failed")
        quarantine = _ask(snapshot, "lake/quarantine_reasons")
    snapshots = facts.view.table.metadata.snapshots
    newest = facts.view.table.current_snapshot()
    first, last = facts.time_range("event_time")
    days = _days(facts)
    return Status(
        location=lake.location,
        n_events=sum(file.record_count for file in facts.files),
        first_event_time=first,
        last_event_time=last,
        n_bytes=sum(file.file_size_in_bytes for table in everything for file in table.files),
        n_stored_bytes=_count_stored(lake, most_listed),
        n_files=len(facts.files),
        n_days=len(set(days)),
        n_small_files=_count_small(facts, days),
        n_snapshots=len(snapshots),
        snapshot_id=newest.snapshot_id if newest else None,
        oldest_snapshot_at=min(map(_moment, snapshots), default=None),
        committed_at=_moment(newest) if newest else None,
        **known,
        failures=tuple(
            Failure(**_filled(row), next_step=next_step(row["state"])) for row in failures
        ),
        quarantine=tuple(Quarantined(**_filled(row)) for row in quarantine),
        n_conflicts=conflicts["n_events"],
        n_conflict_versions=conflicts["n_versions"],
        waiting={
            name: len(behind(facts.view.table, snapshot.view.tables[name].table))
            for name in FOLLOWERS
        },
    )


def list_snapshots(lake: Lake) -> pa.Table:
    """Return the snapshots of the facts that can still be asked, newest first."""
    snapshots = lake.table(LOGS.name).metadata.snapshots
    rows = [
        _told(snapshot)
        for snapshot in sorted(snapshots, key=lambda s: s.sequence_number or 0, reverse=True)
    ]
    return pa.Table.from_pylist(rows, schema=_SNAPSHOTS)


def _told(snapshot: TableSnapshot) -> dict[str, Any]:
    """Return a snapshot as a row: what it was is in its summary."""
    summary = snapshot.summary
    said = summary.additional_properties if summary else {}
    batch = said.get(BATCH)
    operation = summary.operation.value if summary else ""
    return {
        "snapshot_id": snapshot.snapshot_id,
        "committed_at": _moment(snapshot),
        "kind": _KINDS.get(batch, "ingest") if batch else operation,
        "rows_added": int(said.get("added-records", 0)),
        "rows_removed": int(said.get("deleted-records", 0)),
    }


def next_step(state: str) -> str:
    """Return what makes objects readable that failed with a state."""
    return _NEXT_STEPS.get(state, _AGAIN)


def _ask(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    with snapshot.sql(read_query(name).sql) as answer:
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]


def _count_stored(lake: Lake, most: int | None) -> int | None:
    """Add up the storage's files, or give up where there are more than `most`."""
    listed = lake.storage.list("")
    sizes = [size for _, _, size in islice(listed, None if most is None else most + 1)]
    return sum(sizes) if most is None or len(sizes) <= most else None


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with text for missing text, and a whole number for a sum."""
    texts = {name: row[name] or "" for name in row if name.startswith(("example_", "reason"))}
    return {**row, **texts, "n_bytes": int(row["n_bytes"] or 0)}


def _moment(snapshot: TableSnapshot) -> datetime:
    return _EPOCH + timedelta(milliseconds=snapshot.timestamp_ms)


def _days(facts: TableFiles) -> list[date | None]:
    if "event_date" not in facts.columns:
        return [None for _ in facts.files]
    days: list[date | None] = facts.bounds[low("event_date")].to_pylist()
    return days


def _count_small(facts: TableFiles, days: Sequence[date | None]) -> int:
    of_day = Counter(days)
    return sum(
        file.file_size_in_bytes < SMALL_FILE_BYTES and of_day[day] > 1
        for file, day in zip(facts.files, days, strict=True)
    )
