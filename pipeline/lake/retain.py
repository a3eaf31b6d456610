"""Retain: events older than an age leave the lake, by whole UTC days.

The days' files are taken out of the newest snapshot by name, which reads and writes no data.
Conflicts of those days and quarantined records of that age go too, since they hold the same
content; their files are written anew without them. The ledger stays: it holds no content, it
is the proof of what was read, and it keeps objects whose events are gone from being taken in
again. The content is gone from disk once older snapshots have expired and been swept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pyiceberg.manifest import DataFile

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import replace_files
from pipeline.lake.content import file_day
from pipeline.lake.derived import take_out_days
from pipeline.lake.rewrite import Rewrite, rewrite
from pipeline.lake.schema import CONFLICTS, LOGS, QUARANTINE
from pipeline.lake.snapshot import TableView, connect, read_lake, scan_sql

_OLD: Mapping[str, str] = {
    CONFLICTS.name: "event_date < date '{}'",
    QUARANTINE.name: "quarantined_at < timestamptz '{} 00:00:00+00'",
}


@dataclass(frozen=True, slots=True)
class RetainedDay:
    """One day of events that is past its time."""

    day: date
    n_events: int
    n_files: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Retained:
    """What is past its time.

    Attributes:
        before: the first day that stays.
        days: the days that go, oldest first.
        n_conflicts: versions of events in conflict that go.
        n_quarantined: rows of the quarantine that go.
    """

    before: date
    days: tuple[RetainedDay, ...] = ()
    n_conflicts: int = 0
    n_quarantined: int = 0


def retain(
    lake: Lake, age: timedelta, *, dry_run: bool = False, now: datetime | None = None
) -> Retained:
    """Take out the days that are wholly older than an age.

    Args:
        lake: the lake.
        age: at which a day goes, counted from its end.
        dry_run: only say what would go.
        now: what ages are counted from.

    Raises:
        UsageError: less than a day.
    """
    if age < timedelta(days=1):
        raise UsageError(f"cannot retain events for {age} only", "give one day or more")
    before = ((now or datetime.now(UTC)) - age).date()
    view = read_lake(lake)
    old = [file for file in view.tables[LOGS.name].files() if _day(file) < before]
    if old and not dry_run:
        _take_out(lake, before)
    if not dry_run:
        take_out_days(lake, before)
    return Retained(
        before,
        _days(old),
        _drop_rows(lake, view.tables[CONFLICTS.name], before, dry_run),
        _drop_rows(lake, view.tables[QUARANTINE.name], before, dry_run),
    )


def _take_out(lake: Lake, before: date) -> None:
    """Take the old files out; look again if one of them was replaced meanwhile."""
    while True:
        files = read_lake(lake).tables[LOGS.name].files()
        old = [file for file in files if _day(file) < before]
        if not old or replace_files(lake, LOGS.name, old, [], "retain"):
            return


def _day(file: DataFile) -> date:
    """Return the day a file holds; one of rows without a day is never old."""
    return file_day(file) or date.max


def _days(files: list[DataFile]) -> tuple[RetainedDay, ...]:
    found: dict[date, RetainedDay] = {}
    for file in files:
        day = _day(file)
        so_far = found.get(day, RetainedDay(day, 0, 0, 0))
        found[day] = RetainedDay(
            day,
            so_far.n_events + file.record_count,
            so_far.n_files + 1,
            so_far.n_bytes + file.file_size_in_bytes,
        )
    return tuple(found[day] for day in sorted(found))


def _drop_rows(lake: Lake, table: TableView, before: date, dry_run: bool) -> int:
    """Drop old rows of a table that is not kept by days; return how many."""
    name = table.table.name()[-1]
    old = _OLD[name].format(before.isoformat())
    dropped = 0
    for file in table.files():
        with connect() as connection:
            scan = scan_sql(table.schema, lake.storage.local([file.file_path]))
            (n_old,) = connection.sql(f"select count(*) from {scan} where {old}").fetchall()[0]
        if n_old and not dry_run:
            task = Rewrite(name, table.schema, [file.file_path], keep=f"({old}) is not true")
            locations = rewrite(lake, task) if n_old < file.record_count else []
            if not replace_files(lake, name, [file], locations, "retain"):
                lake.storage.remove(locations)
                continue  # another writer has it in hand; the next run drops them
        dropped += n_old
    return dropped
