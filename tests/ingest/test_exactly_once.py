"""Each event once, each object on record, whatever is delivered, in whatever order."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UnreadableObject
from pipeline.ingest.inflate import BrokenGzip, TooLarge, inflate
from pipeline.ingest.repair import canonical_hash
from pipeline.ingest.run import Ingest, IngestOptions
from pipeline.lake.catalog import Lake, open_lake
from tests.events import MemorySource, event, gzipped, records, rows, take_in, trail_name


def balanced(lake: Lake) -> bool:
    """Say whether the ledger adds up for each object and with the table."""
    ledger = rows(lake, "ingest_objects")
    parts = ("rows_added", "duplicates", "conflicts", "quarantined")
    return all(row["records"] == sum(row[part] for part in parts) for row in ledger) and sum(
        row["rows_added"] for row in ledger
    ) == len(rows(lake))


def test_a_second_run_adds_nothing(lake: Lake) -> None:
    """What the ledger knows is not read again."""
    objects = {trail_name(1): gzipped(event(1), event(2))}
    take_in(lake, objects)
    counts = take_in(lake, objects)
    assert (counts.objects_found, counts.objects_new, counts.rows_added) == (1, 0, 0)


def test_a_changed_object_is_read_again(lake: Lake) -> None:
    """Other content under a known name is new content."""
    take_in(lake, {trail_name(1): gzipped(event(1))})
    counts = take_in(lake, {trail_name(1): gzipped(event(1), event(2))})
    assert (counts.objects_new, counts.rows_added, counts.duplicates) == (1, 1, 1)


def test_doubles_within_a_batch_are_counted_where_they_arrived(lake: Lake) -> None:
    """The same record in two objects of one run is one row and one duplicate."""
    counts = take_in(lake, {trail_name(n): gzipped(event(1), event(n)) for n in (2, 3)})
    assert (counts.rows_added, counts.duplicates) == (3, 1)
    assert balanced(lake)


def test_objects_that_another_writer_took_in_first_are_told(lake: Lake) -> None:
    """Who comes second reads no records of them, and says why."""
    objects = {trail_name(n): gzipped(event(n)) for n in range(3)}
    second = Ingest(lake, MemorySource(objects), IngestOptions(), lambda _: None)
    take_in(lake, {name: objects[name] for name in list(objects)[:2]})
    counts = second.run()
    assert (counts.objects_new, counts.objects_taken_by_others) == (3, 2)
    assert (counts.records_read, counts.rows_added) == (1, 1)


def test_a_double_within_one_object_is_a_duplicate(lake: Lake) -> None:
    """Twice in one document is once in the lake."""
    counts = take_in(lake, {trail_name(1): gzipped(event(1), event(1), event(2))})
    assert (counts.rows_added, counts.duplicates) == (2, 1)


def test_an_overlapping_trail_adds_nothing(lake: Lake) -> None:
    """A second trail of the same account brings the same events in other objects."""
    take_in(lake, {trail_name(1): gzipped(*map(event, range(50)))})
    counts = take_in(lake, {"/other" + trail_name(2): gzipped(*map(event, range(40, 60)))})
    assert (counts.rows_added, counts.duplicates) == (10, 10)
    assert balanced(lake)


def test_the_order_of_keys_makes_no_conflict(lake: Lake) -> None:
    """Equal as JSON is equal, however it was written."""
    parameters = {"a": 1, "b": 1.10}
    turned = {"b": 1.1, "a": 1}
    take_in(lake, {trail_name(1): gzipped(event(1, requestParameters=parameters))})
    counts = take_in(lake, {trail_name(2): gzipped(event(1, requestParameters=turned))})
    assert (counts.duplicates, counts.conflicts) == (1, 0)


def test_events_without_an_id_are_known_by_their_content(lake: Lake) -> None:
    """Where AWS gives no id, equal content is the same event."""
    bare = {k: v for k, v in event(1).items() if k != "eventID"}
    take_in(lake, {trail_name(1): gzipped(bare, bare | {"eventName": "Other"})})
    counts = take_in(lake, {trail_name(2): gzipped(bare)})
    assert (len(rows(lake)), counts.duplicates) == (2, 1)


def test_an_id_is_one_event_per_account(lake: Lake) -> None:
    """The two sides of a cross-account call may share an id; they are two events."""
    other = event(1, recipientAccountId="444455556666")
    assert take_in(lake, {trail_name(1): gzipped(event(1), other)}).rows_added == 2


VERSIONS = [event(1, errorCode=code) for code in ("A", "B", "C")]
WINNER = min(VERSIONS, key=canonical_hash)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_a_conflict_is_settled_by_content(
    lake: Lake, order: tuple[int, ...], together: bool
) -> None:
    """The smallest canonical hash stays, whatever the order; the others are kept beside."""
    objects = {trail_name(n): gzipped(VERSIONS[n], event(n + 10)) for n in order}
    for batch in [objects] if together else [{name: text} for name, text in objects.items()]:
        take_in(lake, batch)
    kept = [record for record in records(lake) if record["eventID"] == WINNER["eventID"]]
    assert kept == [WINNER]
    versions = {row["record_hash"] for row in rows(lake, "ingest_conflicts")}
    assert versions == {canonical_hash(version) for version in VERSIONS}
    assert balanced(lake)


EVENTS = [event(n, eventTime=f"2026-03-0{1 + n % 3}T00:00:0{n}Z") for n in range(8)]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_order_and_splits_do_not_matter(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any split of the same events into objects and runs, doubles included, is the same lake."""
    _take_in_any_way(data, tmp_path_factory.mktemp("lake"))


@pytest.mark.soak
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_many_orders_and_splits_do_not(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same holds for seven times as many."""
    _take_in_any_way(data, tmp_path_factory.mktemp("lake"))


def _take_in_any_way(data: st.DataObject, folder: Path) -> None:
    numbers = st.lists(st.integers(0, 7), min_size=1, max_size=12)
    runs: list[list[list[int]]] = data.draw(
        st.lists(st.lists(numbers, min_size=1, max_size=3), min_size=1, max_size=3)
    )
    lake = open_lake(str(folder), create=True)
    names = itertools.count()
    for run in runs:
        objects = {trail_name(next(names)): gzipped(*(EVENTS[n] for n in part)) for part in run}
        take_in(lake, objects, batch_objects=data.draw(st.sampled_from([1, 100])))
    wanted = {n for run in runs for part in run for n in part}
    expected = sorted((EVENTS[n] for n in wanted), key=lambda r: json.dumps(r, sort_keys=True))
    assert records(lake) == expected
    assert balanced(lake)


def test_an_unreadable_object_is_tried_again(lake: Lake) -> None:
    """A failure is on record with its reason, costs no other object, and is retried."""
    name, good = trail_name(1), trail_name(2)
    objects = {name: gzipped(event(1)), good: gzipped(event(2))}
    refused = UnreadableObject(name, "archived", "in Glacier", "restore it")
    source = MemorySource(objects, unreadable={name: refused})
    counts = take_in(lake, source)
    assert (counts.objects_failed, dict(counts.failures), counts.rows_added) == (
        1,
        {"archived": 1},
        1,
    )
    assert source.heard == [good]
    assert take_in(lake, objects).rows_added == 1


def damaged(stored: bytes) -> dict[str, bytes]:
    """Return an object damaged in each way that gzip can be."""
    return {
        "cut": stored[:-20],
        "cut in its trailer": stored[:-1],
        "wrong checksum": stored[:-8] + b"\0\0\0\0" + stored[-4:],
        "flipped": stored[:30] + bytes([stored[30] ^ 255]) + stored[31:],
    }


@pytest.mark.parametrize("how", damaged(b"x" * 50))
def test_a_broken_object_is_reported(lake: Lake, how: str) -> None:
    """Damage in the body is found by the checksum; nothing of it becomes an event."""
    stored = gzipped(*map(event, range(20)))
    counts = take_in(lake, {trail_name(1): damaged(stored)[how]})
    assert (dict(counts.failures), counts.rows_added) == ({"broken": 1}, 0)


@pytest.mark.parametrize(
    "tail",
    [b"garbage", gzip.compress(b'{"Records":[]}', mtime=0)],
    ids=["bytes", "member"],
)
def test_data_behind_the_one_member_is_tampering(lake: Lake, tail: bytes) -> None:
    """A trail's object is one gzip member: more is reported, and kept, and is no event."""
    counts = take_in(lake, {trail_name(1): gzipped(event(1)) + tail})
    assert (dict(counts.failures), counts.rows_added, counts.quarantined) == ({"tampered": 1}, 1, 1)


def test_a_bomb_is_refused(lake: Lake) -> None:
    """An object that inflates beyond the limit is reported, and memory stays bounded."""
    bomb = gzip.compress(b" " * 5_000_000)
    assert dict(take_in(lake, {trail_name(1): bomb}, object_limit=1 << 20).failures) == {
        "too_large": 1
    }
    (told,) = rows(lake, "ingest_objects")
    assert "raise ingest.object_limit" in told["reason"]


@pytest.mark.parametrize("hint", [0, 1 << 20, 90 << 20, 300 << 20])
def test_a_bomb_is_measured_before_it_is_held(hint: int) -> None:
    """Whatever its trailer says, what passes the limit is never held up to there."""
    bomb = gzip.compress(b" " * (200 << 20), 1)
    crafted = bomb[:-4] + hint.to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge if hint != 90 << 20 else (TooLarge, BrokenGzip)):
            inflate(crafted, single=True, limit=150 << 20)
        assert tracemalloc.get_traced_memory()[1] < 120 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, (64 << 20) + 1, 70 << 20])
@pytest.mark.parametrize("is_honest", [True, False])
def test_a_text_is_inflated_whole_whatever_its_trailer_says(size: int, is_honest: bool) -> None:
    """A trailer's size helps, and harms nothing when it lies; nor does a limit just met."""
    text = b"a" * size
    stored = gzip.compress(text, 1)
    if is_honest:
        assert inflate(stored, single=True, limit=size).text == text
        with pytest.raises(BrokenGzip):
            inflate(stored[:-9], single=True, limit=size)
    else:
        with pytest.raises(BrokenGzip):
            inflate(stored[:-4] + b"\xff\xff\0\0", single=True)


def test_events_of_many_days_each_find_their_partition(lake: Lake) -> None:
    """Each day has files of its own, so that a query of one day reads that day's."""
    events = [event(n, eventTime=f"2026-{1 + n % 12:02d}-15T00:00:00Z") for n in range(36)]
    take_in(lake, {trail_name(1): gzipped(*events)})
    assert len({row["event_date"] for row in rows(lake)}) == 12
    assert len(list(Path(lake.location).glob("tables/cloudtrail_logs/data/*.parquet"))) == 12


def test_a_large_document_is_cut_and_loses_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents above the bound are decoded in pieces, odd records and positions included."""
    monkeypatch.setattr("pipeline.ingest.decode.LARGE_BYTES", 10_000)
    monkeypatch.setattr("pipeline.ingest.decode._GROUP_BYTES", 8_000)
    monkeypatch.setattr("pipeline.ingest.decode._PIECE_BYTES", 4_000)
    events: list[dict[str, Any]] = [
        event(n, **({"odd": n} if n % 17 == 0 else {})) for n in range(200)
    ]
    take_in(lake, {trail_name(1): gzipped(*events)})
    assert records(lake) == sorted(events, key=lambda r: json.dumps(r, sort_keys=True))
    assert sorted(row["source_position"] for row in rows(lake)) == list(range(200))
