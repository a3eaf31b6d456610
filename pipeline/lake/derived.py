"""Keep the tables that models make: in the lake's catalog, replaced by day in one transaction.

What a table was built from is a property of it, committed with its rows, so that rows and what
is known of them cannot come apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestEntry, ManifestFile
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSpecUpdate,
    TableUpdate,
)
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _OverwriteFiles
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType, IcebergType, TimestamptzType
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import NAMESPACE, PROPERTIES, Lake
from pipeline.lake.commit import BATCH
from pipeline.lake.content import file_day
from pipeline.lake.datafile import data_files
from pipeline.lake.fields import numbered
from pipeline.lake.schema import TABLES
from pipeline.lake.snapshot import TableView, read_lake
from pipeline.lake.transaction import transaction

BUILT = "trailhouse.built"
"""Property of a model's table: what it was built from, as JSON."""

PART = "__"
"""In the name of a table that only helps to build another."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a model's table.

    Attributes:
        columns: types by name, in their order.
        day: the DATE column whose values divide the table; empty: it is whole.
    """

    columns: Mapping[str, IcebergType]
    day: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Rows to take the place of others.

    Attributes:
        table: the table's name.
        shape: what the table is to look like; another shape than before replaces all rows.
        schema: the shape with ids, which the files were written with; see `planned_schema`.
        days: the days whose rows go; None: all rows go.
        locations: the files that take their place.
        built: what the table will have been built from.
        before: the same of the table that this was planned on; None: it was not built.
    """

    table: str
    shape: Shape
    schema: Schema
    days: Collection[date] | None
    locations: Sequence[str]
    built: Mapping[str, Any]
    before: Mapping[str, Any] | None


def list_derived(lake: Lake, *, parts: bool = False) -> list[str]:
    """Return the names of the tables that models made, and of reference tables.

    Args:
        lake: the lake.
        parts: also those that only help to build others.
    """
    names = (identifier[-1] for identifier in lake.catalog.list_tables(NAMESPACE))
    return sorted(name for name in names if name not in TABLES and (parts or PART not in name))


def derived_view(lake: Lake, name: str, at: int | datetime | None = None) -> TableView:
    """Return a model's table at its newest snapshot, or as it was.

    Args:
        lake: the lake.
        name: one of `list_derived`.
        at: a snapshot id of the facts, or an instant.

    Raises:
        SnapshotNotFound: the facts have no such snapshot.
    """
    if at is None:
        return view_of(lake.table(name))
    return read_lake(lake, at, [name]).tables[name]


def view_of(table: Table) -> TableView:
    """Return a table at its newest snapshot."""
    return TableView(table, table.metadata.current_snapshot_id)


def find_table(lake: Lake, name: str) -> Table | None:
    """Load a model's table; None: there is none yet."""
    try:
        return lake.table(name)
    except NoSuchTableError:
        return None


def built_from(table: Table | None) -> dict[str, Any] | None:
    """Return what a table was built from; None: it was not built."""
    text = table.properties.get(BUILT) if table else None
    return json.loads(text) if text else None


def planned_schema(table: Table | None, shape: Shape) -> Schema:
    """Return the schema of a shape with the ids it will have in the lake.

    A column that keeps its name and type keeps its ids; any other gets new ones, which no
    older file has.
    """
    return numbered(shape.columns, table.metadata if table else None)


def replace_rows(lake: Lake, replacement: Replacement) -> TableView:
    """Commit rows in the place of others, with the columns and what they were built from.

    Raises:
        LakeBusy: another build changed the table meanwhile, or writers kept winning.
    """
    if find_table(lake, replacement.table) is None:
        _create(lake, replacement)
    try:
        return _replace(lake, replacement)
    except CommitFailedException as lost:
        raise _busy(lake, replacement.table) from lost


def take_out_days(lake: Lake, before: date) -> None:
    """Take days out of every model's table that is kept by days; the next build sees to the rest.

    Raises:
        LakeBusy: writers kept winning.
    """
    for name in list_derived(lake, parts=True):
        try:
            _take_out(lake, name, before)
        except CommitFailedException as lost:
            raise _busy(lake, name) from lost


_AGAIN = retry(
    retry=retry_if_exception_type(CommitFailedException),
    wait=wait_random_exponential(0.02, max=1),
    stop=stop_after_delay(120),
    reraise=True,
)


@_AGAIN
def _replace(lake: Lake, wanted: Replacement) -> TableView:
    table = lake.table(wanted.table)
    if built_from(table) != wanted.before:
        raise _busy(lake, wanted.table)
    gone = _files(table, wanted.days)
    with transaction(table) as change:
        _reshape(change, wanted)
        text = json.dumps(wanted.built, separators=(",", ":"), sort_keys=True)
        change.set_properties({BUILT: text, **_metrics(wanted.shape)})
        if gone or wanted.locations:
            new = data_files(table, wanted.locations, change.table_metadata)
            _swap(change, table.io, gone, new)
    return view_of(lake.table(wanted.table))


@_AGAIN
def _take_out(lake: Lake, name: str, before: date) -> None:
    table = lake.table(name)
    if not _is_by_day(table):
        return
    old = [file for file in _files(table, None) if (file_day(file) or before) < before]
    if old:
        with transaction(table) as change:
            _swap(change, table.io, old, [])


def _is_by_day(table: Table) -> bool:
    """Tell whether the rows of a partition are of one day, and not of a longer time."""
    fields = table.spec().fields
    return bool(fields) and fields[0].name != "event_month"


def _create(lake: Lake, wanted: Replacement) -> None:
    try:
        lake.catalog.create_table(
            (NAMESPACE, wanted.table),
            schema=wanted.schema,
            location=f"{lake.location}/tables/{wanted.table}",
            partition_spec=_spec(wanted.schema, wanted.shape.day, 0, PARTITION_FIELD_ID_START),
            properties=PROPERTIES,
        )
    except TableAlreadyExistsError as other:
        raise _busy(lake, wanted.table) from other


def _spec(schema: Schema, day: str, spec_id: int, field_id: int) -> PartitionSpec:
    if not day:
        return PartitionSpec(spec_id=spec_id)
    source = schema.find_field(day).field_id
    return PartitionSpec(
        PartitionField(source, field_id, IdentityTransform(), day), spec_id=spec_id
    )


def _reshape(change: Transaction, wanted: Replacement) -> None:
    """Give the table the columns and the division it is to have, if it has others.

    Both go in one step: neither fits the other's past.
    """
    metadata = change.table_metadata
    updates: list[TableUpdate] = []
    if metadata.schema().fields != wanted.schema.fields:
        number = max(schema.schema_id for schema in metadata.schemas) + 1
        schema = wanted.schema.model_copy(update={"schema_id": number})
        updates += [AddSchemaUpdate(schema_=schema), SetCurrentSchemaUpdate(schema_id=-1)]
    last = metadata.last_partition_id or PARTITION_FIELD_ID_START - 1
    number = max(spec.spec_id for spec in metadata.partition_specs) + 1
    spec = _spec(wanted.schema, wanted.shape.day, number, last + 1)
    if _division(metadata.spec()) != _division(spec):
        updates += [AddPartitionSpecUpdate(spec=spec), SetDefaultSpecUpdate(spec_id=-1)]
    if updates:
        change._apply(tuple(updates))


def _division(spec: PartitionSpec) -> list[tuple[int, str]]:
    return [(field.source_id, str(field.transform)) for field in spec.fields]


def _metrics(shape: Shape) -> dict[str, str]:
    """Return the properties that have the bounds of times kept, by which files are skipped."""
    return {
        f"write.metadata.metrics.column.{name}": "full"
        for name, kind in shape.columns.items()
        if isinstance(kind, DateType | TimestamptzType)
    }


def _files(table: Table, days: Collection[date] | None) -> list[DataFile]:
    if days is not None and not days:  # as where a table without days came out as it was
        return []
    files = view_of(table).files()
    return files if days is None else [file for file in files if file_day(file) in days]


def _swap(
    change: Transaction, io: FileIO, gone: Sequence[DataFile], new: Sequence[DataFile]
) -> None:
    with _Swap(
        operation=Operation.OVERWRITE,
        transaction=change,
        io=io,
        snapshot_properties={BATCH: "build"},
    ) as swap:
        for file in gone:
            swap.delete_data_file(file)
        for file in new:
            swap.append_data_file(file)


class _Swap(_OverwriteFiles):
    """PyIceberg's overwrite that also merges manifests and drops those of files long gone.

    Its own leaves a manifest or two more with each commit for ever; a table that is rebuilt
    every few minutes would soon be slow to plan.
    """

    def _build_delete_files_partition_predicate(self) -> None:
        """Look into every manifest: they are few, and one may divide by a column that is gone."""

    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        return lambda manifest: True

    def _deleted_entries(self) -> list[ManifestEntry]:
        """Note what is deleted, but for files of a division that the columns no longer have."""
        spec_id = self._transaction.table_metadata.default_spec_id
        return [e for e in super()._deleted_entries() if e.data_file.spec_id == spec_id]

    def _existing_manifests(self) -> list[ManifestFile]:
        found = super()._existing_manifests()
        return [one for one in found if one.has_added_files() or one.has_existing_files()]

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        merging = _ManifestMergeManager(
            target_size_bytes=8 << 20,
            min_count_to_merge=int(PROPERTIES["commit.manifest.min-count-to-merge"]),
            merge_enabled=True,
            snapshot_producer=self,
        )
        return merging.merge_manifests(manifests)


def _busy(lake: Lake, name: str) -> LakeBusy:
    return LakeBusy(f"lake {lake.location}: table {name} kept changing under us", "run again")
