"""Consistent reads: one snapshot of every table, planned into files for DuckDB."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
from pyiceberg.avro.file import AvroFile
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThan
from pyiceberg.io import FileIO
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    MANIFEST_ENTRY_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    read_manifest_list,
)
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    StringType,
    StructType,
    TimestamptzType,
)

from pipeline.errors import LakeError, SnapshotNotFound
from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS, TABLES

UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    SystemError,
    zlib.error,
)
"""What PyIceberg raises for metadata that is missing or no Avro, which it does not check for."""

_SCALARS: Mapping[type[IcebergType], str] = {
    BooleanType: "BOOLEAN",
    DateType: "DATE",
    DoubleType: "DOUBLE",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    StringType: "VARCHAR",
    TimestamptzType: "TIMESTAMPTZ",
}


@dataclass(frozen=True, slots=True)
class TableView:
    """One table at one snapshot; snapshot_id is None while the table is empty."""

    table: Table
    snapshot_id: int | None

    @property
    def schema(self) -> Schema:
        """The schema the rows are read with.

        Of the lake's own tables always the newest, old files give nulls. A model's table was
        made anew when its columns changed, so it is read as it was.
        """
        snapshot = self.table.snapshot_by_id(self.snapshot_id) if self.snapshot_id else None
        if snapshot is None or snapshot.schema_id is None or self.table.name()[-1] in TABLES:
            return self.table.schema()
        return self.table.schemas()[snapshot.schema_id]

    def files(self, where: BooleanExpression | None = None) -> list[DataFile]:
        """Plan the data files that may hold rows of a filter.

        Raises:
            LakeError: a file of metadata is missing or damaged.
        """
        if self.snapshot_id is None:
            return []
        scan = self.table.scan(
            row_filter=where or AlwaysTrue(), snapshot_id=self.snapshot_id, selected_fields=()
        )
        try:
            return [task.file for task in scan.plan_files()]
        except UNREADABLE as failed:
            self.check()
            raise failed

    def check(self) -> None:
        """Read all metadata of the snapshot.

        Raises:
            LakeError: a file of it is missing or damaged.
        """
        snapshot = self.table.snapshot_by_id(self.snapshot_id) if self.snapshot_id else None
        if snapshot:
            place = self.table.location().partition("/tables/")[0]
            check_snapshot(self.table.io, place, snapshot)


@dataclass(frozen=True, slots=True)
class LakeView:
    """All tables of a lake, each at one snapshot, for as long as the view is kept."""

    lake: Lake
    tables: Mapping[str, TableView]

    def paths(self, name: str, where: BooleanExpression | None = None) -> list[str]:
        """Return local paths of the files of a table that may hold rows of a filter."""
        return self.lake.storage.local([f.file_path for f in self.tables[name].files(where)])


def read_lake(
    lake: Lake, at: int | datetime | None = None, derived: Sequence[str] = ()
) -> LakeView:
    """Fix a snapshot of every table.

    Args:
        lake: the lake.
        at: a snapshot id of the facts or an instant; the other tables are taken as they
            were when that snapshot was committed.
        derived: tables of models to read beside the lake's own.

    Raises:
        SnapshotNotFound: no such snapshot, or it has expired.
    """
    facts = lake.table(LOGS.name)
    if at is None:
        others = (*TABLES, *derived)
        views = {name: _now(lake.table(name)) for name in others if name != LOGS.name}
        return LakeView(lake, {LOGS.name: _now(facts)} | views)
    moment = at if isinstance(at, datetime) else _committed_at(facts, at)
    names = (*TABLES, *derived)
    return LakeView(lake, {name: _at(lake.table(name), moment, at) for name in names})


def days(first: date, last: date, column: str = "event_time") -> BooleanExpression:
    """Return the filter for the UTC days from first to last, both included."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    return _between(column, start, end)


def spanning(first: datetime, last: datetime, column: str = "event_time") -> BooleanExpression:
    """Return the filter for times from first to last, both included."""
    return _between(column, first, last + timedelta(microseconds=1))


def _between(column: str, start: datetime, end: datetime) -> BooleanExpression:
    since = GreaterThanOrEqual(column, start.isoformat())  # type: ignore[call-arg]
    until = LessThan(column, end.isoformat())  # type: ignore[call-arg]
    return And(since, until)  # mypy takes the constructors for pydantic's; they are PyIceberg's


def check_snapshot(
    io: FileIO,
    place: str,
    snapshot: Snapshot,
    where: Callable[[str], str] = str,
    seen: set[str] | None = None,
) -> None:
    """Read all metadata of a snapshot.

    Args:
        io: reads the lake's files.
        place: where the lake is.
        snapshot: of any of its tables.
        where: tells where a file is now.
        seen: manifests that were read before; added to.

    Raises:
        LakeError: a file of it is missing or damaged.
    """
    seen = set() if seen is None else seen
    location = where(snapshot.manifest_list)
    with _naming(place, location):
        manifests = list(read_manifest_list(io.new_input(location)))
    for manifest in manifests:
        location = where(manifest.manifest_path)
        if location not in seen:
            seen.add(location)
            with _naming(place, location):
                _read_manifest(io, location)


def _read_manifest(io: FileIO, location: str) -> None:
    with AvroFile[ManifestEntry](
        io.new_input(location),
        MANIFEST_ENTRY_SCHEMAS[DEFAULT_READ_VERSION],
        read_types={-1: ManifestEntry, 2: DataFile},
        read_enums={0: ManifestEntryStatus, 101: FileFormat, 134: DataFileContent},
    ) as entries:
        for _ in entries:
            pass


@contextmanager
def _naming(place: str, location: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        raise lost_file(place, location, "missing") from missing
    except UNREADABLE as damaged:
        if isinstance(damaged, OSError):
            raise
        raise lost_file(place, location, "damaged") from damaged


def lost_file(place: str, location: str, what: str) -> LakeError:
    """Return the error for a file of the lake that is missing or damaged."""
    return LakeError(
        f"lake {place}: {location} is {what}",
        "restore it from a copy of the lake, or if the lake was moved run: "
        f"trailhouse maintain --relocate --lake {place}",
    )


def scan_sql(schema: Schema, paths: Sequence[str]) -> str:
    """Return a FROM item that reads these Parquet files with exactly this schema.

    What an older file lacks, nested fields included, reads as null.
    """
    if not paths:
        nulls = ", ".join(
            f"null::{duckdb_type(f.field_type)} as {_name(f.name)}" for f in schema.fields
        )
        return f"(select {nulls} where false)"
    entries = ", ".join(
        f"{_text(f.name)}: {{name: {_text(f.name)}, type: {_text(duckdb_type(f.field_type))}, "
        "default_value: NULL}"
        for f in schema.fields
    )
    files = ", ".join(map(_text, paths))
    return f"read_parquet([{files}], schema = MAP {{{entries}}}, hive_partitioning = false)"


def duckdb_type(kind: IcebergType) -> str:
    """Return the DuckDB type that an Iceberg type reads as."""
    match kind:
        case StructType():
            inner = ", ".join(f"{_name(f.name)} {duckdb_type(f.field_type)}" for f in kind.fields)
            return f"STRUCT({inner})"
        case ListType():
            return f"{duckdb_type(kind.element_type)}[]"
        case MapType():
            return f"MAP({duckdb_type(kind.key_type)}, {duckdb_type(kind.value_type)})"
        case _:
            return _SCALARS[type(kind)]


def connect(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB in UTC that fetches no extension and reads no setting of ours.

    Of two sides of a join it keeps the right one in memory, as written: it takes a table's files
    for one row, and would hold millions of events to look up the name of their account.
    """
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set disabled_optimizers = 'build_side_probe_side'")
    connection.execute("set enable_progress_bar = false")  # on a terminal it would draw its own
    if threads:
        connection.execute(f"set threads = {threads:d}")
    return connection


def _now(table: Table) -> TableView:
    current = table.current_snapshot()
    return TableView(table, current.snapshot_id if current else None)


def _committed_at(facts: Table, snapshot_id: int) -> datetime:
    snapshot = facts.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise SnapshotNotFound(
            f"no snapshot {snapshot_id} in the lake; it may have expired",
            "see what there is with: trailhouse status --snapshots",
        )
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)


def _at(table: Table, moment: datetime, asked: int | datetime) -> TableView:
    if isinstance(asked, int) and table.snapshot_by_id(asked):
        return TableView(table, asked)
    before = [s for s in table.metadata.snapshots if s.timestamp_ms <= moment.timestamp() * 1000]
    if before:
        return TableView(table, max(before, key=lambda s: s.sequence_number or 0).snapshot_id)
    if table.name()[-1] == LOGS.name:
        raise SnapshotNotFound(
            f"no snapshot of the lake is as old as {moment.isoformat()}",
            "see what there is with: trailhouse status --snapshots",
        )
    return TableView(table, None)


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
