"""Memory is bounded, whatever the size and the form of what is read."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from msgspec.json import encode

from pipeline.ingest.decode import Document, Normaliser, Tally
from pipeline.ingest.stage import Stage
from pipeline.lake.arrow import file_schema
from pipeline.lake.schema import LOGS
from pipeline.simulate import Plan, simulate
from tests.events import event
from tests.guarantees.large import FORMS, write_large

LIMIT_MIB = 1024


# A process counts as its own peak that of the process it was forked from, and the one that runs
# the tests has grown large by then: so a small one stands in between.
MEASURE = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, *sys.argv[1:]])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured_ingest(lake: Path, source: Path) -> tuple[float, dict[str, Any]]:
    """Run `trailhouse ingest` in a process of its own; return its peak in MiB and its summary."""
    program = ["-c", "from pipeline.cli.main import main; main()"]
    ingest = ["ingest", str(source), "--lake", str(lake), "--format", "json", "--quiet"]
    command = [sys.executable, "-c", MEASURE, *program, *ingest]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.stdout, ran.stderr
    summary = json.loads(ran.stdout)
    peak = int(ran.stderr.splitlines()[-1])
    return peak / 1024, summary[0] if isinstance(summary, list) else summary


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
@pytest.mark.parametrize("events", [500_000, 1_200_000])
def test_memory_does_not_grow_with_the_events(tmp_path: Path, events: int) -> None:
    """One batch of events and three stay below the same bound."""
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
    (tmp_path / "larger.json.gz").write_bytes(gzip.compress(b" " * (2 << 30), 1))
    peak, summary = measured_ingest(tmp_path / "lake", tmp_path)
    assert summary["failures"] == {"too_large": 1}
    assert peak <= LIMIT_MIB
    assert summary["not_cloudtrail"] == 6


def test_a_few_rows_of_a_day_do_not_keep_the_rest(tmp_path: Path) -> None:
    """What waits for its file holds its own bytes, not those of all that it arrived with."""
    schema = file_schema(LOGS.schema)
    stage = Stage(tmp_path, schema)
    events = [event(n, requestParameters={"a": "x" * 1000}) for n in range(2000)]
    events[1000] |= {"eventTime": "2026-02-01T00:00:00Z"}
    document = Document(0, b'{"Records":[' + b",".join(map(encode, events)) + b"]}")
    before = pa.total_allocated_bytes()
    for _ in range(20):
        (part,) = Normaliser(schema).normalise([document], [Tally()])
        missing = [name for name in schema.names if name not in part.rows.column_names]
        rows = part.rows
        for name in missing:
            rows = rows.append_column(name, pa.nulls(len(rows), schema.field(name).type))
        rows = rows.select(schema.names)
        stage.add(rows, np.ones(len(rows), np.bool_))
        waiting = [table for file in stage._open.values() for table in file.waiting]
        few = [table for table in waiting if len(table) == 1]
        assert all(table.get_total_buffer_size() < 100_000 for table in few)
    del part, rows
    stage.discard()
    assert pa.total_allocated_bytes() - before < 50_000_000
