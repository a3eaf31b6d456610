"""The schemas of the lake's tables, as Iceberg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform
from pyiceberg.types import (
    DateType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
)

from pipeline.lake.record import RECORD, Field, Kind


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of the lake.

    Attributes:
        name: the name in SQL.
        schema: its columns, all optional: what a file lacks reads as null. The ids are
            provisional, the table gets its own when it is made.
        day_column: the time whose UTC day partitions it; empty: unpartitioned.
        meaning: one sentence for people.
    """

    name: str
    schema: Schema
    day_column: str
    meaning: str

    @property
    def partition(self) -> PartitionSpec:
        """The partition spec: the day of `day_column`."""
        if not self.day_column:
            return PartitionSpec()
        source = self.schema.find_field(self.day_column).field_id
        return PartitionSpec(PartitionField(source, 1000, DayTransform(), f"{self.day_column}_day"))


def _record_type(field: Field, ids: Iterator[int]) -> IcebergType:
    match field.kind:
        case Kind.STRUCT:
            return StructType(*(_record_field(f, ids) for f in field.fields))
        case Kind.LIST:
            element = StructType(*(_record_field(f, ids) for f in field.fields))
            return ListType(next(ids), element, element_required=False)
        case Kind.MAP:
            return MapType(next(ids), StringType(), next(ids), StringType(), value_required=False)
        case _:
            return StringType()


def _record_field(field: Field, ids: Iterator[int]) -> NestedField:
    return NestedField(next(ids), field.column, _record_type(field, ids), required=False)


def _schema(record: tuple[Field, ...] = (), /, **columns: IcebergType) -> Schema:
    ids = count(1)
    fields = [_record_field(f, ids) for f in record]
    fields += [NestedField(next(ids), n, t, required=False) for n, t in columns.items()]
    return Schema(*fields)


LOGS = TableSpec(
    "cloudtrail_logs",
    _schema(
        RECORD,
        event_time=TimestamptzType(),
        event_date=DateType(),
        event_key=LongType(),
        content_hash=LongType(),
        record_hash=StringType(),
        unmapped=StringType(),
        source_object=StringType(),
        source_position=IntegerType(),
        ingested_at=TimestamptzType(),
        batch_id=StringType(),
    ),
    "event_time",
    "One row per CloudTrail event.",
)

OBJECTS = TableSpec(
    "ingest_objects",
    _schema(
        uri=StringType(),
        version=StringType(),
        etag=StringType(),
        size_bytes=LongType(),
        storage_class=StringType(),
        modified=TimestamptzType(),
        log_date=DateType(),
        account_id=StringType(),
        region=StringType(),
        kind=StringType(),
        sha256=StringType(),
        inflated_bytes=LongType(),
        members=IntegerType(),
        records=LongType(),
        rows_added=LongType(),
        duplicates=LongType(),
        conflicts=LongType(),
        quarantined=LongType(),
        first_event_time=TimestamptzType(),
        last_event_time=TimestamptzType(),
        state=StringType(),
        reason=StringType(),
        ingested_at=TimestamptzType(),
        batch_id=StringType(),
    ),
    "",
    "One row per attempt to read a log object; the newest one counts.",
)

QUARANTINE = TableSpec(
    "ingest_quarantine",
    _schema(
        quarantine_id=StringType(),
        uri=StringType(),
        position=LongType(),
        reason=StringType(),
        detail=StringType(),
        text=StringType(),
        encoding=StringType(),
        size_bytes=LongType(),
        state=StringType(),
        quarantined_at=TimestamptzType(),
        batch_id=StringType(),
    ),
    "",
    "One row per record that could not become an event, with its reason and its text.",
)

CONFLICTS = TableSpec(
    "ingest_conflicts",
    _schema(
        account_id=StringType(),
        event_id=StringType(),
        event_date=DateType(),
        record_hash=StringType(),
        record=StringType(),
        uri=StringType(),
        seen_at=TimestamptzType(),
        batch_id=StringType(),
    ),
    "",
    "Every version of an event that was delivered with differing content.",
)

TABLES: dict[str, TableSpec] = {t.name: t for t in (LOGS, OBJECTS, QUARANTINE, CONFLICTS)}
"""The lake's tables by name; the first holds the facts, the others follow it."""
