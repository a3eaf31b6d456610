"""The smallest valid event, trails in memory, and what a lake holds: for tests of any part."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pyarrow as pa

from pipeline.errors import UnreadableObject
from pipeline.ingest.restore import restore
from pipeline.ingest.run import Counts, Ingest, IngestOptions
from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import connect, read_lake, scan_sql
from pipeline.sources.object import OBJECTS, LogObject

ACCOUNT = "111122223333"


def event(number: int | str = 0, **fields: Any) -> dict[str, Any]:
    """Return the smallest valid event, its id made from a number; fields replace or add."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT},
        "eventTime": "2026-03-01T12:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetUser",
        "awsRegion": "us-east-1",
        "requestParameters": None,
        "responseElements": None,
        "eventID": str(uuid5(NAMESPACE_URL, str(number))),
        "recipientAccountId": ACCOUNT,
    }
    return record | fields


def document(*records: Any) -> bytes:
    """Return records in the trail's own envelope."""
    return json.dumps({"Records": records}, separators=(",", ":")).encode()


def gzipped(*records: Any) -> bytes:
    """Return an object as CloudTrail writes it."""
    return gzip.compress(document(*records), 1, mtime=0)


def trail_name(number: int, account: str = ACCOUNT, day: str = "2026/03/01") -> str:
    """Return an object's name as CloudTrail gives it."""
    stamp = day.replace("/", "")
    return (
        f"/trail/AWSLogs/{account}/CloudTrail/us-east-1/{day}/"
        f"{account}_CloudTrail_us-east-1_{stamp}T1200Z_{number:016d}.json.gz"
    )


@dataclass
class MemorySource:
    """Objects in memory, in the order given."""

    objects: Mapping[str, bytes]
    name: str = "memory"
    unreadable: Mapping[str, UnreadableObject] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the listing."""
        modified = datetime(2026, 3, 1, tzinfo=UTC)
        rows = [
            {"uri": uri, "size": len(stored), "modified": modified}
            for uri, stored in self.objects.items()
        ]
        yield from pa.Table.from_pylist(rows, schema=OBJECTS).to_batches()

    def read(self, item: LogObject) -> bytes:
        """Return an object's bytes."""
        if item.uri in self.unreadable:
            raise self.unreadable[item.uri]
        return self.objects[item.uri]

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Nothing to do."""

    def problems(self) -> Sequence[str]:
        """Return nothing."""
        return ()

    def committed(self, items: Sequence[LogObject]) -> None:
        """Remember what was handed back."""
        self.heard += [item.uri for item in items]


def take_in(lake: Lake, objects: Mapping[str, bytes] | MemorySource, **options: Any) -> Counts:
    """Ingest objects from memory."""
    source = objects if isinstance(objects, MemorySource) else MemorySource(objects)
    return Ingest(lake, source, IngestOptions(**options), lambda _: None).run()


def rows(lake: Lake, table: str = LOGS.name) -> list[dict[str, Any]]:
    """Return all rows of a table."""
    view = read_lake(lake)
    with connect() as connection:
        scan = scan_sql(view.tables[table].schema, view.paths(table))
        return connection.sql(f"from {scan}").to_arrow_table().to_pylist()


def records(lake: Lake) -> list[dict[str, Any]]:
    """Return every event of the lake as the record it was, by event id."""
    found = [restore(row) for row in rows(lake)]
    return sorted(found, key=lambda record: json.dumps(record, sort_keys=True))
