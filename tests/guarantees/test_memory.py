"""Memory is bounded, whatever the size and the form of what is read."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.simulate import Plan, simulate
from tests.guarantees.large import FORMS, write_large

LIMIT_MIB = 1024


def measured_ingest(lake: Path, source: Path) -> tuple[float, dict[str, Any]]:
    """Run `trailhouse ingest` in a process of its own; return its peak in MiB and its summary."""
    ingest = ["-c", "from pipeline.cli.main import main; main()", "ingest", str(source)]
    process = subprocess.Popen(
        [sys.executable, *ingest, "--lake", str(lake), "--format", "json", "--quiet"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    summary = json.loads(output)
    return usage.ru_maxrss / 1024, summary[0] if isinstance(summary, list) else summary


@pytest.mark.soak
@pytest.mark.parametrize("form", FORMS)
def test_one_object_of_300_megabytes(tmp_path: Path, form: str) -> None:
    """A single object of 300 MB of text, of any form, stays below 1 GiB and loses nothing."""
    write_large(tmp_path / "large.json.gz", form, 300_000_000)
    peak, summary = measured_ingest(tmp_path / "lake", tmp_path / "large.json.gz")
    print(f"{form}: {peak:.0f} MiB")
    assert peak <= LIMIT_MIB
    parts = ("rows_added", "duplicates", "conflicts", "quarantined")
    assert summary["records_read"] == sum(summary[part] for part in parts) > 0
    assert summary["objects_failed"] == 0


@pytest.mark.soak
@pytest.mark.parametrize("events", [500_000, 2_000_000])
def test_memory_does_not_grow_with_the_events(tmp_path: Path, events: int) -> None:
    """Half a million events and four times as many stay below the same bound."""
    plan = Plan(accounts=6, events=events, records_per_file=500, days=30, seed=8)
    truth = simulate(plan, tmp_path / "trail")
    peak, summary = measured_ingest(tmp_path / "lake", tmp_path / "trail" / "AWSLogs")
    print(f"{events} events: {peak:.0f} MiB")
    assert peak <= LIMIT_MIB
    assert (summary["records_read"], summary["rows_added"]) == (truth.records, truth.events)


@pytest.mark.soak
def test_a_bomb_is_bounded(tmp_path: Path) -> None:
    """Objects that inflate a thousandfold are refused at their limit, one at a time."""
    bomb = gzip.compress(b" " * 400_000_000, 9)
    for n in range(6):
        (tmp_path / f"bomb{n}.json.gz").write_bytes(bomb)
    peak, summary = measured_ingest(tmp_path / "lake", tmp_path)
    assert peak <= LIMIT_MIB
    assert summary["not_cloudtrail"] == 6
