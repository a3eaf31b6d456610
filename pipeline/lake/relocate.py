"""Relocate: make a lake that was moved, copied or restored readable where it lies now.

Iceberg's metadata names every file by its absolute location. All of it is written anew beside
the old, for every snapshot, and only then does the catalog name the new; so a relocation that
was cut off can be run again, and leaves nothing but files for a sweep. Data files are not
touched. It works from disk to disk, from a bucket to disk and from disk to a bucket, and where
the catalog was lost it is made anew from the newest metadata that is whole.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pyiceberg.avro.codecs import AvroCompressionCodec
from pyiceberg.avro.file import AvroFile
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import NoSuchTableError, ValidationError
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    MANIFEST_ENTRY_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    read_manifest_list,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.table.snapshots import Snapshot
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from pipeline.errors import LakeError
from pipeline.lake.catalog import NAMESPACE, CatalogOptions, Lake, file_properties, open_moved
from pipeline.lake.commit import APPLIED
from pipeline.lake.database import LEASES, RUNS
from pipeline.lake.lease import hold
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import check_snapshot

_CODEC: AvroCompressionCodec = "deflate"
_PATH_OF_MANIFEST = 0
_LENGTH_OF_MANIFEST = 1
_PATH_OF_FILE = 1
_VERSION = re.compile(r"(\d+)-[^/]*\.metadata\.json$")


@dataclass(frozen=True, slots=True)
class Relocated:
    """What a relocation did.

    Attributes:
        old: where the metadata said the lake was; the new place if it was right already.
        new: where it is.
        tables: tables whose metadata was written anew.
    """

    old: str
    new: str
    tables: tuple[str, ...] = ()
    n_snapshots: int = 0
    n_manifests: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A table's newest metadata, as it lies in the new place."""

    name: str
    location: str
    metadata: TableMetadata

    @property
    def old(self) -> str:
        """Where the lake was when it was written."""
        return self.metadata.location.removesuffix(f"/tables/{self.name}")


@dataclass(slots=True)
class _Move:
    """The move of one table."""

    io: FileIO
    table: _Found
    new: str
    written: dict[str, ManifestFile] = field(default_factory=dict)

    def place(self, location: str) -> str:
        """Return where a file is now."""
        old = self.table.old + "/"
        return f"{self.new}/{location.removeprefix(old)}" if location.startswith(old) else location

    def fresh(self, name: str) -> str:
        """Return a name for a new file of metadata."""
        return f"{self.new}/tables/{self.table.name}/metadata/{name}"


def relocate(location: str, options: CatalogOptions | None = None) -> Relocated:
    """Make a lake readable at the place it lies in now; does nothing if it is readable there.

    Nothing may write to the lake meanwhile, at the old place or the new.

    Args:
        location: where the lake is now.
        options: its catalog; SQL of any kind, or one that does not have the tables yet.

    Raises:
        LakeError: there is no lake, a file of metadata is missing or damaged, or the copy
            holds tables of different moments.
        LakeBusy: another process maintains the lake.
    """
    options = options or CatalogOptions()
    lake = open_moved(location, options)
    io = load_file_io(file_properties(lake.location, options), lake.location)
    with hold(lake, "maintain"):
        found = [table for name in _names(lake) for table in _find(lake, io, name)]
        _check_moment(lake, found)
        moves = [_Move(io, table, lake.location) for table in found]
        for move in moves:
            _check_whole(move)
        moved = [move for move in moves if move.table.old != lake.location]
        _point(lake, {move.table.name: _write_metadata(move) for move in moved}, found)
        for move in moved[:1]:
            _rename_state(lake, move.table.old)
    return Relocated(
        old=moved[0].table.old if moved else lake.location,
        new=lake.location,
        tables=tuple(move.table.name for move in moved),
        n_snapshots=sum(len(move.table.metadata.snapshots) for move in moved),
        n_manifests=sum(len(move.written) for move in moved),
    )


def _names(lake: Lake) -> list[str]:
    """Return the names of the tables that lie in the lake."""
    start = len(lake.location) + len("/tables/")
    return sorted(
        {location[start:].split("/")[0] for location, _, _ in lake.storage.list("tables")}
    )


def _find(lake: Lake, io: FileIO, name: str) -> Iterator[_Found]:
    """Find a table's newest metadata: what the catalog names, else the newest that is whole.

    The catalog's may be missing where catalog and files were not copied at one moment.
    """
    listed = {location for location, _, _ in lake.storage.list(f"tables/{name}/metadata")}
    named = _named_in_catalog(lake, name)
    if named:
        here = f"{lake.location}/tables/{name}/metadata/{named.rsplit('/', 1)[-1]}"
        if here in listed:
            yield _Found(name, here, _read(io, here))
            return
    versions: dict[int, list[str]] = defaultdict(list)
    for location in listed:
        if match := _VERSION.search(location):
            versions[int(match[1])].append(location)
    for version in sorted(versions, reverse=True):
        for location in sorted(versions[version]):
            table = _Found(name, location, _read(io, location))
            if _is_whole(table, listed):
                yield table
                return
    if listed:
        raise LakeError(
            f"lake {lake.location}: no metadata of table {name} is whole", "copy the lake again"
        )


def _is_whole(table: _Found, listed: set[str]) -> bool:
    """Tell whether metadata was committed: a commit that lost takes its manifest list back."""
    current = table.metadata.current_snapshot()
    name = current.manifest_list.rsplit("/", 1)[-1] if current else ""
    return not name or any(location.endswith(f"/{name}") for location in listed)


def _read(io: FileIO, location: str) -> TableMetadata:
    try:
        return FromInputFile.table_metadata(io.new_input(location))
    except (ValidationError, ValueError) as damaged:  # no JSON, or not of a table
        raise LakeError(
            f"{location}, the newest metadata, is damaged",
            "restore it from a copy of the lake, or move it away to go back to the one before",
        ) from damaged


def _check_whole(move: _Move) -> None:
    """Refuse a table of which a file of metadata is missing or damaged, of any snapshot."""
    seen: set[str] = set()
    try:
        for snapshot in move.table.metadata.snapshots:
            check_snapshot(move.io, move.new, snapshot, move.place, seen)
    except LakeError as lost:
        raise LakeError(lost.what, "restore it from a copy, or copy the lake again") from lost


def _named_in_catalog(lake: Lake, name: str) -> str | None:
    if isinstance(lake.catalog, SqlCatalog):
        with Session(lake.catalog.engine) as session:
            return session.execute(_row(select(IcebergTables.metadata_location), name)).scalar()
    try:
        return lake.table(name).metadata_location
    except NoSuchTableError:
        return None


def _row(statement: Any, name: str) -> Any:
    return statement.where(
        IcebergTables.table_namespace == NAMESPACE, IcebergTables.table_name == name
    )


def _check_moment(lake: Lake, found: Sequence[_Found]) -> None:
    """Refuse a copy in which a following table is ahead of the facts it follows."""
    facts = [table.metadata.next_sequence_number() for table in found if table.name == LOGS.name]
    for table in found:
        applied = int(table.metadata.properties.get(APPLIED, 0))
        if applied >= max(facts, default=1):
            raise LakeError(
                f"lake {lake.location}: table {table.name} is newer than {LOGS.name}",
                "the copy was made while the lake was written to; copy it again",
            )


def _write_metadata(move: _Move) -> str:
    """Write a table's metadata anew, with all it names; return where."""
    lists = {s.snapshot_id: _write_list(move, s) for s in move.table.metadata.snapshots}
    facts: dict[str, Any] = json.loads(move.table.metadata.model_dump_json())
    facts["location"] = move.place(facts["location"])
    for snapshot in facts["snapshots"]:
        snapshot["manifest-list"] = lists[snapshot["snapshot-id"]]
    for entry in facts.get("metadata-log", []):
        entry["metadata-file"] = move.place(entry["metadata-file"])
    for statistics in [*facts.get("statistics", []), *facts.get("partition-statistics", [])]:
        statistics["statistics-path"] = move.place(statistics["statistics-path"])
    facts.setdefault("metadata-log", []).append(
        {"metadata-file": move.table.location, "timestamp-ms": facts["last-updated-ms"]}
    )
    match = _VERSION.search(move.table.location)
    target = move.fresh(f"{int(match[1] if match else 0) + 1:05d}-{uuid4()}.metadata.json")
    ToOutputFile.table_metadata(TableMetadataUtil.parse_obj(facts), move.io.new_output(target))
    return target


def _write_list(move: _Move, snapshot: Snapshot) -> str:
    """Write a snapshot's manifest list anew, with its manifests; return where."""
    target = move.fresh(f"snap-{snapshot.snapshot_id}-relocated-{uuid4()}.avro")
    source = move.io.new_input(move.place(snapshot.manifest_list))
    manifests = [_write_manifest(move, manifest) for manifest in read_manifest_list(source)]
    with write_manifest_list(
        format_version=move.table.metadata.format_version,
        output_file=move.io.new_output(target),
        snapshot_id=snapshot.snapshot_id,
        parent_snapshot_id=snapshot.parent_snapshot_id,
        sequence_number=snapshot.sequence_number,
        avro_compression=_CODEC,
    ) as writer:
        writer.add_manifests(manifests)
    return target


def _write_manifest(move: _Move, manifest: ManifestFile) -> ManifestFile:
    """Write a manifest anew, each entry as it was but for its path; once, for all snapshots."""
    known = move.written.get(manifest.manifest_path)
    if known:
        return known
    target = move.io.new_output(move.fresh(f"{uuid4()}-relocated.avro"))
    metadata = move.table.metadata
    with AvroFile[ManifestEntry](
        move.io.new_input(move.place(manifest.manifest_path)),
        MANIFEST_ENTRY_SCHEMAS[DEFAULT_READ_VERSION],
        read_types={-1: ManifestEntry, 2: DataFile},
        read_enums={0: ManifestEntryStatus, 101: FileFormat, 134: DataFileContent},
    ) as entries:
        schema = Schema.model_validate_json(entries.header.meta["schema"])
        with write_manifest(
            format_version=metadata.format_version,
            spec=metadata.specs()[manifest.partition_spec_id],
            schema=schema,
            output_file=target,
            snapshot_id=manifest.added_snapshot_id or 0,
            avro_compression=_CODEC,
        ) as writer:
            for entry in entries:
                entry.data_file[_PATH_OF_FILE] = move.place(entry.data_file.file_path)
                writer.add_entry(entry)
    moved = copy(manifest)
    moved._data = list(manifest._data)
    moved[_PATH_OF_MANIFEST] = target.location
    moved[_LENGTH_OF_MANIFEST] = len(target)
    move.written[manifest.manifest_path] = moved
    return moved


def _point(lake: Lake, written: Mapping[str, str], found: Sequence[_Found]) -> None:
    """Make the catalog name the new metadata, of all tables at once where it is SQL."""
    lake.catalog.create_namespace_if_not_exists(NAMESPACE)
    if not isinstance(lake.catalog, SqlCatalog):
        _register(lake, written)
        return
    wanted = {table.name: written.get(table.name, table.location) for table in found}
    with Session(lake.catalog.engine) as session:
        for name, location in wanted.items():
            values = {"metadata_location": location, "previous_metadata_location": None}
            if _named_in_catalog(lake, name):
                session.execute(_row(update(IcebergTables), name).values(**values))
            else:
                row = {
                    "catalog_name": lake.catalog.name,
                    "table_namespace": NAMESPACE,
                    "table_name": name,
                }
                session.execute(insert(IcebergTables).values(**row, **values))
        session.commit()


def _register(lake: Lake, written: Mapping[str, str]) -> None:
    for name, location in written.items():
        if lake.catalog.table_exists((NAMESPACE, name)):
            raise LakeError(
                f"lake {lake.location}: the catalog still has table {NAMESPACE}.{name} of the "
                "old place and cannot be pointed to another",
                "drop it from the catalog without purging its files, then run this again",
            )
        lake.catalog.register_table((NAMESPACE, name), location)


def _rename_state(lake: Lake, old: str) -> None:
    """Keep the runs of a lake whose database lies elsewhere and names it by its place."""
    if lake.database.lake:
        with lake.database.write() as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.lake == old).values(lake=lake.database.lake)
            )
            connection.execute(LEASES.delete().where(LEASES.c.lake == old))
