"""Upkeep as one step: in order, under a lease, on record, and told beforehand."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.commit import append_facts, follower_file, new_batch_id
from pipeline.lake.compact import CompactOptions
from pipeline.lake.lease import hold
from pipeline.lake.schema import LOGS, OBJECTS
from pipeline.lake.snapshot import read_lake
from pipeline.lake.state import list_runs
from pipeline.steps.maintain import MaintainOptions, Progress, maintain, relocate
from tests.events import rows
from tests.lakerows import at, commit_rows, event, write_rows

NOW_OR_NEVER = MaintainOptions(
    compact=CompactOptions(min_files=2),
    keep_snapshots=1,
    expire_after=timedelta(0),
    grace=timedelta(0),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake of four batches of two days, with a ledger row each."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    for number in range(4):
        days = [[event(at(day), number)] for day in range(2)]
        commit_rows(lake, *days, ingest_objects=[{"uri": f"{number}"}])
    return lake


def _files(lake: Lake) -> dict[str, int]:
    folder = Path(lake.location)
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def test_upkeep_does_all_of_it(lake: Lake) -> None:
    """Small files become few, old snapshots and their files go, and the counts say so."""
    summary = maintain(lake, NOW_OR_NEVER)
    assert (summary.files_compacted, summary.files_written, summary.groups_skipped) == (12, 3, 0)
    assert summary.bytes_compacted > summary.bytes_written > 0
    assert summary.snapshots_expired[LOGS.name] == 5
    assert summary.snapshots_expired[OBJECTS.name] == 4
    assert summary.files_removed >= 12 + 9
    assert summary.bytes_removed > 0
    assert len([name for name in _files(lake) if name.endswith(".parquet")]) == 3
    assert len(rows(lake)) == 8


def test_upkeep_is_on_record(lake: Lake) -> None:
    """The run is on record with what it came to."""
    maintain(lake, NOW_OR_NEVER)
    (run,) = list_runs(lake)
    assert (run.command, run.state, run.summary["files_compacted"]) == ("maintain", "done", 12)


def test_a_dry_run_writes_nothing(lake: Lake) -> None:
    """A dry run foresees what the run does, and leaves every file of the lake as it is."""
    before = _files(lake)
    options = {"compact": CompactOptions(min_files=2), "retain": timedelta(days=1)}
    foreseen = maintain(lake, MaintainOptions(**options, dry_run=True))  # type: ignore[arg-type]
    assert _files(lake) == before
    assert foreseen.dry_run
    assert [day.day for day in foreseen.days_removed] == [date(2026, 10, 1), date(2026, 10, 2)]
    assert (foreseen.events_removed, foreseen.files_compacted) == (8, 12)
    done = maintain(lake, MaintainOptions(**options))  # type: ignore[arg-type]
    assert done.days_removed == foreseen.days_removed
    assert done.bytes_retained_away == foreseen.bytes_retained_away > 0


def test_days_past_their_time_are_not_compacted_first(lake: Lake) -> None:
    """No effort goes into files whose day goes in the same run."""
    options = MaintainOptions(compact=CompactOptions(min_files=2), retain=timedelta(days=1))
    summary = maintain(lake, options)
    assert summary.files_compacted == 4
    assert rows(lake) == []
    assert len(rows(lake, OBJECTS.name)) == 4


def test_following_comes_first(lake: Lake) -> None:
    """Ledger rows that a crash left to be followed are there after upkeep that expires all."""
    batch = new_batch_id()
    write_rows(lake, OBJECTS.name, [{"uri": "late"}], follower_file(OBJECTS.name, batch))
    name = f"tables/{LOGS.name}/data/{batch}.parquet"
    location = write_rows(lake, LOGS.name, [event(at(0), 9)], name)
    append_facts(lake.table(LOGS.name), [location], batch, [OBJECTS.name])
    maintain(lake, NOW_OR_NEVER)
    assert "late" in {row["uri"] for row in rows(lake, OBJECTS.name)}


def test_only_one_maintains_a_lake(lake: Lake) -> None:
    """While another process maintains the lake, upkeep says who, does nothing, and is on record."""
    files = len(read_lake(lake).tables[LOGS.name].files())
    with hold(open_lake(lake.location), "maintain"), pytest.raises(LakeBusy, match="held by"):
        maintain(lake, NOW_OR_NEVER)
    assert len(read_lake(lake).tables[LOGS.name].files()) == files
    assert [run.state for run in list_runs(lake)] == ["failed"]
    maintain(lake, NOW_OR_NEVER)


def test_files_wait_for_their_grace(lake: Lake) -> None:
    """With the grace of a day nothing is removed at once, and what waits is counted later."""
    summary = maintain(lake, MaintainOptions(compact=CompactOptions(min_files=2)))
    assert (summary.files_compacted, summary.files_removed) == (12, 0)


def test_progress_is_told(lake: Lake) -> None:
    """Every step is reported in order, and compaction by its groups."""
    heard: list[Progress] = []
    maintain(lake, NOW_OR_NEVER, heard.append)
    steps = [progress.step for progress in heard]
    assert list(dict.fromkeys(steps)) == ["follow", "retain", "compact", "expire", "sweep"]
    assert [(p.done, p.total) for p in heard if p.step == "compact"] == [(0, 3), (1, 3), (2, 3)]


def test_a_moved_lake_is_relocated_and_opened(lake: Lake, tmp_path: Path) -> None:
    """Relocation as a step leaves a lake that opens."""
    before = rows(lake)
    shutil.move(lake.location, tmp_path / "moved")
    assert relocate(str(tmp_path / "moved")).old == lake.location
    moved = open_lake(str(tmp_path / "moved"))
    assert sorted(map(str, rows(moved))) == sorted(map(str, before))


def test_no_compaction_on_request(lake: Lake) -> None:
    """Without options for it nothing is compacted."""
    assert maintain(lake, MaintainOptions(compact=None)).files_compacted == 0
