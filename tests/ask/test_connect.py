"""The DuckDB file of views: what is in it, who can read it, and when it is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import pytest

from pipeline.ask.connect import ABOUT, connect_file, public_names
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.compact import CompactOptions
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import read_lake
from pipeline.steps.build import build
from pipeline.steps.maintain import MaintainOptions, maintain
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


def test_what_a_client_left_behind_keeps_nobody_out(lake: Lake, file: Path) -> None:
    """A client that was killed while it wrote leaves a log that fits no other file."""
    connect_file(lake, file, DAY)
    code = """if True:
        import duckdb, os, signal, sys
        client = duckdb.connect(sys.argv[1])
        client.execute("create table notes (text varchar)")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert file.with_name("asked.duckdb.wal").exists()
    connect_file(lake, file, DAY)
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(0,)]
    assert [name for name in os.listdir(file.parent) if "asked" in name] == ["asked.duckdb"]


def test_it_answers_until_it_said(lake: Lake, file: Path) -> None:
    """Files that compaction replaced and expiry forgot stay for the grace, and no longer."""
    commit_rows(lake, *([event(at(0, hour), hour)] for hour in range(4)))
    connect_file(lake, file, DAY)
    upkeep = MaintainOptions(CompactOptions(min_files=2), 1, timedelta(0), DAY)
    maintain(lake, upkeep)
    maintain(lake, upkeep)
    connect_file(lake, other := file.with_name("new.duckdb"), DAY)
    assert "data" in _files(file) != _files(other)
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(4,)]
    maintain(lake, replace(upkeep, grace=timedelta(0)))
    assert _ask(other, "select count(*) from cloudtrail_logs") == [(4,)]
    with pytest.raises(duckdb.IOException, match=r"No files found|No such file"):
        _ask(file, "select count(*) from cloudtrail_logs")


def _files(file: Path) -> str:
    """Return the SQL of the view of the facts, which names their files."""
    ((sql,),) = _ask(file, "select sql from duckdb_views() where view_name = 'cloudtrail_logs'")
    return str(sql)


def test_of_many_files_only_parts_are_opened(
    ten_days: Lake, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question with a time leaves alone the parts of other days: their files are not opened."""
    monkeypatch.setattr("pipeline.ask.connect._PART", 1)
    connect_file(ten_days, file, DAY)
    assert _files(file).lower().count("union all") == 9
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(31,)]
    files = {Path(f.file_path) for f in read_lake(ten_days).tables["cloudtrail_logs"].files()}
    others = {path: path.read_bytes() for path in files if _day_of(path) != date(2026, 10, 10)}
    try:
        for path in others:
            path.write_bytes(b"no Parquet")
        for condition in (
            "event_date = date '2026-10-10'",
            "event_time >= timestamptz '2026-10-10 00:00:00+00'",
            "event_time >= timestamptz '2026-10-12 00:00:00+00' - interval 2 day",
        ):
            assert _ask(file, f"select count(*) from cloudtrail_logs where {condition}") == [(4,)]
        with pytest.raises(duckdb.Error, match=r"magic bytes|too small"):
            _ask(file, "select count(*) from cloudtrail_logs")
    finally:
        for path, content in others.items():
            path.write_bytes(content)


def _day_of(path: Path) -> date:
    """Return the day that a file's events are of."""
    sql = "select min(event_date) from read_parquet(?)"
    ((day,),) = duckdb.execute(sql, [str(path)]).fetchall()
    return cast("date", day)


def test_clients_are_told_what_columns_are(lake: Lake, file: Path) -> None:
    """Tables and columns have their meaning as a comment, which clients show."""
    connect_file(lake, file, DAY)
    said = "select comment from duckdb_views() where view_name = 'cloudtrail_logs'"
    assert _ask(file, said) == [(LOGS.meaning,)]
    said = "select comment from duckdb_columns() where column_name = 'errorcode'"
    assert _ask(file, said)[0] == ("AWS's word for a refusal or failure; null: none",)


def test_it_works_from_anywhere(lake: Lake, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places in it are absolute, the command that renews it too."""
    commit_rows(lake, [event(at(0, 1), 1)])
    monkeypatch.chdir(file.parent)
    made = connect_file(lake, Path("asked.duckdb"), DAY)
    monkeypatch.chdir("/")
    assert made.file == file
    assert _ask(file, "select count(*) from cloudtrail_logs") == [(1,)]
    ((renewed_by,),) = _ask(file, f"select renewed_by from {ABOUT}")
    assert renewed_by == f"trailhouse connect {file} --lake {lake.location}"


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
