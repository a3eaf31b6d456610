"""`trailhouse sql`: questions from anywhere, values bound, older snapshots, the plan."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, replaced

COUNT = "select count(*) as n from cloudtrail_logs"


def test_a_question_is_answered(run: Run, lake: Path) -> None:
    """Into a pipe the answer is JSON lines."""
    assert run("sql", COUNT, "--lake", lake).rows == [{"n": 24}]


def test_a_question_may_be_in_a_file_or_piped(
    run: Run, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """@FILE and - stand for SQL that is elsewhere."""
    Path("question.sql").write_text(f"-- how many\n{COUNT};\n")
    assert run("sql", "@question.sql", "--lake", lake).rows == [{"n": 24}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(COUNT))
    assert run("sql", "-", "--lake", lake).rows == [{"n": 24}]
    assert "no.sql: cannot be read" in run("sql", "@no.sql", "--lake", lake).err


def test_values_are_bound(run: Run, lake: Path) -> None:
    """--param gives a value and never SQL; numbers are compared as numbers."""
    query = f"{COUNT} where eventname = $name and event_date < $day"
    ran = run("sql", query, "--lake", lake, "-p", "name=GetUser", "-p", "day=2026-03-02")
    assert ran.rows == [{"n": 4}]
    ran = run("sql", query, "--lake", lake, "-p", "name=x' or 1=1 --", "-p", "day=2027-01-01")
    assert ran.rows == [{"n": 0}]
    ran = run("sql", f"{COUNT} having n > $least", "--lake", lake, "--param", "least=5")
    assert ran.rows == [{"n": 24}]


@pytest.mark.parametrize("given", ["name", "=x", "a b=c"])
def test_a_value_without_a_name_is_a_usage_error(run: Run, lake: Path, given: str) -> None:
    """--param is NAME=VALUE."""
    ran = run("sql", COUNT, "--lake", lake, "--param", given)
    assert ran.code == 2
    assert "write: --param name=value" in ran.err


def test_a_missing_value_is_named(run: Run, lake: Path) -> None:
    """A parameter of the query that has no value is an error that names it."""
    ran = run("sql", f"{COUNT} where eventname = $name", "--lake", lake)
    assert ran.code == 1
    assert "name" in ran.err


def test_older_snapshots_can_be_asked(run: Run, own_lake: Path, tmp_path: Path) -> None:
    """--at takes a snapshot's id, a time or an age."""
    before = run("status", "--lake", own_lake, "--format", "json").json
    (tmp_path / "more.json").write_text(
        '{"eventVersion": "1.11", "eventID": "more", "eventTime": "2026-03-09T00:00:00Z"}'
    )
    run("ingest", "more.json", "--lake", own_lake)
    assert run("sql", COUNT, "--lake", own_lake).rows == [{"n": 25}]
    asked = ("sql", COUNT, "--lake", own_lake, "--at")
    assert run(*asked, before["snapshot_id"]).rows == [{"n": 24}]
    assert run(*asked, before["committed_at"]).rows == [{"n": 24}]
    ran = run(*asked, "3h")
    assert ran.code == 1
    assert "trailhouse status" in ran.err
    assert run(*asked, "whenever").code == 2


def test_the_plan_shows_what_is_read(run: Run, lake: Path) -> None:
    """--explain names the files and days that would be read, and runs nothing."""
    query = "select error('no') from cloudtrail_logs where event_date = '2026-03-02'"
    ran = run("sql", query, "--lake", lake, "--explain", "--format", "table")
    assert ran.code == 0
    assert "files      1 of 3" in ran.out
    assert "days       1 of 3, 2026-03-02 to 2026-03-02" in ran.out
    assert "rows       at most 8 of 24" in ran.out
    (table,) = run("sql", query, "--lake", lake, "--explain", "-f", "json").json["tables"]
    assert (table["read"]["n_files"], table["whole"]["n_files"]) == (1, 3)


@pytest.mark.parametrize("query", ["selec 1", "select nope from cloudtrail_logs", "drop table x"])
def test_what_is_refused_is_one_line(run: Run, lake: Path, query: str) -> None:
    """SQL that is wrong, or writes, is one line on stderr and exit code 1."""
    ran = run("sql", query, "--lake", lake)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1


def test_a_table_is_as_agreed(run: Run, lake: Path, golden: object) -> None:
    """Numbers stand right, text left, times are ISO 8601."""
    query = (
        "select eventname, count(*) as n, min(event_time) as first, avg(1.5) as mean "
        "from cloudtrail_logs group by all order by eventname"
    )
    assert callable(golden)
    golden("sql.txt", replaced(run("sql", query, "--lake", lake, "-f", "table").out))
