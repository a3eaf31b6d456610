"""Sweeping: what nothing names goes after its grace; what anything names never does."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import LakeError
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_facts, follow, follower_file, new_batch_id
from pipeline.lake.compact import CompactOptions, compact, plan_groups
from pipeline.lake.expire import ExpireRule, expire
from pipeline.lake.schema import LOGS, OBJECTS, TABLES
from pipeline.lake.snapshot import read_lake
from pipeline.lake.storage import LocalStorage
from pipeline.lake.sweep import named_files, sweep
from tests.lake.filling import contents, fill
from tests.lakerows import at, event, write_rows

NOW = timedelta(0)
NONE = ExpireRule(keep_last=1, expire_after=timedelta(0))


def _files(lake: Lake) -> set[str]:
    return {str(path) for path in Path(lake.location, "tables").rglob("*") if path.is_file()}


def _compact(lake: Lake) -> None:
    for group in plan_groups(lake, CompactOptions(min_files=2)):
        compact(lake, group)


def _age(lake: Lake, seconds: float) -> None:
    """Make every file of the lake look so much older."""
    for name in _files(lake):
        then = os.stat(name).st_mtime - seconds
        os.utime(name, (then, then))


def test_after_expiry_only_what_is_named_is_left(lake: Lake) -> None:
    """Files of expired snapshots go, and every table reads as before."""
    fill(lake, 5)
    _compact(lake)
    expire(lake, NONE)
    before = {name: contents(lake, name) for name in TABLES}
    swept = sweep(lake, NOW)
    assert len([f for f in swept.removed if f.location.endswith(".parquet")]) == 15
    assert _files(lake) <= named_files(lake)
    assert len([name for name in _files(lake) if name.endswith(".parquet")]) == 3
    assert {name: contents(lake, name) for name in TABLES} == before


def test_older_snapshots_still_read(lake: Lake) -> None:
    """While snapshots are kept, all of them read in full after a sweep."""
    fill(lake, 3)
    _compact(lake)
    sweep(lake, NOW)
    counts = []
    for snapshot in lake.table(LOGS.name).metadata.snapshots:
        scan = lake.table(LOGS.name).scan(snapshot_id=snapshot.snapshot_id)
        counts.append(scan.to_arrow().num_rows)
    assert counts == [12, 24, 36, 36, 36]


def test_what_a_dry_run_says_is_what_goes(lake: Lake) -> None:
    """A dry run names the files and their bytes and removes none; the run removes just those."""
    fill(lake, 3)
    _compact(lake)
    expire(lake, NONE)
    before = _files(lake)
    foreseen = sweep(lake, NOW, dry_run=True)
    assert _files(lake) == before
    assert not Path(lake.location, "state.db").exists()
    assert sweep(lake, NOW).removed == foreseen.removed
    assert foreseen.n_bytes == sum(file.n_bytes for file in foreseen.removed) > 0


def test_a_file_stays_for_its_grace_after_it_was_let_go(lake: Lake) -> None:
    """An old file that has just left the table stays for the whole grace period from then on.

    A query that began before may be reading it; that it was written long ago does not matter.
    """
    fill(lake, 3)
    _age(lake, 100_000)
    _compact(lake)
    expire(lake, NONE)
    grace = timedelta(seconds=1.5)
    first = sweep(lake, grace)
    assert first.removed == ()
    assert len([f for f in first.waiting if f.location.endswith(".parquet")]) == 9
    assert sweep(lake, grace).removed == ()
    time.sleep(1.6)
    assert {f.location for f in sweep(lake, grace).removed} >= {f.location for f in first.waiting}


def test_a_young_file_is_never_touched(lake: Lake) -> None:
    """A file put where it is to be committed in a moment is neither removed nor counted."""
    fill(lake, 1)
    location = write_rows(lake, LOGS.name, [event(at(0))], f"tables/{LOGS.name}/data/new.parquet")
    swept = sweep(lake, timedelta(hours=1))
    assert (swept.removed, swept.waiting) == ((), ())
    append_facts(lake.table(LOGS.name), [location], new_batch_id(), [])
    assert len(contents(lake)) == 13


def test_what_is_to_be_followed_stays(lake: Lake) -> None:
    """The ledger's file of a batch that no one has followed yet is needed."""
    batch = new_batch_id()
    write_rows(lake, OBJECTS.name, [{"uri": "a"}], follower_file(OBJECTS.name, batch))
    location = write_rows(lake, LOGS.name, [event(at(0))], f"tables/{LOGS.name}/data/a.parquet")
    append_facts(lake.table(LOGS.name), [location], batch, [OBJECTS.name])
    sweep(lake, NOW)
    follow(lake)
    assert len(contents(lake, OBJECTS.name)) == 1


def test_orphans_and_leftovers_go_others_stay(lake: Lake) -> None:
    """A crashed writer's files go; a file of the user's beside the tables stays."""
    fill(lake, 1)
    orphan = Path(lake.location, "tables", LOGS.name, "data", "orphan.parquet")
    left = lake.storage.workspace() / "left.parquet"
    folder = lake.storage.workspace() / "rewrite-x"
    folder.mkdir()
    theirs = Path(lake.location, "notes.txt")
    for path in (orphan, left, folder / "spilled", theirs):
        path.write_bytes(b"123")
    swept = sweep(lake, NOW)
    assert [file.location for file in swept.removed] == [str(orphan)]
    assert swept.n_cached == 6
    assert not left.exists()
    assert not folder.exists()
    assert theirs.exists()


def test_what_is_needed_again_starts_anew(lake: Lake) -> None:
    """A file that was let go and taken back is not removed for having been unneeded once."""
    fill(lake, 2)
    old = read_lake(lake).tables[LOGS.name].snapshot_id
    assert old
    table = lake.table(LOGS.name)
    table.manage_snapshots().create_tag(old, "kept").commit()
    _compact(lake)
    expire(lake, NONE)
    table = lake.table(LOGS.name)
    swept = sweep(lake, timedelta(milliseconds=1))
    assert not [f for f in swept.waiting if f"{LOGS.name}/data" in f.location]
    lake.table(LOGS.name).manage_snapshots().remove_tag("kept").commit()
    expire(lake, NONE)
    time.sleep(0.01)
    swept = sweep(lake, timedelta(milliseconds=5))
    assert [f for f in swept.waiting if f"{LOGS.name}/data" in f.location]


def test_a_storage_that_names_files_otherwise_is_not_swept(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If listed names are not the tables' names, nothing is removed and an error says so."""
    fill(lake, 2)
    true_list = LocalStorage.list
    monkeypatch.setattr(
        LocalStorage,
        "list",
        lambda self, folder: (
            (location.replace("/tables/", "//tables/"), modified, size)
            for location, modified, size in true_list(self, folder)
        ),
    )
    with pytest.raises(LakeError, match="does not list"):
        sweep(lake, NOW)
    assert len(contents(lake)) == 24
