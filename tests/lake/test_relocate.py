"""Relocation: a lake that was moved reads where it is, every snapshot of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from pyiceberg.manifest import ManifestEntry

from pipeline.errors import LakeError
from pipeline.lake import relocate as relocation
from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.lake.commit import follow
from pipeline.lake.compact import CompactOptions, compact, plan_groups
from pipeline.lake.relocate import relocate
from pipeline.lake.schema import LOGS, OBJECTS, TABLES
from pipeline.lake.snapshot import read_lake
from pipeline.lake.state import list_runs, record_run
from pipeline.lake.sweep import named_files
from tests.lake.filling import contents, fill

Facts = list[tuple[object, ...]]


@pytest.fixture
def full(lake: Lake) -> Lake:
    """Return a lake with appends, a compaction and a tag behind it."""
    fill(lake, 3)
    for group in plan_groups(lake, CompactOptions(min_files=2)):
        compact(lake, group)
    fill(lake, 1, first=3)
    table = lake.table(LOGS.name)
    table.manage_snapshots().create_tag(table.metadata.snapshots[1].snapshot_id, "old").commit()
    with record_run(lake, "ingest", {}):
        pass
    return lake


def _move(lake: Lake, name: str = "moved") -> str:
    target = Path(lake.location).parent / name
    shutil.move(lake.location, target)
    return str(target)


def _history(lake: Lake) -> dict[int, list[int]]:
    """Return how many rows each snapshot of each table reads."""
    return {
        snapshot.snapshot_id: [table.scan(snapshot_id=snapshot.snapshot_id).to_arrow().num_rows]
        for table in map(lake.table, TABLES)
        for snapshot in table.metadata.snapshots
    }


def _entries(lake: Lake) -> Facts:
    """Return every entry of every manifest of every snapshot, but for where things are."""
    found: Facts = []
    for table in map(lake.table, TABLES):
        for snapshot in table.metadata.snapshots:
            for manifest in snapshot.manifests(table.io):
                counts = tuple(manifest._data[2:13])
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
                found += [(snapshot.snapshot_id, counts, *_facts(entry, lake)) for entry in entries]
    return sorted(found, key=str)


def _facts(entry: ManifestEntry, lake: Lake) -> tuple[object, ...]:
    file = entry.data_file
    facts = (entry.status, entry.snapshot_id, entry.sequence_number, entry.file_sequence_number)
    path = file.file_path.removeprefix(lake.location)
    return (*facts, path, file.partition, file.record_count, file.lower_bounds, file.split_offsets)


def test_a_moved_lake_says_how_to_relocate_it(full: Lake) -> None:
    """Opening a moved lake names the old place and the command that helps."""
    place = _move(full)
    with pytest.raises(LakeError, match=r"moved or restored; run: trailhouse maintain --relocate"):
        open_lake(place)


def test_every_snapshot_reads_at_the_new_place(full: Lake) -> None:
    """After relocation each table, each snapshot and the tag read as before, from new files."""
    before = {name: contents(full, name) for name in TABLES}
    history, entries = _history(full), _entries(full)
    place = _move(full)
    relocated = relocate(place)
    assert (relocated.old, relocated.new) == (full.location, place)
    moved = open_lake(place)
    assert {name: contents(moved, name) for name in TABLES} == before
    assert _history(moved) == history
    assert _entries(moved) == entries
    assert "old" in moved.table(LOGS.name).metadata.refs
    assert all(name.startswith(place) for name in named_files(moved))
    assert [run.command for run in list_runs(moved)] == ["ingest"]


def test_a_relocated_lake_is_written_to_as_any(full: Lake) -> None:
    """Commits, following and compaction go on where they were."""
    moved = open_lake(relocate(_move(full)).new)
    fill(moved, 3, first=10)
    follow(moved)
    for group in plan_groups(moved, CompactOptions(min_files=2)):
        assert compact(moved, group).is_done
    assert len(set(contents(moved))) == 7 * 12
    assert len(set(contents(moved, OBJECTS.name))) == 7


def test_a_second_relocation_does_nothing(full: Lake) -> None:
    """A lake that reads where it is stays as it is."""
    place = _move(full)
    relocate(place)
    assert relocate(place).tables == ()
    assert relocate(place).old == place


def test_a_relocation_cut_off_is_run_again(full: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it stops anywhere, the lake is as it was, and running it again makes it whole."""
    before = contents(full)
    place = _move(full)
    true_write = relocation._write_list
    for stop in (1, 4, 7):
        calls: list[int] = []

        def fail(move: relocation._Move, snapshot: object, stop: int = stop) -> str:
            calls.append(1)  # noqa: B023  # called within this turn of the loop
            if len(calls) == stop:  # noqa: B023
                raise OSError("disk full")
            return true_write(move, snapshot)  # type: ignore[arg-type]

        monkeypatch.setattr(relocation, "_write_list", fail)
        with pytest.raises(OSError, match="disk full"):
            relocate(place)
        with pytest.raises(LakeError, match="moved or restored"):
            open_lake(place)
    monkeypatch.setattr(relocation, "_write_list", true_write)
    relocate(place)
    assert contents(open_lake(place)) == before


def test_a_lost_catalog_is_made_anew(full: Lake) -> None:
    """From the files alone the newest metadata that was committed is found and named."""
    before = contents(full), contents(full, OBJECTS.name)
    Path(full.location, "catalog.db").unlink()
    relocate(full.location)
    found = open_lake(full.location)
    assert (contents(found), contents(found, OBJECTS.name)) == before


def test_metadata_of_a_commit_that_lost_is_passed_over(full: Lake) -> None:
    """A lost commit's metadata, whose manifest list was taken back, is never chosen."""
    before = contents(full)
    table = full.table(LOGS.name)
    newest = Path(table.metadata_location)
    number = int(newest.name.split("-")[0])
    text = newest.read_text()
    current = table.current_snapshot()
    assert current
    lost = text.replace(os.path.basename(current.manifest_list), "snap-lost.avro")
    newest.with_name(f"{number + 1:05d}-lost.metadata.json").write_text(lost)
    Path(full.location, "catalog.db").unlink()
    relocate(full.location)
    assert contents(open_lake(full.location)) == before


def test_a_copy_of_two_moments_is_refused(full: Lake, tmp_path: Path) -> None:
    """A copy in which the ledger is newer than the facts would lose events: it is refused."""
    target = tmp_path / "copy"
    shutil.copytree(Path(full.location, "tables", LOGS.name), target / "tables" / LOGS.name)
    fill(full, 1, first=20)
    for name in TABLES:
        if name != LOGS.name:
            shutil.copytree(Path(full.location, "tables", name), target / "tables" / name)
    with pytest.raises(LakeError, match="the copy was made while"):
        relocate(str(target))


def test_no_lake_is_no_lake(tmp_path: Path) -> None:
    """A folder without tables is not made a lake of."""
    with pytest.raises(LakeError, match="no lake"):
        relocate(str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_state_elsewhere_follows_the_lake(tmp_path: Path) -> None:
    """Runs in a shared database are the lake's after the move too."""
    options = CatalogOptions(state=f"sqlite:///{tmp_path}/shared.db")
    lake = open_lake(str(tmp_path / "lake"), options, create=True)
    fill(lake, 1)
    with record_run(lake, "ingest", {}):
        pass
    place = _move(lake)
    relocate(place, options)
    assert [run.command for run in list_runs(open_lake(place, options))] == ["ingest"]
    assert len(read_lake(open_lake(place, options)).tables[LOGS.name].files()) == 2
