"""The DuckDB file of views: what is in it, who can read it, and when it is replaced."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.ask.connect import ABOUT, connect_file, public_names
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.steps.build import build
from tests.lakerows import at, commit_rows, event

DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where to write."""
    return tmp_path / "asked.duckdb"


def _ask(file: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as client:
        return client.execute(sql).fetchall()


def test_a_client_sees_the_snapshot(lake: Lake, file: Path) -> None:
    """Tables, views of models and what the file is of are there; later events are not."""
    commit_rows(lake, [event(at(0, 1), 1)], [event(at(1, 1), 2)])
    made = connect_file(lake, file, DAY)
    commit_rows(lake, [event(at(2, 1), 3)])
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(2,)]
    ((lake_place, snapshot_id),) = _ask(file, f"select lake, snapshot_id from {ABOUT}")
    assert (lake_place, snapshot_id) == (lake.location, made.snapshot_id)
    connect_file(lake, file, DAY)
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(3,)]


@pytest.mark.soak
def test_every_table_of_a_built_lake_can_be_read(lake: Lake, file: Path) -> None:
    """All that `trailhouse build` makes answers, views included."""
    commit_rows(lake, [event(at(0, 1), 1)])
    build(lake).raise_failure()
    made = connect_file(lake, file, DAY)
    assert {"cloudtrail_logs", "sessions", "iam_actions"} <= set(made.tables)
    assert {"events", "credential_usage"} <= set(made.views)
    with duckdb.connect(str(file), read_only=True) as client:
        for name in (*made.tables, *made.views):
            client.execute(f'select * from "{name}" limit 1').fetchall()


def test_who_has_it_open_goes_on(lake: Lake, file: Path) -> None:
    """A client that writes into its own copy keeps nobody out, and is not disturbed."""
    commit_rows(lake, [event(at(0, 1), 1)])
    connect_file(lake, file, DAY)
    with duckdb.connect(str(file)) as client:
        client.execute("create table notes (text varchar)")
        connect_file(lake, file, DAY)
        assert client.execute("select count(*) from cloudtrail_logs").fetchall() == [(1,)]
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(1,)]
    assert [name for name in os.listdir(file.parent) if "asked" in name] == ["asked.duckdb"]


def test_it_says_until_when(lake: Lake, file: Path) -> None:
    """Validity is the grace that files have, from now, and stands in the file too."""
    before = datetime.now(UTC).replace(microsecond=0)
    made = connect_file(lake, file, 2 * DAY)
    assert before + 2 * DAY <= made.valid_until <= datetime.now(UTC) + 2 * DAY
    ((until,),) = _ask(file, f"select valid_until from {ABOUT}")
    assert until == made.valid_until.isoformat()


def test_functions_of_athena_work_in_it(lake: Lake, file: Path) -> None:
    """Functions have Athena's names, and none takes a name that DuckDB has."""
    connect_file(lake, file, DAY)
    sql = """
        select
            json_extract_scalar('{"a": {"b": 1}}', '$.a'), regexp_like('GetObject', '^Get'),
            from_iso8601_timestamp('2026-10-05T00:00:00Z') = '2026-10-05 00:00:00+00'::timestamptz,
            date_format(timestamp '2026-10-05 11:42:00', '%H:%i'), array_join(['a', null], ','),
            url_extract_host('https://example.com/x'), is_in_network('10.0.0.0/8', '10.1.1.1')
    """
    assert _ask(file, sql) == [(None, True, True, "11:42", "a", "example.com", True)]
    with duckdb.connect() as bare:
        known = bare.execute("select distinct function_name from duckdb_functions()").fetchall()
    assert {name for (name,) in known}.isdisjoint(public_names())


@pytest.mark.parametrize(
    ("name", "what"),
    [("notes.txt", "is no DuckDB database"), ("no/x.duckdb", "there is no folder")],
)
def test_nothing_else_is_replaced(lake: Lake, tmp_path: Path, name: str, what: str) -> None:
    """A file that is no database stays, and a missing folder is named."""
    (tmp_path / "notes.txt").write_text("some notes of mine")
    with pytest.raises(UsageError, match=what):
        connect_file(lake, tmp_path / name, DAY)
    assert (tmp_path / "notes.txt").read_text() == "some notes of mine"
    assert not list(tmp_path.glob(".*duckdb*"))


def test_a_lake_on_s3_is_refused(lake: Lake, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client could not read its files, so nothing is written and it is said what to do."""
    monkeypatch.setattr(type(lake), "location", "s3://bucket/lake", raising=False)
    with pytest.raises(LakeError, match="not on this machine"):
        connect_file(lake, file, DAY)
    assert not file.exists()
