"""Sorting on disk gives what sorting in memory gives."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.lake.sorting import Sorter


@pytest.mark.parametrize(("rows", "chunk"), [(0, 10), (1, 10), (5_000, 333), (5_000, 10_000)])
def test_runs_are_merged_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, chunk: int
) -> None:
    """Rows of many runs come back once each, in order, ties and nulls and nesting included."""
    monkeypatch.setattr("pipeline.lake.sorting.RUN_ROWS", 700)
    monkeypatch.setattr("pipeline.lake.sorting._BATCH_ROWS", 64)
    seeded = random.Random(3)
    table = pa.table(
        {
            "account": pa.array(
                [seeded.choice(["a", "b", None]) for _ in range(rows)], pa.string()
            ),
            "time": pa.array([seeded.randrange(50) for _ in range(rows)], pa.int64()),
            "nested": pa.array(
                [[{"n": n}] for n in range(rows)], pa.list_(pa.struct([("n", pa.int64())]))
            ),
        }
    )
    sorter = Sorter(tmp_path, ["account", "time"])
    sorter.add(table.to_batches(max_chunksize=100))
    chunks = list(sorter.chunks(chunk))
    assert all(len(part) == chunk for part in chunks[:-1])
    found = [row for part in chunks for row in part.to_pylist()]
    keys = [(row["account"] or "z", row["time"]) for row in found]
    assert keys == sorted(keys)
    assert sorted(row["nested"][0]["n"] for row in found) == list(range(rows))
