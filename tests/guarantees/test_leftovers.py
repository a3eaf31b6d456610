"""What a crash leaves behind is never seen, and goes when the lake is kept up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipeline.lake.catalog import Lake, open_lake
from pipeline.simulate import Plan
from pipeline.steps.maintain import MaintainOptions, maintain
from tests.events import event, gzipped, rows, take_in, trail_name
from tests.guarantees.trail import write_trail
from tests.guarantees.worker import KILLED, Fuse, finish, start


def files_of(lake: Lake) -> set[Path]:
    """Return the data files on the disk, placed or in the making."""
    return set(Path(lake.location).rglob("*.parquet"))


def test_what_a_killed_ingest_leaves_is_not_seen(tmp_path: Path) -> None:
    """Files in the making and files placed before their commit are no part of any table."""
    plan = Plan(accounts=1, events=300, records_per_file=50, days=1, seed=4)
    truth = write_trail(tmp_path / "trail", plan)
    fuses = [
        Fuse("pipeline.ingest.batch:Batch.finish_stage", after=True),
        Fuse("pipeline.ingest.finish:append_facts"),
    ]
    for fuse in fuses:
        assert finish(start(tmp_path / "lake", truth.folder, fuse)) == KILLED
    lake = open_lake(str(tmp_path / "lake"))
    left = files_of(lake)
    assert len(left) >= 2
    assert rows(lake) == rows(lake, "ingest_objects") == rows(lake, "ingest_quarantine") == []
    assert finish(start(tmp_path / "lake", truth.folder)) == 0
    assert len(rows(lake)) == len(truth.keys)
    for _ in range(2):  # the first notes what nothing names, the second removes it
        maintain(lake, MaintainOptions(grace=timedelta(0), compact=None))
    assert not left & files_of(lake)
    assert len(rows(lake)) == len(truth.keys)


def test_what_another_makes_is_left_alone(lake: Lake) -> None:
    """Within the grace period nothing in the making is removed: its writer may be alive."""
    take_in(lake, {trail_name(1): gzipped(event(1))})
    file = lake.storage.workspace() / "someone-elses.parquet"
    file.write_bytes(b"half")
    maintain(lake, MaintainOptions())
    assert file.exists()
    assert len(rows(lake)) == 1
