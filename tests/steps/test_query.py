"""The query step asks as a session does, with a session of its own."""

from __future__ import annotations

from pathlib import Path

from pipeline.lake.catalog import open_lake
from pipeline.steps.query import query
from tests.lakerows import at, commit_rows, event


def test_a_query_is_answered(tmp_path: Path) -> None:
    """Parameters, an older snapshot and the answer's forms all work through the step."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    commit_rows(lake, [event(at(0)), event(at(0, 13))])
    first = lake.table("cloudtrail_logs").current_snapshot()
    commit_rows(lake, [event(at(1))])
    assert first is not None
    sql = "select count(*) as n from cloudtrail_logs where event_time >= $since"
    assert query(lake, sql, {"since": at(0)}).polars()["n"].to_list() == [3]
    assert query(lake, sql, {"since": at(0)}, at=first.snapshot_id).rows() == [(2,)]
