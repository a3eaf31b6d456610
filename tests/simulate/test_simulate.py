"""The whole simulation: what it says it wrote is what is there."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.errors import UsageError
from pipeline.simulate import Plan, read_truth, simulate
from pipeline.simulate.session import Session
from pipeline.simulate.world import World
from tests.simulate.conftest import Trail

_KEY = re.compile(
    r"AWSLogs/o-[a-z0-9]{10}/(\d{12})/(CloudTrail(?:-Insight)?)/([a-z]{2}-[a-z]+-\d)/"
    r"(\d{4})/(\d\d)/(\d\d)/\1_\2_\3_\4\5\6T\d\d[0-5][05]Z_[A-Za-z0-9]{16}\.json\.gz"
)
_REQUIRED = ("eventVersion", "eventTime", "awsRegion", "eventID", "eventType", "eventCategory")
_CALL = ("userIdentity", "eventSource", "eventName", "sourceIPAddress", "requestID")


def _digest(folder: Path) -> str:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_same_plan_writes_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of one plan are equal file by file, and another seed is not."""
    plan = Plan(accounts=3, events=1500, days=1)
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        simulate(replace(plan, seed=seed), tmp_path / name)
    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")
    assert _digest(tmp_path / "one") != _digest(tmp_path / "other")


def test_truth_is_what_a_plain_reader_counts(trail: Trail) -> None:
    """Objects, records, distinct events, bytes, days, services and actions agree with the files."""
    truth = trail.truth
    assert truth.events == trail.plan.events == len(trail.events)
    assert truth.objects == len(trail.objects)
    assert truth.records == len(trail.records) == truth.events + truth.duplicates
    assert truth.late == sum("addendum" in event for event in trail.events)
    assert truth.inflated_bytes == sum(len(text.encode()) for text in trail.texts.values())
    sizes = (path.stat().st_size for path in trail.folder.rglob("*.gz"))
    assert truth.stored_bytes == sum(sizes)
    days = Counter(
        f"{e['recipientAccountId']}/{e['awsRegion']}/{e['eventTime'][:10]}" for e in trail.events
    )
    assert truth.by_day == days
    assert truth.services == Counter(e.get("eventSource", "") for e in trail.events)
    assert truth.actions == Counter(
        f"{e.get('eventSource', '')}/{e.get('eventName', '')}" for e in trail.events
    )
    assert truth.first_time == trail.events[0]["eventTime"]
    assert truth.last_time == trail.events[-1]["eventTime"]
    assert truth.labels == ()
    assert read_truth(trail.folder) == truth


def test_the_keys_file_has_each_event_once(trail: Trail) -> None:
    """The Parquet file beside the trail holds the key of every distinct event and no other."""
    rows = pq.read_table(trail.folder / trail.truth.keys).to_pylist()
    keys = Counter((row["account_id"], row["event_id"]) for row in rows)
    assert keys == Counter((e["recipientAccountId"], e["eventID"]) for e in trail.events)


def test_objects_have_the_keys_of_an_organisation_trail(trail: Trail) -> None:
    """Each key has CloudTrail's layout, and its records are of its account, region and family."""
    for key, records in trail.objects.items():
        match = _KEY.fullmatch(key)
        assert match, key
        account, family, region = match.groups()[:3]
        for record in records:
            assert record["recipientAccountId"] == account
            assert record["awsRegion"] == region
            is_insight = record["eventCategory"] == "Insight"
            assert is_insight == (family == "CloudTrail-Insight")


def test_an_object_holds_nothing_from_after_it(trail: Trail) -> None:
    """No record is of a later time than the window its object is named after."""
    for key, records in trail.objects.items():
        stamp = re.search(r"_(\d{8}T\d{4})Z_", key)
        assert stamp
        at = datetime.strptime(stamp[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        newest = max(datetime.fromisoformat(record["eventTime"]) for record in records)
        assert (newest - at).total_seconds() < 300, key


def test_every_record_has_the_fields_of_a_record(trail: Trail) -> None:
    """What CloudTrail documents as always there is there, and no template is left unfilled."""
    for text in trail.texts.values():
        assert text.startswith('{"Records":[{"eventVersion":"1.')
        assert "%(" not in text
    for event in trail.events:
        assert all(event[field] for field in _REQUIRED)
        datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        if event["eventType"] == "AwsApiCall":
            assert all(event[field] for field in _CALL)
            assert {"requestParameters", "responseElements", "readOnly", "userAgent"} <= set(event)
            assert event["managementEvent"] is (event["eventCategory"] == "Management")
        if "errorCode" in event:
            assert event["errorMessage"]
            assert event.get("responseElements") is None


def test_doubles_are_byte_for_byte_and_in_another_object(trail: Trail) -> None:
    """An event delivered twice is the same text in two objects, about as often as asked."""
    places: dict[str, list[str]] = {}
    for key, records in trail.objects.items():
        ids = [record["eventID"] for record in records]
        assert len(ids) == len(set(ids)), key
        for event_id in ids:
            places.setdefault(event_id, []).append(key)
    doubled = {event_id: keys for event_id, keys in places.items() if len(keys) > 1}
    assert len(doubled) == trail.truth.duplicates
    assert 0.015 < len(doubled) / trail.truth.events < 0.025
    for event_id, keys in list(doubled.items())[:100]:
        mark = f'"eventID":"{event_id}"'
        first, second = (
            next(r for r in trail.texts[key].split('{"eventVersion"') if mark in r) for key in keys
        )
        assert first.rstrip(",]}") == second.rstrip(",]}")


def test_late_records_say_so(trail: Trail) -> None:
    """A delayed record carries its addendum, and its object is of a later window."""
    late = 0
    for key, records in trail.objects.items():
        stamp = re.search(r"_(\d{8}T\d{4})Z_", key)
        assert stamp
        at = datetime.strptime(stamp[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        for record in records:
            if "addendum" in record:
                late += 1
                assert record["addendum"] == {"reason": "DELIVERY_DELAY"}
                delay = at - datetime.fromisoformat(record["eventTime"])
                assert delay.total_seconds() >= 900
    assert 0.007 < late / trail.truth.events < 0.013


def test_fixed_objects_have_exactly_the_records_asked_for(tmp_path: Path) -> None:
    """With records_per_file each stream has full objects but for what is left at the end."""
    plan = Plan(accounts=2, events=3000, days=1, records_per_file=50, organisation=False)
    truth = simulate(plan, tmp_path)
    trail = Trail(tmp_path, plan, truth)
    full = [records for records in trail.objects.values() if len(records) == 50]
    assert all(len(records) <= 50 for records in trail.objects.values())
    assert len(full) >= truth.records // 50 - 30
    assert all(re.match(r"AWSLogs/\d{12}/CloudTrail", key) for key in trail.objects)


@pytest.mark.parametrize("events", [1, 2, 137])
def test_the_number_of_events_is_exact(tmp_path: Path, events: int) -> None:
    """However few events are asked for, so many there are."""
    assert simulate(Plan(accounts=1, events=events, days=0.02), tmp_path).events == events


def test_an_organisation_has_its_natural_number_of_events(tmp_path: Path) -> None:
    """Without a number a working day gives each account thousands of events."""
    truth = simulate(Plan(accounts=1, days=0.25), tmp_path)
    assert 500 < truth.events < 20_000


def test_progress_hears_of_the_events(tmp_path: Path) -> None:
    """The callback is called with growing numbers, up to all."""
    heard: list[int] = []
    simulate(Plan(accounts=1, events=500, days=0.1), tmp_path, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] <= 500


def test_a_folder_with_a_trail_is_refused(tmp_path: Path) -> None:
    """A second simulation into a folder would make its truth a lie."""
    plan = Plan(accounts=1, events=10, days=0.1)
    simulate(plan, tmp_path)
    with pytest.raises(UsageError, match="has AWSLogs already; name an empty folder"):
        simulate(plan, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accounts": 0}, "0 accounts"),
        ({"days": 0.0}, "0.0 days"),
        ({"events": 0}, "0 events"),
        ({"records_per_file": 0}, "0 records in a file"),
        ({"duplicates": 1.5}, "1.5 duplicates"),
        ({"late": -0.1}, "-0.1 late"),
        ({"start": datetime(2026, 1, 1)}, "no time zone"),
        ({"start": datetime(1, 1, 1, tzinfo=UTC)}, "the year 1; ask for"),
        ({"start": datetime(9999, 12, 31, tzinfo=UTC)}, "the year 9999; ask for"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    """Each field out of its range is named."""
    with pytest.raises(UsageError, match=message):
        simulate(replace(Plan(), **change), tmp_path)  # type: ignore[arg-type]


class _Visitor:
    """A harmless scenario: someone lists buckets three times."""

    start = 600.0

    def act(self, world: World) -> Iterator[float]:
        account = world.organisation.management
        session = Session(account.id, account.home, '{"type":"Unknown"}', "192.0.2.1", "x", "y")
        for _ in range(3):
            action = world.actions["s3.ListBuckets"]
            world.emit(action, session, succeeds=True, label="visit")
            yield 60.0


def test_a_scenario_comes_on_top_and_is_labelled(tmp_path: Path) -> None:
    """A scenario's events are in the same streams, and the truth knows which they are."""
    plan = Plan(accounts=2, events=400, days=0.5)
    truth = simulate(plan, tmp_path, scenarios=[_Visitor()])
    trail = Trail(tmp_path, plan, truth)
    visits = [e for e in trail.events if e["sourceIPAddress"] == "192.0.2.1"]
    assert truth.events == len(trail.events) == 403
    assert [label.label for label in truth.labels] == ["visit"] * 3
    assert {label.event_id for label in truth.labels} == {e["eventID"] for e in visits}
    assert read_truth(tmp_path).labels == truth.labels
