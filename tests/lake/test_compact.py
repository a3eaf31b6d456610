"""Compaction: fewer files, the same rows, and nothing lost that was added meanwhile."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.expressions import EqualTo
from pyiceberg.manifest import DataFile

from pipeline.ingest.ledger import Ledger
from pipeline.lake import compact as compaction
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.compact import CompactOptions, Group, choose, compact, plan_groups
from pipeline.lake.rewrite import Rewrite
from pipeline.lake.rewrite import rewrite as write_anew
from pipeline.lake.schema import LOGS, OBJECTS
from pipeline.lake.snapshot import days, read_lake
from tests.events import MemorySource, event, gzipped, take_in, trail_name
from tests.lake.filling import EVENTS, contents, fill
from tests.lakerows import FIRST_DAY

OPTIONS = CompactOptions(min_files=2)


def _compact(lake: Lake, options: CompactOptions = OPTIONS) -> list[bool]:
    return [compact(lake, group).is_done for group in plan_groups(lake, options)]


def _files(lake: Lake, table: str = LOGS.name) -> list[DataFile]:
    return read_lake(lake).tables[table].files()


def test_a_days_files_become_one(lake: Lake) -> None:
    """Each day's small files become one, with every row as it was, and so do the followers'."""
    fill(lake, 6)
    before, ledger = contents(lake), contents(lake, OBJECTS.name)
    assert len(_files(lake)) == 12
    _compact(lake)
    assert len(_files(lake)) == 2
    assert len(_files(lake, OBJECTS.name)) == 1
    assert contents(lake) == before
    assert contents(lake, OBJECTS.name) == ledger


def test_a_compacted_file_is_sorted_and_carries_ids_and_ranges(lake: Lake) -> None:
    """Rows lie by account, region and time; fields keep their ids, days their ranges."""
    fill(lake, 4)
    _compact(lake)
    (file, _) = sorted(_files(lake), key=lambda f: str(f.partition))
    with pq.ParquetFile(file.file_path) as parquet:
        found = parquet.read(["recipientaccountid", "awsregion", "event_time"]).to_pylist()
        assert found == sorted(found, key=lambda row: tuple(row.values()))
        schema = file_schema(lake.table(LOGS.name).schema())
        assert parquet.schema_arrow.equals(schema)
        for name in schema.names:
            ours, theirs = schema.field(name), parquet.schema_arrow.field(name)
            assert ours.metadata[b"PARQUET:field_id"] == theirs.metadata[b"PARQUET:field_id"]
        assert parquet.metadata.row_group(0).column(0).compression == "ZSTD"
    assert len(read_lake(lake).tables[LOGS.name].files(days(FIRST_DAY, FIRST_DAY))) == 1


def test_nothing_is_worth_doing_twice(lake: Lake) -> None:
    """After compaction nothing is left to compact."""
    fill(lake, 3)
    assert all(_compact(lake))
    assert plan_groups(lake, OPTIONS) == []


def test_few_files_are_left_alone(lake: Lake) -> None:
    """A day with fewer small files than asked is left as it is, as the day being written is."""
    fill(lake, 3)
    assert plan_groups(lake, CompactOptions(min_files=4)) == []


def _file(size: int) -> DataFile:
    values = {"content": 0, "file_path": f"{size}", "record_count": 1, "file_size_in_bytes": size}
    return DataFile.from_args(**values)


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1]),
        ([1, 1, 1, 40], [1, 1, 1]),
        ([1, 1, 1, 12], [1, 1, 1, 12]),
        ([1, 1], []),
        ([10, 10, 50, 60], []),
        ([10, 10, 10, 50, 60], [10, 10, 10]),
    ],
)
def test_only_files_of_like_size_are_merged(sizes: list[int], chosen: list[int]) -> None:
    """A file that is much larger than the rest, or of a good size already, is not rewritten."""
    found = choose([_file(size) for size in sizes], target_bytes=100, min_files=3)
    assert [file.file_size_in_bytes for file in found] == chosen


def test_a_large_day_becomes_several_groups(lake: Lake) -> None:
    """Files of a day are split into groups of the target's size, so work stays bounded."""
    fill(lake, 8, n_days=1)
    size = max(file.file_size_in_bytes for file in _files(lake))
    groups = plan_groups(lake, CompactOptions(target_bytes=3 * size, min_files=2))
    facts = [group for group in groups if group.table == LOGS.name]
    assert len(facts) >= 2
    assert all(group.n_bytes <= 3 * size for group in facts)


def test_a_ledger_is_split_into_files_by_day(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large follower tables become several files with days of their own, so days are skipped."""
    monkeypatch.setattr("pipeline.lake.rewrite.ROW_GROUP", 3)
    fill(lake, 9)
    (group,) = [g for g in plan_groups(lake, OPTIONS) if g.table == OBJECTS.name]
    compact(lake, Group(group.table, group.files, group.n_bytes // 3))
    assert len(_files(lake, OBJECTS.name)) == 3
    view = read_lake(lake).tables[OBJECTS.name]
    assert len(view.files(EqualTo("log_date", "2026-10-05"))) == 1


def test_the_ledger_still_knows_every_object(lake: Lake) -> None:
    """After compaction no object is new, and taking the same in again adds nothing."""
    objects = {trail_name(n): gzipped(event(n)) for n in range(4)}
    for name, body in objects.items():
        take_in(lake, {name: body})
    _compact(lake)
    listed = pa.Table.from_batches(MemorySource(objects).find())
    assert Ledger(lake).unknown(listed).num_rows == 0
    assert take_in(lake, objects).objects_new == 0


def test_what_is_added_meanwhile_stays(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ingest that commits between planning and replacing loses nothing, and costs no rewrite."""
    fill(lake, 4)
    written = []

    def rewrite(where: Lake, task: Rewrite) -> list[str]:
        written.append(task.table)
        locations = write_anew(where, task)
        fill(where, 1, first=100 + len(written))
        return locations

    monkeypatch.setattr(compaction, "rewrite", rewrite)
    groups = plan_groups(lake, OPTIONS)
    assert all(compact(lake, group).is_done for group in groups)
    assert len(written) == len(groups)
    assert len(set(contents(lake))) == EVENTS * (4 + len(groups))
    assert len(set(contents(lake, OBJECTS.name))) == 4 + len(groups)


def test_files_that_another_replaced_are_left_to_it(lake: Lake) -> None:
    """Of two compactions of the same files one wins; the other takes its files back."""
    fill(lake, 4)
    before = contents(lake)
    groups = plan_groups(lake, OPTIONS)
    assert [compact(lake, group).is_done for group in groups] == [True] * len(groups)
    files = set(Path(lake.location).rglob("*.parquet"))
    assert [compact(lake, group).is_done for group in groups] == [False] * len(groups)
    assert set(Path(lake.location).rglob("*.parquet")) == files
    assert contents(lake) == before


def test_nothing_is_left_in_the_making(lake: Lake) -> None:
    """Compaction cleans up what it sorted with."""
    fill(lake, 4)
    _compact(lake)
    assert list(lake.storage.workspace().iterdir()) == []
