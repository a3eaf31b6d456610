"""`trailhouse status`: all that is known of a lake, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Run, replaced
from tests.events import event


def test_the_text_is_as_agreed(run: Run, lake: Path, golden: Callable[[str, str], None]) -> None:
    """Counts, failures with their next step, quarantine and runs, in a few lines."""
    text = run("status", "--lake", lake, "--format", "table").out
    text = replaced(text, (str(lake), "LAKE"), (str(lake.parent), "FOLDER"))
    text = re.sub(r"(?<!-)\d{4}-\d\d-\d\dT[\d:]+Z(?= |\n|$)", _moment, text)
    text = re.sub(r"newest     \d+", "newest     ID", text)
    text = re.sub(r"(size|snapshots) .*", r"\1 …", text)
    text = re.sub(r" +\d+\.\d s(?=  )", "  SECONDS", text)
    golden("status.txt", text)


def test_the_data_is_everything(run: Run, lake: Path) -> None:
    """JSON has the counts, failures, quarantine and the last runs with their summaries."""
    told = run("status", "--lake", lake, "--format", "json").json
    assert told["n_events"] == 24
    assert told["failures"][0]["state"] == "broken"
    assert told["quarantine"][0]["n_records"] == 1
    assert told["runs"][0]["command"] == "ingest"
    assert told["runs"][0]["summary"]["rows_added"] == 24


def test_so_many_runs_are_shown(run: Run, own_lake: Path, trail: Path) -> None:
    """--runs says how many."""
    run("ingest", trail, "--lake", own_lake)
    for number in (0, 1, 2):
        told = run("status", "--lake", own_lake, "-f", "json", "--runs", number).json
        assert len(told["runs"]) == number


def test_an_empty_lake_says_what_to_do(run: Run, tmp_path: Path) -> None:
    """With nothing in it the next step is an ingest."""
    (tmp_path / "empty").mkdir()
    run("ingest", "empty", "--lake", "lake")
    ran = run("status", "--lake", "lake", "-f", "table")
    assert ran.code == 0
    assert "the lake is empty; fill it with: trailhouse ingest SOURCE" in ran.out


def test_conflicts_come_with_a_query(run: Run, own_lake: Path, trail: Path) -> None:
    """An event delivered in two versions is counted, and the query that is named shows both."""
    (trail / "other.json").write_text(json.dumps(event("1-0", eventName="DeleteUser")))
    run("ingest", trail, "--lake", own_lake)
    text = run("status", "--lake", own_lake, "-f", "table").out
    assert "1 event delivered in 2 versions" in text
    assert "1 conflict" in text
    query = "from ingest_conflicts order by event_id"
    assert f'see conflicts with: trailhouse sql "{query}"' in text
    assert len(run("sql", query, "--lake", own_lake).rows) == 2


def test_snapshots_are_listed(run: Run, own_lake: Path, trail: Path) -> None:
    """--snapshots has one row each, newest first, with an id that `sql --at` takes."""
    (trail / "more.json").write_text(json.dumps(event("more", eventTime="2026-03-01T00:00:00Z")))
    run("ingest", trail, "--lake", own_lake)
    run("maintain", "--retain", "1d", "--lake", own_lake)
    rows = run("status", "--snapshots", "--lake", own_lake).rows
    told = [(row["kind"], row["rows_added"], row["rows_removed"]) for row in rows]
    assert told[-2:] == [("ingest", 1, 0), ("ingest", 24, 0)]
    assert told[0] == ("retention", 0, 25)
    asked = ["sql", "select count(*) as n from cloudtrail_logs", "--lake", own_lake, "--at"]
    assert run(*asked, rows[-1]["snapshot_id"]).rows == [{"n": 24}]
    assert "trailhouse status --snapshots" in run(*asked, 42).err
    text = run("status", "--snapshots", "--lake", own_lake, "-f", "table").out
    assert str(rows[0]["snapshot_id"]) in text


def _moment(found: re.Match[str]) -> str:
    """Keep times of the trail, hide those of the run."""
    return found[0] if found[0].startswith("2026-03") else "TIME"
