"""Commits stay fast, however many there were."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from statistics import median

import pytest

from pipeline.lake import expire as expiry
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_facts, new_batch_id
from pipeline.lake.expire import ExpireRule, tidy
from pipeline.lake.schema import LOGS
from tests.lakerows import at, event, write_rows


def _commit(lake: Lake, count: int) -> list[float]:
    """Commit tiny batches as ingest does; return the CPU seconds each took, upkeep included."""
    template = Path(write_rows(lake, LOGS.name, [event(at(0))], "template.parquet"))
    folder = Path(lake.location, "tables", LOGS.name, "data")
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for _ in range(count):
        batch = new_batch_id()
        shutil.copy(template, folder / f"{batch}.parquet")
        started = time.process_time()
        append_facts(lake.table(LOGS.name), [str(folder / f"{batch}.parquet")], batch, [])
        tidy(lake)
        taken.append(time.process_time() - started)
    return taken


def _snapshots(lake: Lake) -> int:
    return len(lake.table(LOGS.name).metadata.snapshots)


def _events(lake: Lake) -> int:
    summary = lake.table(LOGS.name).current_snapshot()
    return int(summary.summary["total-records"] or 0) if summary and summary.summary else 0


def test_snapshots_stay_few_without_upkeep(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit after commit, with the bounds an eighth of the real ones, few snapshots are kept."""
    monkeypatch.setattr(expiry, "_TIDY_ABOVE", 25)
    monkeypatch.setattr(expiry, "_THINNED", ExpireRule(keep_last=12, expire_after=None))
    _commit(lake, 60)
    assert 12 <= _snapshots(lake) <= 26
    assert _events(lake) == 60


@pytest.mark.soak
def test_commits_stay_fast_after_thousands(lake: Lake) -> None:
    """After 5,000 commits the next hundred take at most twice as long as the fourth hundred."""
    taken = _commit(lake, 5_000)
    assert _snapshots(lake) <= 200
    assert _events(lake) == 5_000
    assert median(taken[-100:]) <= 2 * median(taken[300:400])
