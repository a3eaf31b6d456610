"""Finish a batch: judge what repeats the lake, then commit, looking again if others won."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from pipeline.ingest.judge import Verdict, judge
from pipeline.ingest.known import Known, find_known
from pipeline.ingest.ledger import Ledger, results_table
from pipeline.ingest.settle import settle
from pipeline.ingest.stage import StagedFile, select_rows, without
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import BATCH, append_facts, follow, follower_file
from pipeline.lake.expire import tidy
from pipeline.lake.schema import CONFLICTS, LOGS, OBJECTS, QUARANTINE
from pipeline.lake.snapshot import TableView
from pipeline.lake.snapshot import days as between_days
from pipeline.lake.storage import making

_TRIES = 60
_DAY = 86_400_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def finish(lake: Lake, batch: Batch) -> None:
    """Commit a batch: each event once, each object with what came of it.

    The facts are committed against the snapshot that duplicates were looked for in. If
    another writer was first, only what it added is looked through before the next try.

    Raises:
        LakeBusy: other writers kept winning; nothing of the batch is in the lake.
    """
    batch.finish_stage()
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
        except CommitStateUnknownException as unknown:
            if _is_committed(lake.table(LOGS.name), batch.batch_id):
                break
            raise LakeBusy(  # it may still be: nothing of the batch may be touched any more
                f"lake {lake.location}: the catalog did not say what came of a commit", "run again"
            ) from unknown
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
        fresh = [path for path in _lake_files(table, _days(batch.files)) if path not in looked]
        looked |= set(fresh)
        keys = np.concatenate([file.keys for file in batch.files])
        known = find_known(lake.storage.local(fresh), keys)
        if len(known.keys):
            batch.files = [kept for file in batch.files if (kept := _new(lake, batch, file, known))]
    if batch.suspects:
        _judge(lake, batch, table)


def _new(lake: Lake, batch: Batch, file: StagedFile, known: Known) -> StagedFile | None:
    """Return a file of the batch without the rows whose key is known; None if nothing is left.

    A known key with known content is a duplicate and is counted; with other content it is put
    aside to be judged.
    """
    dirty = np.isin(file.keys, known.keys)
    if not dirty.any():
        return file
    repeated = dirty & np.isin(file.hashes, known.hashes)
    _count_rows(batch, "duplicates", 1, select_rows(file.path, repeated, ["source_object"]))
    _count_rows(batch, "rows_added", -1, select_rows(file.path, dirty, ["source_object"]))
    batch.add_suspects(select_rows(file.path, dirty & ~repeated))
    kept = without(file, dirty, batch.schemas.facts)
    if file.location:
        lake.storage.remove([file.location])
    file.path.unlink(missing_ok=True)
    return kept


def _count_rows(batch: Batch, what: str, sign: int, tables: Iterator[pa.Table]) -> None:
    for table in tables:
        counts = table.column("source_object").value_counts().to_pylist()
        _count(batch, what, {entry["values"]: sign * entry["counts"] for entry in counts})


def _count(batch: Batch, what: str, counts: Mapping[str, int]) -> None:
    """Add to a count of objects; of those that were left to another writer there is none."""
    by_uri = {result.uri: result for result in batch.results}
    for uri, count in counts.items():
        if uri in by_uri:
            setattr(by_uri[uri], what, getattr(by_uri[uri], what) + count)


def _judge(lake: Lake, batch: Batch, table: Table) -> None:
    """Count the suspects as what they are; nothing of them is left afterwards but rows of
    conflicts, and rows whose key met another event's by chance, which are staged."""
    files = lake.storage.local(_lake_files(table, _days_of_suspects(batch.suspects)))
    files += [str(file.path) for file in batch.files]
    verdict: Verdict = judge(batch.suspects, files, table.schema(), batch.folder)
    _count(batch, "duplicates", verdict.duplicates)
    _count(batch, "conflicts", verdict.conflicts)
    batch.versions += verdict.versions
    if verdict.fresh is not None:
        _count(batch, "rows_added", Counter(verdict.fresh.column("source_object").to_pylist()))
        batch.stage_more(verdict.fresh.cast(batch.schemas.facts))
    for path in batch.suspects:
        path.unlink()
    batch.suspects = []


def _leave_to_others(lake: Lake, batch: Batch, table: Table) -> None:
    """Forget objects that another writer put on record since this batch looked.

    Their events are in the lake, so here they are all duplicates, and a second ledger row
    would replace the true one. The ledger is brought up to date before it is asked: that
    writer may have committed the events and not come to its ledger yet.
    """
    current = table.current_snapshot()
    if (current.snapshot_id if current else None) == batch.base_snapshot:
        return
    follow(lake)
    new = Ledger(lake).unknown_of(batch.results)
    batch.results = [result for result in batch.results if result.uri in new]


def _lake_files(table: Table, days: set[int]) -> list[str]:
    """Return the lake's files of these days, as days since 1970."""
    first, last = (_EPOCH + timedelta(days=day) for day in (min(days), max(days)))
    current = table.current_snapshot()
    view = TableView(table, current.snapshot_id if current else None)
    found = view.files(between_days(first.date(), last.date()))
    return [file.file_path for file in found if file.partition[0] in days]


def _days(files: Sequence[StagedFile]) -> set[int]:
    return {file.first_time // _DAY for file in files}


def _days_of_suspects(paths: Sequence[Path]) -> set[int]:
    days: set[int] = set()
    for path in paths:
        column = pq.read_table(path, columns=["event_date"]).column(0)
        days.update(pc.unique(column.cast(pa.int32())).to_pylist())
    return days


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
        for version in dict.fromkeys(batch.versions)
    ]
    tables = {
        OBJECTS.name: [results_table(batch.results, schemas.objects)],
        QUARANTINE.name: batch.aside.tables([result.uri for result in batch.results]),
        CONFLICTS.name: [pa.Table.from_pylist(versions, schema=schemas.conflicts)],
    }
    return [name for name, parts in tables.items() if _write_follower(lake, batch, name, parts)]


def _write_follower(lake: Lake, batch: Batch, name: str, parts: Iterable[pa.Table]) -> int:
    """Write the file of a table that follows; return its rows, and write none for none."""
    rows = 0
    with making(lake.storage) as path:
        writer: pq.ParquetWriter | None = None
        for part in parts:
            writer = writer or pq.ParquetWriter(
                path, part.schema, compression="zstd", store_schema=False
            )
            writer.write_table(part)
            rows += len(part)
        if writer:
            writer.close()
        if rows:
            lake.storage.put(path, follower_file(name, batch.batch_id))
    return rows


def _is_committed(table: Table, batch_id: str) -> bool:
    return any(
        snapshot.summary and snapshot.summary.additional_properties.get(BATCH) == batch_id
        for snapshot in table.metadata.snapshots
    )
