"""Fill a lake for a test: rows are written as Parquet and committed as ingest does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import schema_to_pyarrow

from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_facts, follow, follower_file, new_batch_id

Row = Mapping[str, Any]

FIRST_DAY = date(2026, 10, 1)


def event(moment: datetime, number: int = 0, **columns: Any) -> dict[str, Any]:
    """Return the smallest row of an event."""
    return {
        "eventid": f"{moment.isoformat()}-{number}",
        "eventname": "GetObject",
        "eventtime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "recipientaccountid": "111111111111",
        "awsregion": "eu-west-1",
        "event_time": moment,
        "event_date": moment.date(),
        **columns,
    }


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return an instant of the day so many days after the first."""
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    return start + timedelta(days=day, hours=hour, minutes=minute)


def write_rows(lake: Lake, table: str, rows: Sequence[Row], name: str) -> str:
    """Write rows of a table to a file below the lake; return its location."""
    schema = schema_to_pyarrow(lake.table(table).schema(), include_field_ids=True)
    path = Path(lake.location, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)
    return str(path)


def commit_rows(lake: Lake, *files: Sequence[Row], **followers: Sequence[Row]) -> str:
    """Commit a batch: one file of facts for each list of rows, and the followers' rows."""
    batch = new_batch_id()
    for table, rows in followers.items():
        write_rows(lake, table, rows, follower_file(table, batch))
    written = [
        write_rows(
            lake,
            "cloudtrail_logs",
            rows,
            f"tables/cloudtrail_logs/data/{batch}-{n}.parquet",
        )
        for n, rows in enumerate(files)
    ]
    append_facts(lake.table("cloudtrail_logs"), written, batch, followers)
    follow(lake)
    return batch
