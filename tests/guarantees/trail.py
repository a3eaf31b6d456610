"""A simulated trail made awkward, with the truth about what a lake must hold of it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.ingest.repair import canonical_hash
from pipeline.ingest.restore import restore
from pipeline.lake.catalog import Lake
from pipeline.simulate import Plan, simulate
from tests.events import document, rows

PARTS = ("rows_added", "duplicates", "conflicts", "quarantined")

Key = tuple[str, str]


@dataclass(slots=True)
class Truth:
    """What a lake must hold.

    Attributes:
        folder: where the objects are.
        keys: account and id of every event.
        versions: of every event delivered with differing contents, the hashes of all.
        objects: how many there are.
        bad: how many pieces of them are no events.
    """

    folder: Path
    keys: set[Key]
    versions: dict[Key, set[str]] = field(default_factory=dict)
    objects: int = 0
    bad: int = 0


def write_trail(folder: Path, plan: Plan, every: int = 7) -> Truth:
    """Simulate an organisation's trail, and an account's trail that overlaps it.

    Of every so many objects one is delivered again under another name, one more has some
    events with other content, and one more holds things that are no events.
    """
    simulate(plan, folder)
    table = pq.read_table(folder / "truth-keys.parquet")
    keys = zip(
        *(table.column(name).to_pylist() for name in ("account_id", "event_id")), strict=True
    )
    truth = Truth(folder / "AWSLogs", set(keys))
    paths = sorted(truth.folder.rglob("*.json.gz"))
    for n, path in enumerate(paths):
        turn: Callable[[Truth, Path, list[Any]], list[bytes]] | None
        turn = {0: _again, 1: _changed, 2: _spoilt}.get(n % every)
        if turn:
            records = json.loads(gzip.decompress(path.read_bytes()))["Records"]
            for copy, text in enumerate(turn(truth, path, records)):
                name = path.name.replace(".json.gz", f"{copy}.json.gz")
                target = truth.folder / "second" / path.parent.relative_to(truth.folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(gzip.compress(text, 1, mtime=0))
    truth.objects = len(list(truth.folder.rglob("*.json.gz")))
    return truth


def _again(truth: Truth, path: Path, records: list[Any]) -> list[bytes]:
    return [document(*records), document(*records[::2])]


def _changed(truth: Truth, path: Path, records: list[Any]) -> list[bytes]:
    chosen = records[:: max(len(records) // 3, 1)][:3]
    copies = [[record | {"errorCode": f"Changed{n}"} for record in chosen] for n in (0, 1)]
    for contents in (chosen, *copies):
        for record in contents:
            truth.versions.setdefault(key_of(record), set()).add(canonical_hash(record))
    return [document(*copies[0], *records[1:5]), document(*copies[1])]


def _spoilt(truth: Truth, path: Path, records: list[Any]) -> list[bytes]:
    truth.bad += 2
    first, last = (json.dumps(record).encode() for record in (records[0], records[-1]))
    return [b'{"Records":[%s,{oops},5,%s]}' % (first, last)]


def key_of(record: dict[str, Any]) -> Key:
    """Return what identifies an event."""
    account = record.get("recipientAccountId")
    if account is None:
        account = (record.get("userIdentity") or {}).get("accountId") or ""
    return account, record["eventID"]


def check(lake: Lake, truth: Truth) -> None:
    """Assert that a lake holds each event once and that its ledger adds up."""
    facts = rows(lake)
    found = Counter(_row_key(row) for row in facts)
    assert set(found) == truth.keys
    assert max(found.values()) == 1
    _check_ledger(lake, truth, len(facts))
    _check_conflicts(lake, truth, facts)


def _row_key(row: dict[str, Any]) -> Key:
    account = row["recipientaccountid"]
    if account is None:
        account = (row["useridentity"] or {}).get("accountid") or ""
    return account, row["eventid"]


def _check_ledger(lake: Lake, truth: Truth, n_facts: int) -> None:
    ledger = rows(lake, "ingest_objects")
    assert all(row["records"] == sum(row[part] for part in PARTS) for row in ledger)
    per_object = Counter(row["uri"] for row in ledger)
    assert len(per_object) == truth.objects
    assert max(per_object.values()) == 1
    assert sum(row["rows_added"] for row in ledger) == n_facts
    quarantined = Counter(row["uri"] for row in rows(lake, "ingest_quarantine"))
    assert quarantined == Counter({r["uri"]: r["quarantined"] for r in ledger if r["quarantined"]})
    assert quarantined.total() == truth.bad


def _check_conflicts(lake: Lake, truth: Truth, facts: list[dict[str, Any]]) -> None:
    kept: dict[Key, set[str]] = {}
    for row in rows(lake, "ingest_conflicts"):
        kept.setdefault((row["account_id"], row["event_id"]), set()).add(row["record_hash"])
    assert kept == truth.versions
    for row in facts:
        if _row_key(row) in truth.versions:
            assert canonical_hash(restore(row)) == min(truth.versions[_row_key(row)])
