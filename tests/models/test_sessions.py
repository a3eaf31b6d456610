"""Sessions: one row each, over midnights, accounts and Regions, and what a long silence makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from pipeline.lake.catalog import open_lake
from tests.events import gzipped, take_in, trail_name
from tests.models.sessiontables import Row, build_sessions, context, rows_of
from tests.models.stories import Story, account_of, moment

DAY = 86_400


def _told() -> Story:
    """Tell of sessions that last, pause, cross accounts and have no key."""
    story = Story("sessions", "", 900)
    role, name = story.role("worker"), "work"
    lasting, idle, keyless = story.key(1), story.key(2), role.session(name, "", 7)
    here = role.session(name, lasting)
    story.call(here, 11 * 3600, sourceIPAddress="192.0.2.1", userAgent="cli")
    story.call(here, 13 * 3600, sourceIPAddress="192.0.2.1", awsRegion="eu-west-1")
    story.call(here, DAY, account=story.account(4), errorCode="AccessDenied")
    story.call(here, 2 * DAY, sessionCredentialFromConsole="true")
    story.call(account_of(here) | {"accessKeyId": lasting}, DAY, account=story.account(5))
    for day in (0, 1, 5, 6):
        story.call(role.session(name, idle), day * DAY)
    story.call(keyless, 60, sourceIPAddress="athena.amazonaws.com")
    story.call(story.user(), 90)
    return story


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[Row]]:
    """Give the rows of sessions by session."""
    lake = open_lake(str(tmp_path_factory.mktemp("sessions") / "lake"), create=True)
    take_in(lake, {trail_name(0): gzipped(*_told().records)})
    build_sessions(lake, context())
    found: dict[str, list[Row]] = {}
    for row in rows_of(lake, "sessions"):
        found.setdefault(row["session_id"], []).append(row)
    return found


def test_a_session_is_one_row_on_its_first_day(rows: Mapping[str, Sequence[Row]]) -> None:
    """Calls over two midnights, four accounts' trails and two Regions are one session's."""
    story = _told()
    [row] = rows[story.key(1)]
    assert row["event_date"] == date(2026, 3, 10)
    assert row["n_events"] == 5
    assert row["n_errors"] == row["n_denied"] == 1
    assert row["account_ids"] == [story.account(n) for n in (0, 4, 5)]
    assert row["regions"] == ["eu-west-1", "us-east-1"]
    assert row["source_ips"] == ["192.0.2.1"]
    assert row["user_agents"] == ["cli"]
    assert row["is_console"] is True
    assert row["principal_id"] == story.role("worker").arn
    assert row["principal_type"] == "role"
    assert (row["last_event_time"] - row["first_event_time"]).total_seconds() == 37 * 3600


def test_after_two_idle_days_a_key_counts_anew(rows: Mapping[str, Sequence[Row]]) -> None:
    """An expired key that is tried again has a row of that day, apart from the first."""
    found = rows[_told().key(2)]
    assert [(row["event_date"].day, row["n_events"]) for row in found] == [(10, 2), (15, 2)]


def test_a_session_without_a_key_is_known_by_its_creation(
    rows: Mapping[str, Sequence[Row]],
) -> None:
    """Calls without a key are the session's of that role, name and creation time."""
    role = _told().role("worker")
    [row] = rows[f"{role.unique_id}:work@{moment(7)}"]
    assert row["access_key_id"] is None
    assert row["session_name"] == "work"


def test_long_lived_keys_are_no_sessions(rows: Mapping[str, Sequence[Row]]) -> None:
    """A user's own access key makes no session."""
    assert len(rows) == 3
