"""`trailhouse sql --dialect`: notes beside the answer, the translation in the plan, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import open_lake
from pipeline.errors import UsageError
from tests.cli.conftest import Run

QUERY = "select eventName, count(*) from my_table where dt = '2026/03/02' group by 1 order by 1"


def test_a_query_for_athena_is_answered(run: Run, lake: Path) -> None:
    """Rows go to stdout under Athena's names, what was resolved to stderr."""
    ran = run("sql", "--dialect", "athena", QUERY, "--lake", lake)
    assert ran.code == 0
    assert ran.rows == [
        {"eventName": "GetUser", "_col1": 4},
        {"eventName": "ListUsers", "_col1": 4},
    ]
    assert "my_table is taken for cloudtrail_logs (line 1 column 33)" in ran.err


def test_quiet_says_nothing_beside_the_answer(run: Run, lake: Path) -> None:
    """--quiet keeps the notes back."""
    ran = run("sql", "--dialect", "athena", QUERY, "--lake", lake, "--quiet")
    assert (ran.code, ran.err) == (0, "")


def test_a_query_for_lake_is_answered(run: Run, lake: Path) -> None:
    """A data store's id stands for the view of its columns."""
    query = "select count(*) as n from 4a1b2c3d-1111-2222-3333-0123456789ab where eventtime < $end"
    ran = run("sql", "--dialect", "lake", query, "--lake", lake, "-p", "end=2026-03-01 09:00:00")
    assert ran.rows == [{"n": 1}]


def test_the_plan_shows_the_translation(run: Run, lake: Path) -> None:
    """--explain has DuckDB's SQL and the files that are skipped, as text and as JSON."""
    asked = ("sql", "--dialect", "athena", QUERY, "--lake", lake, "--explain")
    ran = run(*asked, "--format", "table")
    assert "translated to" in ran.out
    assert "strftime" in ran.out.lower()
    assert "files      1 of 3" in ran.out
    plan = run(*asked, "--format", "json").json
    assert plan["sql"].startswith("SELECT")
    assert plan["tables"][0]["read"]["n_files"] == 1


def test_lenient_runs_what_is_meant(run: Run, lake: Path) -> None:
    """Without it the error names it; with it the change is said."""
    query = "select count(*) as n from t where eventname == 'GetUser'"
    ran = run("sql", "--dialect", "athena", query, "--lake", lake)
    assert ran.code == 1
    assert "== is no operator, at line 1 column 45; give --lenient" in ran.err
    ran = run("sql", "--dialect", "athena", query, "--lake", lake, "--lenient")
    assert ran.rows == [{"n": 12}]
    assert "taken for =" in ran.err


def test_lenient_is_about_a_dialect(run: Run, lake: Path) -> None:
    """It means nothing for DuckDB's own SQL."""
    ran = run("sql", "select 1", "--lake", lake, "--lenient")
    assert ran.code == 2
    assert "give --dialect as well" in ran.err


def test_a_missing_value_is_asked_for(run: Run, lake: Path) -> None:
    """A placeholder of a value is filled by --param of its name."""
    query = "select count(*) as n from ${table} where eventname = '${event}'"
    ran = run("sql", "--dialect", "athena", query, "--lake", lake)
    assert ran.code == 1
    assert "give --param event=VALUE" in ran.err
    ran = run("sql", "--dialect", "athena", query, "--lake", lake, "-p", "event=GetUser")
    assert ran.rows == [{"n": 12}]


def test_an_unknown_dialect_is_a_usage_error(lake: Path) -> None:
    """From Python, too, what can be given is named."""
    with open_lake(lake) as opened, pytest.raises(UsageError, match="give athena or lake"):
        opened.sql("select 1", dialect="trino")
