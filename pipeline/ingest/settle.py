"""Settle conflicts: of several contents of one event, the smallest canonical hash stays.

The conflict is committed first, with every content in it, so a crash in between loses
nothing; settling looks at what the lake holds and can be run again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from pipeline.errors import LakeBusy
from pipeline.ingest.decode import Document, Normaliser, Tally
from pipeline.ingest.judge import Version, version_of
from pipeline.ingest.stage import new_file, open_writer
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import BATCH
from pipeline.lake.datafile import data_files
from pipeline.lake.schema import CONFLICTS, LOGS
from pipeline.lake.snapshot import TableView, connect, days, scan_sql

SETTLED = "trailhouse.settled"
"""Property of the table of conflicts: the sequence number up to which it has been settled."""

Identity = tuple[str, str, Any]


def settle(lake: Lake) -> None:
    """Make the lake hold, of every event in conflict, the content with the smallest hash.

    Raises:
        LakeBusy: other writers kept winning; the next run does it.
    """
    try:
        _settle(lake)
    except (CommitFailedException, ValidationException) as lost:
        raise LakeBusy(
            f"lake {lake.location}: other writers kept changing what is in conflict", "run again"
        ) from lost


@retry(
    retry=retry_if_exception_type((CommitFailedException, ValidationException)),
    wait=wait_random_exponential(0.05, max=2),
    stop=stop_after_attempt(30),
    reraise=True,
)
def _settle(lake: Lake) -> None:
    conflicts = lake.table(CONFLICTS.name)
    current = conflicts.current_snapshot()
    done = int(conflicts.properties.get(SETTLED, 0))
    if current is None or (current.sequence_number or 0) <= done:
        return
    winners = _winners(lake, conflicts, done)
    if winners:
        _swap(lake, winners)
    with conflicts.transaction() as transaction:
        transaction.set_properties({SETTLED: str(current.sequence_number)})


def _winners(lake: Lake, conflicts: Table, done: int) -> dict[Identity, Version]:
    """Return what is to stay of every event in conflict since this was last settled."""
    view = TableView(conflicts, conflicts.metadata.current_snapshot_id)
    every, new = (
        scan_sql(view.schema, lake.storage.local(paths))
        for paths in ([file.file_path for file in view.files()], _added_since(conflicts, done))
    )
    with connect() as connection:
        found = connection.sql(
            f"""
            select account_id, event_id, event_date, record_hash, record, uri
            from {every} as every
            semi join (select account_id, event_id, event_date from {new}) as new
                using (account_id, event_id, event_date)
            qualify row_number() over (
                partition by account_id, event_id, event_date order by record_hash, uri
            ) = 1
            """
        ).fetchall()
    return {(row[0], row[1], row[2]): Version(*row) for row in found}


def _added_since(table: Table, sequence_number: int) -> list[str]:
    """Return the data files that a table was given after a commit."""
    current = table.current_snapshot()
    return [
        entry.data_file.file_path
        for manifest in (current.manifests(table.io) if current else [])
        if (manifest.sequence_number or 0) > sequence_number
        for entry in manifest.fetch_manifest_entry(table.io)
        if (entry.sequence_number or 0) > sequence_number
    ]


def _swap(lake: Lake, winners: dict[Identity, Version]) -> None:
    """Rewrite the files that hold another content than the winner."""
    table = lake.table(LOGS.name)
    normaliser = Normaliser(file_schema(table.schema()))
    view = TableView(table, table.metadata.current_snapshot_id)
    rewritten: dict[DataFile, str] = {}
    for day in {identity[2] for identity in winners}:
        there = {
            lake.storage.local([file.file_path])[0]: file for file in view.files(days(day, day))
        }
        for path, swaps in _losers(list(there), winners).items():
            replaced = _rewrite(Path(path), swaps, normaliser, lake.storage.workspace())
            name = f"tables/{LOGS.name}/data/settled-{replaced.stem}.parquet"
            rewritten[there[path]] = lake.storage.put(replaced, name)
    if rewritten:
        _commit(table, rewritten)


def _commit(table: Table, rewritten: dict[DataFile, str]) -> None:
    with (
        table.transaction() as transaction,
        transaction.update_snapshot(snapshot_properties={BATCH: "settle"}).overwrite() as change,
    ):
        for old in rewritten:
            change.delete_data_file(old)
        for new in data_files(table, list(rewritten.values())):
            change.append_data_file(new)


def _losers(
    paths: Sequence[str], winners: dict[Identity, Version]
) -> dict[str, dict[int, Version]]:
    """Return what is to be swapped for what: by file, then by the row's position in it."""
    losers: dict[str, dict[int, Version]] = {}
    with connect() as connection:
        connection.register("wanted", pa.table({"event": [identity[1] for identity in winners]}))
        held = connection.sql(
            """
            select distinct filename
            from read_parquet($paths, filename = true, hive_partitioning = false) as rows
            semi join wanted on coalesce(rows.record_hash, rows.eventid) = wanted.event
            """,
            params={"paths": paths},
        ).fetchall()
        for (path,) in held:
            found = connection.sql(
                """
                select *
                from read_parquet($path, file_row_number = true, hive_partitioning = false) as rows
                semi join wanted on coalesce(rows.record_hash, rows.eventid) = wanted.event
                """,
                params={"path": path},
            ).to_arrow_table()
            for row in found.to_pylist():
                here = version_of(row)
                winner = winners.get((here.account_id, here.event_id, here.event_date))
                if winner and winner.record_hash != here.record_hash:
                    losers.setdefault(path, {})[row["file_row_number"]] = winner
    return losers


def _rewrite(path: Path, swaps: dict[int, Version], normaliser: Normaliser, folder: Path) -> Path:
    """Write a file anew with other contents in some of its rows."""
    target = new_file(folder)
    schema = normaliser.schema
    with open_writer(target, schema) as writer, pq.ParquetFile(path) as parquet:
        start = 0
        for batch in parquet.iter_batches(32_768):
            rows = pa.Table.from_batches([batch])
            places = [n for n in swaps if start <= n < start + len(rows)]
            keep = [n for n in range(len(rows)) if start + n not in swaps]
            parts = [rows.take(pa.array(keep, pa.int64()))] if places else [rows]
            parts += [_row_of(swaps[n], rows.slice(n - start, 1), normaliser) for n in places]
            writer.write_table(pa.concat_tables(part.cast(schema) for part in parts))
            start += len(rows)
    return target


def _row_of(version: Version, loser: pa.Table, normaliser: Normaliser) -> pa.Table:
    """Return the row of a content, with the loser's batch and the winner's own source."""
    text = b'{"Records":[' + version.record.encode() + b"]}"
    (part,) = normaliser.normalise([Document(0, text)], [Tally()])
    rows = part.rows.append_column("source_object", pa.array([version.uri]))
    rows = rows.append_column("source_position", pa.array([None], pa.int32()))
    for name in ("ingested_at", "batch_id"):
        rows = rows.append_column(name, loser.column(name))
    return rows.select(normaliser.schema.names)
