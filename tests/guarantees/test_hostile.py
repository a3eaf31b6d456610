"""Nothing that can be sent crashes an ingest, is lost, or comes out other than it went in."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.ingest.repair import canonical, canonical_hash
from pipeline.lake.catalog import Lake, open_lake
from tests.events import event, gzipped, records, rows, take_in, trail_name
from tests.guarantees.hostile import CASES, NO_ID, amid, in_envelope, written

ID = event(9)["eventID"]
PARTS = ("rows_added", "duplicates", "conflicts", "quarantined")


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake that took in every case, and then every case again under other names."""
    lake = open_lake(str(tmp_path_factory.mktemp("hostile") / "lake"), create=True)
    take_in(lake, {f"/{name}": case.stored for name, case in CASES.items()})
    return lake


@pytest.fixture(scope="module")
def ledger(taken: Lake) -> dict[str, dict[str, Any]]:
    """Return what the ledger says of each case."""
    return {row["uri"].removeprefix("/"): row for row in rows(taken, "ingest_objects")}


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_its_events_and_its_quarantine(
    name: str, ledger: dict[str, dict[str, Any]]
) -> None:
    """Good neighbours become events, and what cannot is counted; the object is on record."""
    row, case = ledger[name], CASES[name]
    events = row["records"] - row["quarantined"]
    assert (events, row["quarantined"], row["state"]) == (case.rows, case.bad, case.state)
    assert row["records"] == sum(row[part] for part in PARTS)


def test_what_is_quarantined_is_kept(taken: Lake, ledger: dict[str, dict[str, Any]]) -> None:
    """Each piece is in the quarantine once, with its reason and its text."""
    found = rows(taken, "ingest_quarantine")
    assert len(found) == sum(row["quarantined"] for row in ledger.values())
    assert all(row["reason"] and (row["text"] or row["size_bytes"] > 1 << 20) for row in found)


def test_the_ledger_adds_up_with_the_table(taken: Lake, ledger: dict[str, dict[str, Any]]) -> None:
    """Every row of the lake is some object's."""
    assert sum(row["rows_added"] for row in ledger.values()) == len(rows(taken))


def test_taken_in_again_nothing_is_new(taken: Lake) -> None:
    """The same bytes under other names are duplicates to the last record, however odd."""
    before = len(rows(taken))
    objects = {f"/again/{name}": case.stored for name, case in CASES.items()}
    counts = take_in(taken, objects)
    assert (counts.rows_added, len(rows(taken))) == (0, before)
    assert counts.records_read == counts.duplicates + counts.conflicts + counts.quarantined


LOSSLESS: dict[str, bytes] = {
    "keys twice": json.dumps(event(9)).encode()[:-1] + b',"eventName":"Other"}',
    "keys twice in a parameter": written(event(9), requestParameters=b'{"a":1,"a":2}'),
    "keys that differ in case": json.dumps(event(9)).encode()[:-1] + b',"EventName":1}',
    "null id": json.dumps(event(9, eventID=None)).encode(),
    "empty id": json.dumps(event(9, eventID="")).encode(),
    "number for an id": json.dumps(event(9, eventID=5)).encode(),
    "no id": json.dumps(NO_ID).encode(),
    "infinite": written(event(9), requestParameters=b'{"a":[1e400,-1e400]}', odd=b"1e999"),
    "huge": written(event(9), requestParameters=b"9" * 3_999, odd=b"-" + b"9" * 3_999),
    "deep": written(event(9), requestParameters=b"[" * 399 + b"]" * 399),
    "NUL": json.dumps(event(9, errorMessage="a\0b", requestParameters={"\0": "\0"})).encode(),
    "escapes": json.dumps(event(9, errorMessage='\\u003a":{', odd="\U0001f600\u2028")).encode(),
    "66 kB": json.dumps(event(9, requestParameters={"a": "x" * 66_000})).encode(),
    "unusual spacing": json.dumps(event(9, odd={"a": [1]}), indent=3).encode(),
    "an offset": json.dumps(event(9, eventTime="2026-03-01T12:00:00.5+05:30")).encode(),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_an_odd_record_comes_back_whole(lake: Lake, name: str) -> None:
    """What became a row gives its record back, equal as JSON."""
    take_in(lake, {"/a": amid(LOSSLESS[name])})
    wanted = [event(1), json.loads(LOSSLESS[name]), event(2)]
    assert sorted(map(canonical, records(lake))) == sorted(map(canonical, wanted))


def test_odd_records_settle_their_conflicts(tmp_path: Path) -> None:
    """Two odd contents of one event are settled by their hash, whichever came first."""
    texts = [
        text.replace(ID.encode(), f"{ID}-{n}".encode()).rstrip()
        for n, text in enumerate(LOSSLESS.values())
        if json.loads(text).get("eventID") == ID
    ]
    versions = [texts, [text[:-1] + b',"version":2}' for text in texts]]
    both = [[json.loads(text) for text in pair] for pair in zip(*versions, strict=True)]
    winners = sorted(canonical(min(pair, key=canonical_hash)) for pair in both)
    for n, order in enumerate(itertools.permutations(versions)):
        lake = open_lake(str(tmp_path / str(n)), create=True)
        for place, contents in enumerate(order):
            take_in(lake, {trail_name(place): in_envelope(*contents)})
        assert sorted(map(canonical, records(lake))) == winners
        kept = {row["record_hash"] for row in rows(lake, "ingest_conflicts")}
        assert kept == {canonical_hash(record) for pair in both for record in pair}


def test_a_file_of_losers_alone_is_settled(lake: Lake) -> None:
    """An event in conflict that is alone in its file is settled as any other."""
    versions = [event(1, errorCode=code) for code in "ABC"]
    for n, version in enumerate(sorted(versions, key=canonical_hash, reverse=True)):
        take_in(lake, {trail_name(n): gzipped(version)})
    assert records(lake) == [min(versions, key=canonical_hash)]


def test_much_quarantine_is_written_as_it_comes(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bad pieces than are kept in memory at a time are all kept, once each."""
    monkeypatch.setattr("pipeline.ingest.aside._DRAIN_BYTES", 10_000)
    lines = b"\n".join(b"no json, line %d" % n for n in range(500))
    counts = take_in(lake, {"/a": lines, "/b": gzipped(event(1)), "/c": lines})
    assert counts.quarantined == 1000
    kept = [(row["uri"], row["position"], row["text"]) for row in rows(lake, "ingest_quarantine")]
    assert len(set(kept)) == 1000
    assert [row["quarantined"] for row in rows(lake, "ingest_objects")] == [500, 0, 500]
