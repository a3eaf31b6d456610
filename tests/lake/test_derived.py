"""Models' tables are part of the lake: upkeep knows them, moving takes them along."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from pyiceberg.types import DateType, IcebergType, ListType, LongType, StringType

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.content import content_files
from pipeline.lake.derived import (
    Replacement,
    Shape,
    built_from,
    derived_view,
    find_table,
    list_derived,
    planned_schema,
    replace_rows,
)
from pipeline.lake.expire import ExpireRule, expire
from pipeline.lake.relocate import relocate
from pipeline.lake.snapshot import connect, scan_sql
from pipeline.lake.sweep import named_files, sweep
from tests.lakerows import FIRST_DAY, at, commit_rows, event, write_rows

COLUMNS: dict[str, IcebergType] = {"event_date": DateType(), "n": LongType()}
SHAPE = Shape(COLUMNS, "event_date")


def _replace(lake: Lake, day: int, *numbers: int, shape: Shape = SHAPE, whole: bool = False) -> str:
    """Replace a day's rows; return what the table was built from, before."""
    table = find_table(lake, "made")
    schema = planned_schema(table, shape)
    when = FIRST_DAY + timedelta(days=day)
    before = built_from(table)
    if table is None:  # rows are written with a table's ids, and these have none to be had yet
        replace_rows(lake, Replacement("made", shape, schema, None, [], {"n": 0}, None))
        before = {"n": 0}
    rows = [{"event_date": when, "n": n} for n in numbers]
    name = f"tables/made/data/{day}-{len(snapshots(lake))}.parquet"
    places = [write_rows(lake, "made", rows, name)] if rows else []
    built = {"n": before["n"] + 1 if before else 1}
    replace_rows(
        lake, Replacement("made", shape, schema, None if whole else [when], places, built, before)
    )
    return str(before)


def snapshots(lake: Lake) -> list[int]:
    """Return the ids of the table's snapshots."""
    table = find_table(lake, "made")
    return [s.snapshot_id for s in table.metadata.snapshots] if table else []


def _rows(lake: Lake, at: int | None = None) -> list[int]:
    view = derived_view(lake, "made", at)
    with connect(1) as connection:
        scan = scan_sql(view.schema, [file.file_path for file in view.files()])
        return sorted(n for (n,) in connection.sql(f"select n from {scan}").fetchall())


def test_a_days_rows_are_replaced_with_what_they_were_built_from(lake: Lake) -> None:
    """Other days stay; rows and what is known of them are one commit."""
    _replace(lake, 0, 1, 2)
    _replace(lake, 1, 3)
    _replace(lake, 0, 4)
    assert _rows(lake) == [3, 4]
    assert built_from(find_table(lake, "made")) == {"n": 3}
    _replace(lake, 0)
    assert _rows(lake) == [3]
    assert list_derived(lake) == ["made"]


def test_a_build_on_another_state_is_refused(lake: Lake) -> None:
    """Two builds that planned on the same state do not both commit."""
    _replace(lake, 0, 1)
    schema = planned_schema(find_table(lake, "made"), SHAPE)
    late = Replacement("made", SHAPE, schema, None, [], {"n": 9}, {"n": 0})
    with pytest.raises(LakeBusy):
        replace_rows(lake, late)
    assert _rows(lake) == [1]


def test_the_past_can_be_read(lake: Lake) -> None:
    """At a snapshot of the facts a table is as it was by then."""
    commit_rows(lake, [event(at(0))])
    _replace(lake, 0, 1)
    commit_rows(lake, [event(at(1))])
    now = lake.table("cloudtrail_logs").current_snapshot()
    assert now
    _replace(lake, 0, 2)
    assert _rows(lake, now.snapshot_id) == [1]
    assert _rows(lake) == [2]


def test_manifests_do_not_pile_up(lake: Lake) -> None:
    """A day replaced over and over leaves one manifest of rows, not one for each time."""
    for n in range(8):
        _replace(lake, 0, n)
    table = find_table(lake, "made")
    current = table.current_snapshot() if table else None
    assert table
    assert current
    assert len(current.manifests(table.io)) <= 2


def test_a_sweep_keeps_rows_and_removes_those_replaced(lake: Lake) -> None:
    """Files of the newest rows stay whatever happens; replaced ones go after their grace."""
    for n in range(3):
        _replace(lake, 0, n)
    assert expire(lake, ExpireRule(keep_last=1, keep_hourly=timedelta(0)))["made"] >= 0
    expire(lake, ExpireRule(keep_last=1, expire_after=timedelta(0)))
    assert len(snapshots(lake)) == 1
    for _ in range(2):
        sweep(lake, timedelta(0))
    files = {str(path) for path in Path(lake.location, "tables/made/data").iterdir()}
    assert files == {f.file.file_path for f in content_files(derived_view(lake, "made"))}
    assert files <= named_files(lake)
    assert _rows(lake) == [2]


def test_a_moved_lake_has_its_models(lake: Lake, tmp_path: Path) -> None:
    """Relocation takes the tables along, with what they were built from."""
    _replace(lake, 0, 1)
    _replace(lake, 1, 2)
    before = [file.sequence for file in content_files(derived_view(lake, "made"))]
    lake.close()
    shutil.move(lake.location, tmp_path / "moved")
    relocate(str(tmp_path / "moved"))
    moved = open_lake(str(tmp_path / "moved"))
    assert _rows(moved) == [1, 2]
    assert [file.sequence for file in content_files(derived_view(moved, "made"))] == before
    assert built_from(find_table(moved, "made")) == {"n": 2}
    _replace(moved, 0, 5)
    assert _rows(moved) == [2, 5]


def test_columns_keep_their_ids_while_name_and_type_stay(lake: Lake) -> None:
    """A retyped column is a new one; nested types count as a whole."""
    _replace(lake, 0, 1)
    shape = Shape(
        {
            "event_date": DateType(),
            "n": StringType(),
            "more": ListType(1, StringType(), element_required=False),
        },
        "event_date",
    )
    table = find_table(lake, "made")
    schema = planned_schema(table, shape)
    assert schema.find_field("event_date").field_id == 1
    assert sorted(schema.field_ids) == [1, 3, 4, 5]


def test_many_days_are_replaced_at_once(lake: Lake) -> None:
    """A year of days goes in one commit."""
    _replace(lake, 0, 1)
    table = find_table(lake, "made")
    schema = planned_schema(table, SHAPE)
    days = [FIRST_DAY + timedelta(days=n) for n in range(500)]
    places = [
        write_rows(lake, "made", [{"event_date": d, "n": 1}], f"tables/made/data/x{n}.parquet")
        for n, d in enumerate(days)
    ]
    for step in range(2):
        before = built_from(find_table(lake, "made"))
        gone = None if step == 0 else days
        new = places if step == 0 else []
        replace_rows(lake, Replacement("made", SHAPE, schema, gone, new, {"s": step}, before))
    assert _rows(lake) == []
