"""Finish a batch: judge what repeats the lake, then commit, looking again if others won."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import uniform

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException
from pyiceberg.table import Table

from pipeline.errors import LakeBusy
from pipeline.ingest.batch import Batch
from pipeline.ingest.judge import Verdict, judge, known_keys
from pipeline.ingest.ledger import Ledger, results_table
from pipeline.ingest.settle import settle
from pipeline.ingest.stage import StagedFile, split_file
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import BATCH, append_facts, follow, follower_file
from pipeline.lake.expire import tidy
from pipeline.lake.schema import CONFLICTS, LOGS, OBJECTS, QUARANTINE
from pipeline.lake.snapshot import TableView, spanning
from pipeline.lake.storage import making

_TRIES = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def finish(lake: Lake, batch: Batch) -> None:
    """Commit a batch: each event once, each object with what came of it.

    The facts are committed against the snapshot that duplicates were looked for in. If
    another writer was first, only what it added is looked through before the next try.

    Raises:
        LakeBusy: other writers kept winning; nothing of the batch is in the lake.
    """
    batch.finish_stages()
    looked: set[str] = set()
    for attempt in range(_TRIES):
        table = lake.table(LOGS.name)
        _deduplicate(lake, batch, table, looked)
        _leave_to_others(lake, batch, table)
        _place(lake, batch)
        locations = [file.location or "" for file in batch.files]
        try:
            append_facts(table, locations, batch.batch_id, _write_followers(lake, batch))
            break
        except CommitFailedException:
            time.sleep(uniform(0, 0.05 * 2 ** min(attempt, 5)))  # noqa: S311  # only to part writers
        except CommitStateUnknownException:
            if _is_committed(lake.table(LOGS.name), batch.batch_id):
                break
    else:
        raise LakeBusy(f"lake {lake.location}: other writers kept winning", "run again")
    follow(lake)
    if batch.versions:
        settle(lake)
    tidy(lake)


def _deduplicate(lake: Lake, batch: Batch, table: Table, looked: set[str]) -> None:
    """Take out of the batch's files what the lake holds already, and judge it.

    Args:
        looked: locations of files that were looked through before; added to.
    """
    if batch.files:
        fresh = [path for path in _lake_files(table, batch.files) if path not in looked]
        looked |= set(fresh)
        keys = np.concatenate([file.keys for file in batch.files])
        schema = table.schema()
        known = known_keys(lake.storage.local(fresh), schema, keys)
        if known:
            _take_out(lake, batch, np.fromiter(known, np.int64, len(known)))
    if batch.suspects:
        _judge(lake, batch, table)


def _take_out(lake: Lake, batch: Batch, known: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    """Move rows with known keys from the batch's files to its suspects."""
    kept: list[StagedFile] = []
    for file in batch.files:
        dirty = np.isin(file.keys, known)
        if not dirty.any():
            kept.append(file)
            continue
        clean, taken = split_file(file, dirty, batch.schemas.facts)
        batch.add_suspects(_uncount(batch, taken))
        if clean:
            kept.append(clean)
        if file.location:
            lake.storage.remove([file.location])
        file.path.unlink(missing_ok=True)
    batch.files = kept


def _uncount(batch: Batch, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    by_uri = {result.uri: result for result in batch.results}
    for table in tables:
        for entry in table.column("source_object").value_counts().to_pylist():
            by_uri[entry["values"]].rows_added -= entry["counts"]
        yield table


def _judge(lake: Lake, batch: Batch, table: Table) -> None:
    """Count the suspects as what they are; nothing of them is left afterwards but rows of
    conflicts, and rows whose key met another event's by chance, which are staged."""
    files = lake.storage.local(_lake_files(table, _spans(batch.suspects)))
    files += [str(file.path) for file in batch.files]
    verdict: Verdict = judge(batch.suspects, files, table.schema(), batch.folder)
    by_uri = {result.uri: result for result in batch.results}
    for uri, count in verdict.duplicates.items():
        by_uri[uri].duplicates += count
    for uri, count in verdict.conflicts.items():
        by_uri[uri].conflicts += count
    batch.versions += verdict.versions
    if verdict.fresh is not None:
        for uri in verdict.fresh.column("source_object").to_pylist():
            by_uri[uri].rows_added += 1
        batch.stage_more(verdict.fresh.cast(batch.schemas.facts))
    for path in batch.suspects:
        path.unlink()
    batch.suspects = []


def _leave_to_others(lake: Lake, batch: Batch, table: Table) -> None:
    """Forget objects that another writer put on record since this batch looked.

    Their events are in the lake, so here they are all duplicates, and a second ledger row
    would replace the true one.
    """
    current = table.current_snapshot()
    if (current.snapshot_id if current else None) == batch.base_snapshot:
        return
    new = Ledger(lake).unknown_of(batch.results)
    batch.results = [result for result in batch.results if result.uri in new]


def _lake_files(table: Table, files: Sequence[StagedFile]) -> list[str]:
    first = _EPOCH + timedelta(microseconds=min(file.first_time for file in files))
    last = _EPOCH + timedelta(microseconds=max(file.last_time for file in files))
    current = table.current_snapshot()
    view = TableView(table, current.snapshot_id if current else None)
    return [file.file_path for file in view.files(spanning(first, last))]


def _spans(paths: Sequence[Path]) -> list[StagedFile]:
    """Read the time range of files of suspects."""
    none = np.empty(0, np.int64)
    spans = []
    for path in paths:
        times = pq.read_table(path, columns=["event_time"]).column(0)
        found = pc.min_max(times.cast(pa.int64())).as_py()
        spans.append(StagedFile(path, none, found["min"], found["max"]))
    return spans


def _place(lake: Lake, batch: Batch) -> None:
    """Put the batch's files where the lake's files are."""
    placed = []
    for n, file in enumerate(batch.files):
        if file.location is None:
            name = f"tables/{LOGS.name}/data/{batch.batch_id}-{file.path.stem}-{n}.parquet"
            location = lake.storage.put(file.path, name)
            file = replace(file, location=location, path=Path(lake.storage.local([location])[0]))
        placed.append(file)
    batch.files = placed


def _write_followers(lake: Lake, batch: Batch) -> list[str]:
    """Write the ledger's file of the batch, and those of the quarantine and the conflicts."""
    schemas = batch.schemas
    versions = [
        asdict(version) | {"seen_at": batch.started, "batch_id": batch.batch_id}
        for version in batch.versions
    ]
    tables = {
        OBJECTS.name: results_table(batch.results, schemas.objects),
        QUARANTINE.name: pa.Table.from_pylist(batch.quarantine, schema=schemas.quarantine),
        CONFLICTS.name: pa.Table.from_pylist(versions, schema=schemas.conflicts),
    }
    written = {name: rows for name, rows in tables.items() if len(rows)}
    for name, rows in written.items():
        with making(lake.storage) as path:
            pq.write_table(rows, path, compression="zstd", store_schema=False)
            lake.storage.put(path, follower_file(name, batch.batch_id))
    return list(written)


def _is_committed(table: Table, batch_id: str) -> bool:
    return any(
        snapshot.summary and snapshot.summary.additional_properties.get(BATCH) == batch_id
        for snapshot in table.metadata.snapshots
    )
