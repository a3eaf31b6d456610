"""Snapshots: which stay to look back at, and which never go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.table.snapshots import Operation, Snapshot, Summary

from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_facts, follow, follower_file, new_batch_id
from pipeline.lake.expire import ExpireRule, expire, expired, tidy
from pipeline.lake.schema import LOGS, OBJECTS
from tests.lake.filling import contents, fill
from tests.lakerows import at, event, write_rows

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
NONE = ExpireRule(keep_last=1, expire_after=timedelta(0))


def _snapshots(*ages: timedelta) -> list[Snapshot]:
    """Return snapshots of these ages, the first the oldest; ids from 1."""
    return [
        Snapshot(
            snapshot_id=number,
            sequence_number=number,
            timestamp_ms=int((NOW - age).timestamp() * 1000),
            manifest_list="",
            summary=Summary(Operation.APPEND),
        )
        for number, age in enumerate(ages, 1)
    ]


def _kept(
    snapshots: list[Snapshot], rule: ExpireRule, protected: tuple[int, ...] = ()
) -> list[int]:
    gone = {s.snapshot_id for s in expired(snapshots, rule, NOW, protected)}
    return [s.snapshot_id for s in snapshots if s.snapshot_id not in gone]


def test_the_newest_stay() -> None:
    """Of commits every second the newest stay, and the last one of the hour before."""
    ages = [timedelta(hours=1, seconds=n) for n in range(5, 0, -1)]
    ages += [timedelta(seconds=n) for n in range(200, 0, -1)]
    assert _kept(_snapshots(*ages), ExpireRule(keep_last=100)) == [5, *range(106, 206)]


def test_older_ones_thin_out_to_hours_and_days() -> None:
    """Older ones thin out to the last of each hour, and beyond two days to the last of each day."""
    ages = [timedelta(minutes=n * 15) for n in range(4 * 24 * 5, 0, -1)]
    snapshots = _snapshots(*ages)
    kept = _kept(snapshots, ExpireRule(keep_last=4))
    moments = [datetime.fromtimestamp(snapshots[n - 1].timestamp_ms / 1000, UTC) for n in kept]
    old = [moment for moment in moments if NOW - moment > timedelta(hours=48)]
    assert [f"{moment:%d %H:%M}" for moment in old] == ["19 23:45", "20 23:45", "21 23:45"]
    young = [moment for moment in moments if NOW - moment <= timedelta(hours=48)]
    assert len(young) == pytest.approx(48 + 4, abs=2)


def test_past_an_age_only_the_current_one_stays() -> None:
    """However few there are, none is older than the age but the current one."""
    ages = [timedelta(days=n) for n in (40, 35, 31)]
    assert _kept(_snapshots(*ages), ExpireRule()) == [3]
    assert _kept(_snapshots(*ages), ExpireRule(expire_after=None)) == [1, 2, 3]


def test_a_year_of_commits_leaves_few() -> None:
    """A commit every hour for a year leaves at most 180 snapshots."""
    ages = [timedelta(hours=n) for n in range(24 * 365, 0, -1)]
    assert len(_kept(_snapshots(*ages), ExpireRule())) <= 180


def test_protected_ones_stay() -> None:
    """What is protected stays whatever its age."""
    ages = [timedelta(days=n) for n in (400, 35, 31)]
    assert _kept(_snapshots(*ages), ExpireRule(), (1,)) == [1, 3]


def test_expiry_leaves_the_rows(lake: Lake) -> None:
    """After expiry the newest snapshot of each table is alone, with every row."""
    fill(lake, 5)
    before = contents(lake), contents(lake, OBJECTS.name)
    assert expire(lake, NONE, dry_run=True)[LOGS.name] == 4
    assert len(lake.table(LOGS.name).metadata.snapshots) == 5
    assert expire(lake, NONE) == {
        LOGS.name: 4,
        OBJECTS.name: 4,
        "ingest_quarantine": 0,
        "ingest_conflicts": 0,
    }
    assert len(lake.table(LOGS.name).metadata.snapshots) == 1
    assert (contents(lake), contents(lake, OBJECTS.name)) == before


def test_a_tagged_snapshot_stays(lake: Lake) -> None:
    """A snapshot that a tag names survives, as evidence that names it needs."""
    fill(lake, 4)
    table = lake.table(LOGS.name)
    kept = table.metadata.snapshots[1].snapshot_id
    table.manage_snapshots().create_tag(kept, "evidence").commit()
    expire(lake, NONE)
    assert {s.snapshot_id for s in lake.table(LOGS.name).metadata.snapshots} >= {kept}


def test_what_has_still_to_be_followed_stays(lake: Lake) -> None:
    """Snapshots whose ledger rows have not been taken in yet do not expire; afterwards they do."""
    fill(lake, 2)
    for number in range(3):
        batch = new_batch_id()
        write_rows(lake, OBJECTS.name, [{"uri": f"{number}"}], follower_file(OBJECTS.name, batch))
        name = f"tables/{LOGS.name}/data/{batch}.parquet"
        location = write_rows(lake, LOGS.name, [event(at(0))], name)
        append_facts(lake.table(LOGS.name), [location], batch, [OBJECTS.name])
    assert expire(lake, NONE)[LOGS.name] == 2
    follow(lake)
    assert len(contents(lake, OBJECTS.name)) == 5
    assert expire(lake, NONE)[LOGS.name] == 2


def test_tidying_a_small_table_does_nothing(lake: Lake) -> None:
    """While snapshots are few, tidying leaves all of them."""
    fill(lake, 3)
    tidy(lake)
    assert len(lake.table(LOGS.name).metadata.snapshots) == 3
