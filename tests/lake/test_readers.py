"""Readers are never blocked and never see half of anything, whatever is done to the lake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pipeline.lake.catalog import Lake
from pipeline.lake.compact import CompactOptions, compact, plan_groups
from pipeline.lake.expire import ExpireRule, expire
from pipeline.lake.retain import retain
from pipeline.lake.schema import LOGS
from pipeline.lake.sweep import sweep
from tests.lake import reading
from tests.lakerows import at, commit_rows, event

_ROOT = Path(__file__).parents[2]
_PAUSE = 0.2
_ALL_BUT_FIRST = timedelta(days=30)
_NOW = datetime(2026, 10, 2, tzinfo=UTC) + _ALL_BUT_FIRST
"""When the first day, and only it, is past that age."""


def _write(lake: Lake, number: int) -> None:
    """Commit a batch of two days: three events of the first, five of the second."""
    rows = [
        [event(at(day), number * 10 + n, batch_id=f"{number}") for n in range(many)]
        for day, many in ((0, 3), (1, 5))
    ]
    commit_rows(lake, *rows)


def _work(lake: Lake, grace: timedelta, seconds: float) -> dict[str, int]:
    """Write, compact, expire, sweep and retain for so long; return how often each did something.

    Where the machine is slow it goes on until each did.
    """
    done = dict.fromkeys(("batches", "compacted", "expired", "swept", "retained"), 0)
    end = time.monotonic() + seconds
    for number in count(1):
        _write(lake, number)
        done["batches"] += 1
        if number % 4 == 0:
            for group in plan_groups(lake, CompactOptions(min_files=2)):
                done["compacted"] += compact(lake, group).is_done
            rule = ExpireRule(keep_last=1, expire_after=timedelta(0))
            done["expired"] += expire(lake, rule)[LOGS.name]
            done["swept"] += len(sweep(lake, grace).removed)
        if number % 6 == 0:
            done["retained"] += len(retain(lake, _ALL_BUT_FIRST, now=_NOW).days)
        over = time.monotonic() - end
        if over > 40 or (over > 0 and all(done.values())):
            break
    return done


def _read_while_working(
    lake: Lake, folder: Path, grace: timedelta, seconds: float
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Work on the lake while a process of its own reads; return its answers and what was done."""
    _write(lake, 0)
    answers, stop = folder / "answers", folder / "stop"
    command = [sys.executable, reading.__file__, lake.location]
    command += [str(answers), str(stop), str(_PAUSE)]
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as reader:
        while not (answers.exists() and answers.stat().st_size) and reader.poll() is None:
            time.sleep(0.02)
        done = _work(lake, grace, seconds)
        stop.touch()
        _, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    lines = [json.loads(line) for line in answers.read_text().splitlines()]
    # a question that took longer than the grace is outside of what is promised
    return [line for line in lines if line["seconds"] < grace.total_seconds()], done


def _check(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        assert "error" not in answer
        assert answer["n"] == answer["n_distinct"] == answer["total"], answer
        assert (answer["fewest"], answer["most"]) == (5, 5), "a batch was seen in part"
        n_old = answer["n"] - 5 * answer["n_batches"]
        assert answer["n_old"] == n_old, answer
        assert n_old % 3 == 0, "an old day was seen in part"
    batches = [answer["n_batches"] for answer in answers]
    assert batches == sorted(batches), "a later question saw an older lake"


def test_every_answer_is_one_snapshots(lake: Lake, tmp_path: Path) -> None:
    """Beside ingest, compaction, expiry, sweeping and retention every answer is one snapshot's.

    The reader pauses between fixing its snapshot and reading it, so that files it needs are
    let go and would be swept were it not for the grace.
    """
    answers, done = _read_while_working(lake, tmp_path, timedelta(seconds=2), 4)
    _check(answers)
    assert len(answers) >= 3
    assert all(done.values()), done


@pytest.mark.soak
def test_every_answer_is_one_snapshots_for_long(lake: Lake, tmp_path: Path) -> None:
    """The same for half a minute."""
    answers, done = _read_while_working(lake, tmp_path, timedelta(seconds=5), 30)
    _check(answers)
    assert len(answers) >= 25
    assert all(done.values()), done
