"""`trailhouse connect`."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.cli.conftest import Run


def test_the_file_can_be_asked(run: Run, lake: Path) -> None:
    """The command says what the file shows and until when; a client can ask it."""
    ran = run("connect", "it.duckdb", "--lake", lake, "--format", "table")
    assert ran.code == 0, ran.err
    assert "it.duckdb shows the lake as of" in ran.out
    assert "valid until" in ran.out
    told = run("connect", "it.duckdb", "--lake", lake, "--format", "json").json
    assert {"cloudtrail_logs", "ingest_objects"} <= set(told["tables"])
    with duckdb.connect("it.duckdb", read_only=True) as client:
        (found,) = client.execute("select count(*) from cloudtrail_logs").fetchone() or (0,)
    assert found == 24


def test_what_is_no_database_is_a_usage_error(run: Run, lake: Path) -> None:
    """A file of another kind is not overwritten."""
    Path("mine.txt").write_text("keep this text, please")
    ran = run("connect", "mine.txt", "--lake", lake)
    assert ran.code == 2
    assert "is no DuckDB database" in ran.err
