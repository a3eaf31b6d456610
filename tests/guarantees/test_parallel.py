"""Several ingests at once, of overlapping trails, into one lake, beside its upkeep."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from pipeline.lake.catalog import open_lake
from pipeline.simulate import Plan
from pipeline.sources.open import open_source
from pipeline.steps.ingest import ingest
from pipeline.steps.maintain import CompactOptions, MaintainOptions, maintain
from tests.guarantees.trail import Truth, check, write_trail
from tests.guarantees.worker import KILLED, finish, start


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Return a small awkward trail."""
    plan = Plan(accounts=2, events=600, records_per_file=40, days=1, seed=6)
    return write_trail(tmp_path_factory.mktemp("trail"), plan)


def test_writers_of_the_same_objects(tmp_path: Path, trail: Truth) -> None:
    """Three ingests of all objects, at once into a lake that is not there yet, equal one."""
    options = [
        {"batch_objects": size, "decoders": 1, "readers": 2, "batch_seconds": 0.2 * size}
        for size in (2, 4, 7)
    ]
    writers = [start(tmp_path / "lake", trail.folder, **chosen) for chosen in options]
    assert [finish(writer) for writer in writers] == [0, 0, 0]
    lake = open_lake(str(tmp_path / "lake"))
    check(lake, trail)
    assert ingest(lake, [open_source(str(trail.folder))]).objects_new == 0


def test_writers_of_overlapping_trails(tmp_path: Path, trail: Truth) -> None:
    """The organisation's trail, the second one and both at once, in three processes, equal one."""
    folders = [trail.folder / "second", trail.folder / "o-*", trail.folder]
    present = [
        folder
        for folder in folders
        if folder == trail.folder or list(trail.folder.glob(folder.name))
    ]
    writers = [start(tmp_path / "lake", folder, batch_objects=3, decoders=1) for folder in present]
    assert {finish(writer) for writer in writers} == {0}
    check(open_lake(str(tmp_path / "lake")), trail)


@pytest.mark.soak
def test_writers_beside_upkeep_and_kills(tmp_path: Path) -> None:
    """Four ingests, one of them killed again and again, beside compaction, equal one."""
    random = Random(3)
    plan = Plan(accounts=4, events=60_000, records_per_file=200, days=10, seed=12)
    truth = write_trail(tmp_path / "trail", plan)
    lake = tmp_path / "lake"
    open_lake(str(lake), create=True)
    chosen = {"batch_objects": 10, "decoders": 1, "readers": 2}
    writers = [start(lake, truth.folder, **chosen) for _ in range(4)]
    upkeep = MaintainOptions(compact=CompactOptions())
    while any(writer.is_alive() for writer in writers):
        maintain(open_lake(str(lake)), upkeep)
        time.sleep(random.uniform(0, 1))
        if writers[0].is_alive() and random.random() < 0.5:
            writers[0].kill()
            assert finish(writers[0]) == KILLED
            writers[0] = start(lake, truth.folder, **chosen)
    assert {finish(writer) for writer in writers} == {0}
    check(open_lake(str(lake)), truth)
