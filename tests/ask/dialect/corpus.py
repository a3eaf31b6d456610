"""The corpus of whole queries: the records they are asked of, and what each must give."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.events import gzipped

FOLDER = Path(__file__).with_name("queries")
NOT_CASES = ("events.yaml", "wrong.yaml")

_PLAIN = {
    "from": "sourceIPAddress",
    "asked": "requestParameters",
    "answered": "responseElements",
    "added": "additionalEventData",
    "reads": "readOnly",
    "at": "eventTime",
    "id": "eventID",
}


@dataclass(frozen=True)
class Query:
    """A query and its answer.

    Attributes:
        place: file and name, by which tests are told apart.
        rows: in the query's order, or in any where it has none.
        columns: the names of the columns; empty: not said.
        notes: what is to be found in the notes; None: not said.
        loose: whether lists in rows may have any order.
        fails: why it does not give them; empty: it does.
    """

    place: str
    topic: str
    dialect: str
    query: str
    rows: list[tuple[Any, ...]]
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] | None = None
    loose: bool = False
    fails: str = ""


def trail() -> dict[str, bytes]:
    """Return the records as objects of a trail, by account, region and day."""
    objects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in _records():
        account, region = record["recipientAccountId"], record["awsRegion"]
        day = record["eventTime"][:10]
        folder = f"AWSLogs/{account}/CloudTrail/{region}/{day.replace('-', '/')}"
        stamp = day.replace("-", "") + "T0000Z"
        name = f"{account}_CloudTrail_{region}_{stamp}_0123456789abcdef.json.gz"
        objects[f"s3://trail/{folder}/{name}"].append(record)
    return {uri: gzipped(*records) for uri, records in objects.items()}


def _records() -> Iterator[dict[str, Any]]:
    told = yaml.load((FOLDER / "events.yaml").read_text(), yaml.CSafeLoader)
    for number, entry in enumerate(told["events"], 1):
        yield _record(f"request-{number:02}", entry, told["identities"], told["agents"])


def _record(
    request: str, entry: dict[str, Any], identities: Mapping[str, Any], agents: Mapping[str, str]
) -> dict[str, Any]:
    """Return a record in full; see the head of events.yaml."""
    entry = dict(entry)
    source, _, name = entry.pop("call", "").partition(" ")
    identity = identities.get(entry.pop("by", ""))
    agent = agents.get(entry.pop("via", ""))
    called = {"eventSource": f"{source}.amazonaws.com", "eventName": name} if source else {}
    record: dict[str, Any] = {
        "eventVersion": "1.09",
        "userIdentity": identity,
        **called,
        "awsRegion": "us-east-1",
        "userAgent": agent,
        "requestParameters": None,
        "responseElements": None,
        "requestID": request,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
        "recipientAccountId": (identity or {}).get("accountId"),
    }
    record |= {_PLAIN.get(key, key): value for key, value in entry.items()}
    return record


@dataclass(frozen=True)
class Mistake:
    """A query that is wrong.

    Attributes:
        refused: what the strict reading says; empty: it runs, and gives no row or only zeros.
        says: what the lenient reading says; None: it refuses the query too.
        rows: what the lenient reading gives.
    """

    name: str
    query: str
    refused: tuple[str, ...]
    says: tuple[str, ...] | None = None
    rows: tuple[tuple[Any, ...], ...] = ()
    dialect: str = "athena"


@cache
def mistakes() -> tuple[Mistake, ...]:
    """Return all queries that are wrong or broken."""
    cases = yaml.load((FOLDER / "wrong.yaml").read_text(), yaml.CSafeLoader)["queries"]
    return tuple(Mistake(**case) for case in cases)


@cache
def queries() -> tuple[Query, ...]:
    """Return all cases, file by file."""
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.name not in NOT_CASES)
    return tuple(query for path in files for query in _read(path))


def _read(path: Path) -> Iterator[Query]:
    told = yaml.load(path.read_text(), yaml.CSafeLoader)
    for case in told["queries"]:
        name, dialect = case.pop("name"), case.pop("dialect", "athena")
        rows = [tuple(row) for row in case.pop("rows")]
        columns = tuple(case.pop("columns", ()))
        notes = case.pop("notes", None)
        yield Query(
            f"{path.stem}: {name}", case.pop("topic", told["topic"]), dialect, case.pop("query"),
            rows, columns, None if notes is None else tuple(notes), **case,
        )  # fmt: skip


def shown(value: Any, *, loose: bool = False) -> Any:
    """Return a value as the corpus has it: times as text in UTC, lists sorted where loose."""
    match value:
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ")
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case dict():
            return {key: shown(inner, loose=loose) for key, inner in value.items()}
        case list() | tuple():
            inner = [shown(one, loose=loose) for one in value]
            return sorted(inner, key=json.dumps) if loose else inner
    return value


def told(rows: Sequence[tuple[Any, ...]], query: Query | Mistake) -> list[Any]:
    """Return rows to compare: in any order where the query gives none."""
    loose = isinstance(query, Query) and query.loose
    plain = [[shown(value, loose=loose) for value in row] for row in rows]
    return plain if "order" in query.query.lower() else sorted(plain, key=json.dumps)
