"""Status: counts come from metadata, failures come with what to do, and nothing is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.commit import append_facts, follower_file, new_batch_id
from pipeline.steps.status import read_status
from tests.lakerows import at, commit_rows, event, write_rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return open_lake(str(tmp_path / "lake"), create=True)


def _object(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "uri": f"s3://b/{number}",
        "kind": "cloudtrail",
        "state": "done",
        "account_id": "1" * 12,
        "region": "eu-west-1",
        "size_bytes": 100,
        "ingested_at": at(1),
        "batch_id": "a",
        **columns,
    }


def test_an_empty_lake_has_a_status(lake: Lake) -> None:
    """Nothing is there, and that is said without an error."""
    status = read_status(lake)
    assert (status.n_events, status.n_files, status.n_snapshots) == (0, 0, 0)
    assert (status.first_event_time, status.committed_at, status.snapshot_id) == (
        None,
        None,
        None,
    )
    assert status.failures == ()
    assert status.quarantine == ()
    assert status.n_stored_bytes


def test_events_and_their_range_come_from_metadata(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are counted without opening a file of facts."""
    commit_rows(lake, [event(at(0, 5)), event(at(0, 9))], [event(at(3, 7))])
    commit_rows(lake, [event(at(0, 11))])
    for path in Path(lake.location, "tables/cloudtrail_logs/data").iterdir():
        path.write_bytes(b"not to be read")
    monkeypatch.setattr(pq, "read_table", None)
    status = read_status(lake)
    assert status.n_events == 4
    assert (status.first_event_time, status.last_event_time) == (at(0, 5), at(3, 7))
    assert (status.n_files, status.n_days, status.n_small_files) == (3, 2, 2)
    assert status.n_snapshots == 2
    snapshot = lake.table("cloudtrail_logs").current_snapshot()
    assert snapshot is not None
    assert status.snapshot_id == snapshot.snapshot_id
    assert status.oldest_snapshot_at is not None
    assert status.committed_at is not None
    assert status.oldest_snapshot_at <= status.committed_at


def test_failures_are_the_newest_readings_and_say_what_to_do(lake: Lake) -> None:
    """An object that was read in the end is no failure; the others are told by state."""
    objects = [
        _object(1, state="denied", ingested_at=at(0)),
        _object(1),
        _object(2, state="archived", reason="GLACIER"),
        _object(3, state="archived", reason="DEEP_ARCHIVE", ingested_at=at(2)),
        _object(4, state="kms_denied", size_bytes=None),
        _object(5, state="odd"),
        _object(6, kind="digest", account_id="2" * 12),
    ]
    commit_rows(lake, [event(at(0))], ingest_objects=objects)
    status = read_status(lake)
    found = {failure.state: failure for failure in status.failures}
    assert set(found) == {"archived", "kms_denied", "odd"}
    assert (found["archived"].n_objects, found["archived"].n_bytes) == (2, 200)
    assert found["archived"].example_uri == "s3://b/3"
    assert found["archived"].example_reason == "DEEP_ARCHIVE"
    assert "restore" in found["archived"].next_step
    assert "kms:Decrypt" in found["kms_denied"].next_step
    assert "trailhouse ingest" in found["odd"].next_step
    assert (status.n_objects, status.n_digests) == (6, 1)
    assert (status.n_accounts, status.n_regions) == (2, 1)


def test_quarantine_and_conflicts_are_counted(lake: Lake) -> None:
    """Quarantine by reason, a record by its newest state; conflicts by event and by version."""
    quarantine = [
        {"quarantine_id": "a", "reason": "no time", "state": "open", "size_bytes": 5,
         "quarantined_at": at(0)},
        {"quarantine_id": "b", "reason": "no time", "state": "open", "size_bytes": 7,
         "quarantined_at": at(1)},
        {"quarantine_id": "c", "reason": "no JSON", "state": "open", "quarantined_at": at(0)},
        {"quarantine_id": "c", "reason": "no JSON", "state": "retried", "quarantined_at": at(1)},
    ]  # fmt: skip
    conflicts = [{"account_id": "1", "event_id": "x", "record_hash": h} for h in ("p", "q", "q")]
    commit_rows(lake, [event(at(0))], ingest_quarantine=quarantine, ingest_conflicts=conflicts)
    status = read_status(lake)
    assert [(q.reason, q.state, q.n_records, q.n_bytes) for q in status.quarantine] == [
        ("no time", "open", 2, 12),
        ("no JSON", "retried", 1, 0),
    ]
    assert (status.n_conflicts, status.n_conflict_versions) == (1, 2)


def test_what_followers_have_not_taken_in_is_told(lake: Lake) -> None:
    """A crash between the two commits shows as a commit that waits."""
    batch = new_batch_id()
    write_rows(lake, "ingest_objects", [_object(1)], follower_file("ingest_objects", batch))
    facts = write_rows(lake, "cloudtrail_logs", [event(at(0))], "tables/cloudtrail_logs/data/a")
    append_facts(lake.table("cloudtrail_logs"), [facts], batch, ["ingest_objects"])
    assert read_status(lake).waiting == {
        "ingest_objects": 1,
        "ingest_quarantine": 0,
        "ingest_conflicts": 0,
    }


def test_a_large_storage_is_listed_only_when_asked(lake: Lake) -> None:
    """Beyond a number of files the bytes of all of them are not told, unless they have to be."""
    commit_rows(lake, [event(at(0))])
    assert read_status(lake, most_listed=3).n_stored_bytes is None
    assert read_status(lake, most_listed=None).n_stored_bytes == read_status(lake).n_stored_bytes
