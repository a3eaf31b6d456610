"""Write rows of some files anew, sorted, into files of a good size.

Rows are sorted on disk, in the lake's workspace, so memory stays bounded whatever the size of
what is sorted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.schema import Schema

from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.content import compacted_name
from pipeline.lake.schema import CONFLICTS, LOGS, OBJECTS, QUARANTINE
from pipeline.lake.snapshot import connect, scan_sql
from pipeline.lake.sorting import RUN_ROWS, Sorter

ROW_GROUP = 40_960
_MEMORY = "300MB"
_LEVEL = 3

ORDERS = {
    LOGS.name: ("recipientaccountid", "awsregion", "event_time"),
    OBJECTS.name: ("log_date", "uri", "ingested_at"),
    QUARANTINE.name: ("quarantined_at", "uri", "position"),
    CONFLICTS.name: ("event_date", "event_id", "record_hash"),
}
"""How rows of each table lie in a file, so that what is asked together lies together."""

_STATISTICS = {
    LOGS.name: [
        *("event_time", "event_date", "event_key", "eventtime", "eventname", "eventsource"),
        *("awsregion", "recipientaccountid", "sourceipaddress", "errorcode"),
    ],
    OBJECTS.name: ["log_date", "uri", "account_id", "region", "state", "ingested_at"],
    QUARANTINE.name: ["quarantine_id", "reason", "state", "quarantined_at"],
    CONFLICTS.name: ["event_date", "event_id"],
}
"""Columns whose smallest and largest values are worth keeping for each row group."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Files of a table to be written anew.

    Attributes:
        table: the table's name.
        schema: its schema.
        locations: the files.
        keep: SQL condition of the rows that stay.
        rows_per_file: rows after which a further file is begun.
        sequence: the content's own sequence, where all rows stay; None: what is left is new.
    """

    table: str
    schema: Schema
    locations: Sequence[str]
    keep: str = "true"
    rows_per_file: int = 2**62
    sequence: int | None = None


def rewrite(lake: Lake, task: Rewrite) -> list[str]:
    """Write files and put them where the table's files are; return their locations.

    Nothing of it is in the table until it is committed.
    """
    with tempfile.TemporaryDirectory(prefix="rewrite-", dir=lake.storage.workspace()) as folder:
        return [
            lake.storage.put(
                path, f"tables/{task.table}/data/{compacted_name(task.sequence, path.name)}"
            )
            for path in _write(lake, task, Path(folder))
        ]


def _write(lake: Lake, task: Rewrite, folder: Path) -> list[Path]:
    schema = file_schema(task.schema)
    sorter = Sorter(folder, ORDERS[task.table])
    sorter.add(_rows(lake, task, folder))
    files: list[Path] = []
    chunks = sorter.chunks(ROW_GROUP)
    chunk = next(chunks, None)
    while chunk is not None:
        files.append(folder / f"{uuid4().hex}.parquet")
        with _open_writer(files[-1], schema, task.table) as writer:
            written = 0
            while chunk is not None and written < task.rows_per_file:
                writer.write_table(chunk.cast(schema), row_group_size=ROW_GROUP)
                written += len(chunk)
                chunk = next(chunks, None)
    return files


def _rows(lake: Lake, task: Rewrite, folder: Path) -> Iterator[pa.RecordBatch]:
    """Read the rows that stay, in any order; what an older file lacks is null."""
    scan = scan_sql(task.schema, lake.storage.local(task.locations))
    with connect() as connection:
        spill = str(folder / "spill").replace("'", "''")
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute(f"set temp_directory = '{spill}'")
        query = f"from {scan} where {task.keep}"
        yield from connection.sql(query).to_arrow_reader(RUN_ROWS // 4)


def _open_writer(path: Path, schema: pa.Schema, table: str) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=_LEVEL,
        write_statistics=_STATISTICS[table],
        store_schema=False,
    )
