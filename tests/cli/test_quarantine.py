"""`trailhouse quarantine`: what could not become an event is listed, shown and tried again."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.cli.quarantine import shown_entries
from pipeline.ingest.quarantine import list_entries
from pipeline.lake.catalog import open_lake
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


def test_an_unknown_reason_is_told_apart_from_none(run: Run, lake: Path) -> None:
    """A reason that no record has is an error, which names the reasons there are."""
    for name in ("list", "retry"):
        ran = run("quarantine", name, "--reason", "bad_time", "--lake", lake)
        assert ran.code == 1
        assert "no record in the quarantine with reason bad_time" in ran.err
        assert "there are: no_event_time" in ran.err


def test_a_narrow_terminal_keeps_the_place(lake: Path) -> None:
    """At 80 columns object and position are there, the object cut in its middle."""
    found = list_entries(open_lake(str(lake)))
    (row,) = shown_entries(found, 80).to_pylist()
    assert list(row) == ["id", "reason", "object", "position"]
    assert row["object"].startswith("111122223333_")
    assert row["object"].endswith("4.json.gz")
    assert sum(len(str(value)) for value in row.values()) + 6 <= 80
    assert "detail" in shown_entries(found, None).column_names


def test_a_dismissed_record_is_closed(run: Run, own_lake: Path) -> None:
    """It is listed, counted and tried again no more; reason and text can still be shown."""
    row = _entry(run, own_lake)
    name = row["quarantine_id"]
    dismiss = ("quarantine", "dismiss", name[:8], name, "--lake", own_lake, "-f", "json")
    assert run(*dismiss, "--because", " ").code == 2
    assert run(*dismiss, "--because", "repaired by hand").json == {"records_dismissed": 1}
    assert run(*dismiss, "--because", "twice").json == {"records_dismissed": 0}
    assert run("quarantine", "list", "--lake", own_lake).rows == []
    assert run("quarantine", "list", "--lake", own_lake, "--reason", row["reason"]).rows == []
    assert "in quarantine" not in run("status", "--lake", own_lake, "-f", "table").out
    shown = run("quarantine", "show", name, "--lake", own_lake, "-f", "json").json
    assert (shown["state"], shown["detail"]) == ("dismissed", "repaired by hand")
    assert json.loads(shown["text"])["eventTime"] == "once upon a time"


def test_what_stays_unreadable_stays(run: Run, own_lake: Path) -> None:
    """Trying again adds nothing while nothing has changed, and loses nothing."""
    row = _entry(run, own_lake)
    for choice in ([], ["--reason", row["reason"]], [row["quarantine_id"]]):
        ran = run("quarantine", "retry", *choice, "--lake", own_lake, "--format", "json")
        assert ran.code == 0
        assert ran.json["rows_added"] == 0
    assert _entry(run, own_lake)["quarantine_id"] == row["quarantine_id"]
    text = run("quarantine", "retry", "--lake", own_lake, "-f", "table").out
    assert "nothing of it can be read yet; 1 record stays in quarantine" in text


def test_ids_and_a_reason_are_too_much(run: Run, lake: Path) -> None:
    """One choice at a time."""
    assert run("quarantine", "retry", "a", "--reason", "b", "--lake", lake).code == 2
