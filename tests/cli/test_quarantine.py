"""`trailhouse quarantine`: what could not become an event is listed, shown and tried again."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def _entry(run: Run, lake: Path) -> dict[str, str]:
    (row,) = run("quarantine", "list", "--lake", lake).rows
    assert isinstance(row, dict)
    return row


def test_records_are_listed(run: Run, lake: Path) -> None:
    """The list names reason, detail, place and time; it can be narrowed to a reason."""
    row = _entry(run, lake)
    assert row["uri"].endswith("_0000000000000004.json.gz")
    reason = row["reason"]
    assert len(run("quarantine", "list", "--lake", lake, "--reason", reason).rows) == 1
    assert run("quarantine", "list", "--lake", lake, "--reason", "other").rows == []
    ran = run("quarantine", "list", "--lake", lake, "--format", "table")
    assert row["quarantine_id"][:12] in ran.out
    assert "trailhouse quarantine show ID" in ran.err


def test_a_record_is_shown(run: Run, lake: Path) -> None:
    """A beginning of the id is enough; the text is there as it was."""
    row = _entry(run, lake)
    shown = run("quarantine", "show", row["quarantine_id"][:10], "--lake", lake, "-f", "json").json
    assert json.loads(shown["text"])["eventTime"] == "once upon a time"
    assert shown["reason"] == row["reason"]
    text = run("quarantine", "show", row["quarantine_id"], "--lake", lake, "-f", "table").out
    assert "once upon a time" in text
    raw = run("quarantine", "show", row["quarantine_id"], "--lake", lake, "--raw").out
    assert raw == shown["text"]


def test_an_unknown_id_says_where_to_look(run: Run, lake: Path) -> None:
    """No such record: the error names the list."""
    ran = run("quarantine", "show", "zzzz", "--lake", lake)
    assert ran.code == 1
    assert "trailhouse quarantine list" in ran.err


def test_what_stays_unreadable_stays(run: Run, own_lake: Path) -> None:
    """Trying again adds nothing while nothing has changed, and loses nothing."""
    row = _entry(run, own_lake)
    for choice in ([], ["--reason", row["reason"]], [row["quarantine_id"]]):
        ran = run("quarantine", "retry", *choice, "--lake", own_lake, "--format", "json")
        assert ran.code == 0
        assert ran.json["rows_added"] == 0
    assert _entry(run, own_lake)["quarantine_id"] == row["quarantine_id"]


def test_ids_and_a_reason_are_too_much(run: Run, lake: Path) -> None:
    """One choice at a time."""
    assert run("quarantine", "retry", "a", "--reason", "b", "--lake", lake).code == 2
