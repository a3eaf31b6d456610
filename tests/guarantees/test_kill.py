"""An ingest may be killed at any moment: what is run again ends as if nothing had happened."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from pipeline.lake.catalog import open_lake
from pipeline.simulate import Plan
from pipeline.sources.open import open_source
from pipeline.steps.ingest import ingest
from tests.guarantees.trail import Truth, check, write_trail
from tests.guarantees.worker import KILLED, Fuse, finish, start

SMALL = {"batch_objects": 2, "decoders": 1, "readers": 4}
REAL = SMALL | {"batch_objects": 5}
"""So many commits that fifty kills fall within the work, and few enough for it to end in time."""


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Return a small awkward trail."""
    plan = Plan(accounts=2, events=2000, records_per_file=50, days=1, seed=5)
    return write_trail(tmp_path_factory.mktemp("trail"), plan)


def settle_down(lake: Path, truth: Truth, options: Mapping[str, int] = SMALL) -> None:
    """Ingest to the end in a process, then assert that the lake is right and nothing is left."""
    assert finish(start(lake, truth.folder, **options)) == 0
    opened = open_lake(str(lake))
    check(opened, truth)
    again = ingest(opened, [open_source(str(truth.folder))])
    assert (again.objects_found, again.objects_new, again.rows_added) == (truth.objects, 0, 0)


def kill_at_random(
    lake: Path,
    truth: Truth,
    random: Random,
    kills: int,
    longest: float,
    options: Mapping[str, int] = SMALL,
) -> int:
    """Kill ingests at random moments; return how many were caught alive."""
    caught = 0
    while caught < kills:
        process = start(lake, truth.folder, **options)
        process.join(random.uniform(0, longest))
        if process.is_alive():
            process.kill()
        code = finish(process)
        assert code in (0, KILLED)
        caught += code == KILLED
        if code == 0:
            longest *= 0.7
    return caught


def test_three_kills_at_random_moments(tmp_path: Path, trail: Truth) -> None:
    """Killed three times from outside and resumed, the lake holds each event once."""
    assert kill_at_random(tmp_path / "lake", trail, Random(1), 3, 1.0) == 3
    settle_down(tmp_path / "lake", trail)


FUSES = [
    Fuse("pipeline.lake.catalog:_make_tables"),
    Fuse("pipeline.lake.catalog:_ensure_table", 3),
    Fuse("pipeline.ingest.finish:_place", 2, after=True),
    Fuse("pipeline.lake.storage:LocalStorage.put", 3, after=True),
    Fuse("pipeline.ingest.finish:append_facts", 1),
    Fuse("pipeline.ingest.finish:append_facts", 2, after=True),
    Fuse("pipeline.lake.commit:_follow_one", 7, after=True),
    Fuse("pipeline.ingest.finish:follow", 2, after=True),
    Fuse("pipeline.ingest.settle:_swap", 1),
    Fuse("pipeline.ingest.settle:_swap", 2, after=True),
    Fuse("pipeline.ingest.settle:_commit", 1),
]


def test_kills_at_the_worst_moments(tmp_path: Path, trail: Truth) -> None:
    """Killed between any two steps of a commit, one after the other, nothing is lost or doubled."""
    for fuse in FUSES:
        assert finish(start(tmp_path / "lake", trail.folder, fuse, **SMALL)) == KILLED, fuse
    settle_down(tmp_path / "lake", trail)


@pytest.mark.soak
def test_fifty_kills_of_real_sized_work(tmp_path: Path) -> None:
    """Killed fifty times in four hundred thousand events, the lake holds each event once."""
    plan = Plan(accounts=6, events=400_000, records_per_file=400, days=20, seed=11)
    truth = write_trail(tmp_path / "trail", plan)
    started = time.monotonic()
    assert kill_at_random(tmp_path / "lake", truth, Random(2), 50, 6.0, REAL) == 50
    settle_down(tmp_path / "lake", truth, REAL)
    print(f"fifty kills and the rest in {time.monotonic() - started:.0f} s")
