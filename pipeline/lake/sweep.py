"""Sweep: remove files that nothing names any more, once that has been so for a grace period.

What counts is not a file's age but how long it has been known to be unneeded: a file written
last week may have left the newest snapshot a minute ago, and a query may still be reading it.
So a sweep notes in the lake's database what it finds unneeded, and a later one removes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table
from sqlalchemy import delete, insert, select

from pipeline.errors import LakeError
from pipeline.lake.catalog import NAMESPACE, Lake
from pipeline.lake.commit import FOLLOWERS, batch_of, follower_file, pending
from pipeline.lake.database import UNREFERENCED, Database
from pipeline.lake.state import moment_text

GRACE = timedelta(hours=24)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class File:
    """A file of the lake's storage."""

    location: str
    modified: float
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed, or would be.

    Attributes:
        removed: files that nothing has named for the whole grace period.
        waiting: files that nothing names, whose time has not come yet.
        n_cached: bytes freed on this machine: cached copies and what crashed writers left.
    """

    removed: tuple[File, ...] = ()
    waiting: tuple[File, ...] = ()
    n_cached: int = 0

    @property
    def n_bytes(self) -> int:
        """Bytes of the files removed."""
        return sum(file.n_bytes for file in self.removed)


def sweep(lake: Lake, grace: timedelta = GRACE, *, dry_run: bool = False) -> Swept:
    """Remove what nothing has named for the grace period.

    Named are: a table's newest metadata and those its log names, every snapshot's manifest
    list, manifests, live data files and statistics, and what a table has still to follow.
    Only folders of the catalog's own tables are looked at. Run `follow` before.

    Args:
        lake: the lake.
        grace: longer than any query, any commit and any lease last.
        dry_run: only say what would go.

    Raises:
        LakeError: the storage does not list files that are surely there.
    """
    now = datetime.now(UTC)
    tables = [lake.table(name[-1]) for name in lake.catalog.list_tables(NAMESPACE)]
    listed = [file for table in tables for file in _files_of(lake, table)]
    _check_names(lake, tables, {file.location for file in listed})
    named = named_files(lake)  # after the listing: what is committed in between is named
    young = now.timestamp() - grace.total_seconds()
    unneeded = [f for f in listed if f.location not in named and f.modified <= young]
    since = _marks(lake.database)
    first = moment_text(now - grace)
    here = moment_text(now)
    removed = [file for file in unneeded if since.get(file.location, here) <= first]
    gone = {file.location for file in removed}
    waiting = [file for file in unneeded if file.location not in gone]
    if not dry_run:
        lake.storage.remove([file.location for file in removed])
        _mark(lake.database, since, {file.location for file in waiting}, here)
    return Swept(tuple(removed), tuple(waiting), lake.storage.clean(named, young, dry_run=dry_run))


def named_files(lake: Lake) -> set[str]:
    """Return every location that a snapshot, a table's log or a commit to follow names."""
    named = {
        f"{lake.location}/{follower_file(name, batch_of(snapshot))}"
        for name in FOLLOWERS
        for snapshot in pending(lake, name)
    }
    for identifier in lake.catalog.list_tables(NAMESPACE):
        named |= _named_by(lake.table(identifier[-1]))
    return named


def _files_of(lake: Lake, table: Table) -> Iterator[File]:
    folder = table.location().removeprefix(lake.location + "/")
    if folder != table.location():
        for location, modified, size in lake.storage.list(folder):
            yield File(location, modified, size)


def _check_names(lake: Lake, tables: Iterable[Table], listed: Collection[str]) -> None:
    """Make sure that the storage names files as the tables do, or all would look unneeded."""
    for table in tables:
        if table.metadata_location not in listed:
            raise LakeError(
                f"lake {lake.location}: its storage does not list {table.metadata_location}",
                "nothing was removed; check that the file is there and can be listed",
            )


def _named_by(table: Table) -> set[str]:
    metadata = table.metadata
    named = {table.metadata_location}
    named |= {entry.metadata_file for entry in metadata.metadata_log}
    named |= {file.statistics_path for file in metadata.statistics}
    named |= {file.statistics_path for file in metadata.partition_statistics}
    manifests: set[ManifestFile] = set()
    for snapshot in metadata.snapshots:
        named.add(snapshot.manifest_list)
        manifests |= set(snapshot.manifests(table.io))
    for manifest in manifests:
        named.add(manifest.manifest_path)
        named |= _live(manifest, table.io)
    return named


def _live(manifest: ManifestFile, io: FileIO) -> set[str]:
    entries = manifest.fetch_manifest_entry(io, discard_deleted=True)
    return {entry.data_file.file_path for entry in entries}


def _marks(database: Database) -> Mapping[str, str]:
    """Return since when each file has been known to be unneeded."""
    query = select(UNREFERENCED.c.location, UNREFERENCED.c.seen_at)
    with database.read() as connection:
        if connection is None:
            return {}
        rows = connection.execute(query.where(UNREFERENCED.c.lake == database.lake)).all()
    return {row.location: row.seen_at for row in rows}


def _mark(database: Database, before: Mapping[str, str], waiting: set[str], now: str) -> None:
    """Note what is unneeded from now on, and forget what is removed or needed again."""
    lake = database.lake
    with database.write() as connection:
        for part in _chunks(before.keys() - waiting):
            connection.execute(
                delete(UNREFERENCED).where(
                    UNREFERENCED.c.lake == lake, UNREFERENCED.c.location.in_(part)
                )
            )
        for part in _chunks(waiting - before.keys()):
            rows = [{"lake": lake, "location": location, "seen_at": now} for location in part]
            connection.execute(insert(UNREFERENCED), rows)


def _chunks(locations: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(locations)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
