"""Retention: whole days past their age go, with the content of theirs kept elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_facts, new_batch_id
from pipeline.lake.retain import retain
from pipeline.lake.schema import CONFLICTS, LOGS, OBJECTS, QUARANTINE
from pipeline.lake.snapshot import read_lake
from tests.events import event as record
from tests.events import gzipped, rows, take_in, trail_name
from tests.lake.filling import contents
from tests.lakerows import at, commit_rows, event, write_rows

NOW = datetime(2026, 10, 8, 6, tzinfo=UTC)
"""The eighth day, in the morning; at(0) is the first."""


def _ten_days(lake: Lake) -> None:
    conflicts = [{"event_id": f"{n}", "event_date": at(n).date(), "record": "x"} for n in range(10)]
    quarantine = [{"quarantine_id": f"{n}", "quarantined_at": at(n)} for n in range(10)]
    ledger = [{"uri": f"{n}", "log_date": at(n).date(), "state": "done"} for n in range(10)]
    commit_rows(
        lake,
        *[[event(at(n, hour)) for hour in range(n + 1)] for n in range(10)],
        ingest_objects=ledger,
        ingest_quarantine=quarantine,
        ingest_conflicts=conflicts,
    )


def test_days_older_than_the_age_go_whole(lake: Lake) -> None:
    """Days that ended longer ago than the age go; a day that only began then stays."""
    _ten_days(lake)
    retained = retain(lake, timedelta(days=5), now=NOW)
    assert retained.before == date(2026, 10, 3)
    assert [(str(day.day), day.n_events) for day in retained.days] == [
        ("2026-10-01", 1),
        ("2026-10-02", 2),
    ]
    assert min(row["event_date"] for row in rows(lake)) == date(2026, 10, 3)
    assert len(rows(lake)) == sum(range(3, 11))


def test_content_kept_elsewhere_goes_too_the_ledger_stays(lake: Lake) -> None:
    """Conflicts of those days and quarantined records of that age go; the ledger is untouched."""
    _ten_days(lake)
    ledger = contents(lake, OBJECTS.name)
    retained = retain(lake, timedelta(days=5), now=NOW)
    assert (retained.n_conflicts, retained.n_quarantined) == (2, 2)
    assert sorted(row["event_id"] for row in rows(lake, CONFLICTS.name)) == list("23456789")
    assert sorted(row["quarantine_id"] for row in rows(lake, QUARANTINE.name)) == list("23456789")
    assert contents(lake, OBJECTS.name) == ledger


def test_a_dry_run_says_what_goes_and_removes_nothing(lake: Lake) -> None:
    """Days, events, files and bytes are told beforehand, exactly, and all is still there."""
    _ten_days(lake)
    before = contents(lake), contents(lake, CONFLICTS.name)
    foreseen = retain(lake, timedelta(days=5), dry_run=True, now=NOW)
    assert (contents(lake), contents(lake, CONFLICTS.name)) == before
    assert foreseen == retain(lake, timedelta(days=5), now=NOW)
    assert all(day.n_bytes > 0 and day.n_files == 1 for day in foreseen.days)


def test_a_second_run_finds_nothing(lake: Lake) -> None:
    """Retaining again removes nothing more."""
    _ten_days(lake)
    retain(lake, timedelta(days=5), now=NOW)
    again = retain(lake, timedelta(days=5), now=NOW)
    assert (again.days, again.n_conflicts, again.n_quarantined) == ((), 0, 0)


def test_everything_may_be_past_its_time(lake: Lake) -> None:
    """Where no day is young enough all go, and the lake is empty and usable."""
    _ten_days(lake)
    retain(lake, timedelta(days=1), now=NOW + timedelta(days=100))
    assert rows(lake) == rows(lake, CONFLICTS.name) == []
    commit_rows(lake, [event(at(0))])
    assert len(rows(lake)) == 1


def test_an_event_added_meanwhile_stays(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an ingest commits to a young day while old days are taken out is kept."""
    _ten_days(lake)
    plan = read_lake
    seen: list[int] = []

    def read_and_add(where: Lake) -> object:
        view = plan(where)
        seen.append(1)
        name = f"tables/{LOGS.name}/data/late-{len(seen)}.parquet"
        location = write_rows(where, LOGS.name, [event(at(9), 99 + len(seen))], name)
        append_facts(where.table(LOGS.name), [location], new_batch_id(), [])
        return view

    monkeypatch.setattr("pipeline.lake.retain.read_lake", read_and_add)
    retain(lake, timedelta(days=5), now=NOW)
    assert len(rows(lake)) == sum(range(3, 11)) + len(seen)


def test_objects_of_days_that_went_are_not_taken_in_again(lake: Lake) -> None:
    """The ledger stays, so an unchanged object whose events are gone is not new."""
    objects = {trail_name(1): gzipped(record(1), record(2))}
    take_in(lake, objects)
    retain(lake, timedelta(days=1), now=NOW)
    assert rows(lake) == []
    assert take_in(lake, objects).objects_new == 0


def test_less_than_a_day_is_refused(lake: Lake) -> None:
    """An age under a day is a mistake, not a wish to lose today."""
    with pytest.raises(UsageError, match="one day or more"):
        retain(lake, timedelta(hours=3))
