"""Give the columns of a query's result Iceberg types, and ids that outlive changes of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from duckdb.sqltypes import DuckDBPyType
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
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

from pipeline.lake.snapshot import duckdb_type

_SCALARS: Mapping[str, type[IcebergType]] = {
    "boolean": BooleanType,
    "tinyint": IntegerType,
    "smallint": IntegerType,
    "integer": IntegerType,
    "utinyint": IntegerType,
    "usmallint": IntegerType,
    "uinteger": LongType,
    "bigint": LongType,
    "ubigint": LongType,
    "hugeint": LongType,
    "float": DoubleType,
    "double": DoubleType,
    "decimal": DoubleType,
    "varchar": StringType,
    "enum": StringType,
    "uuid": StringType,
    "date": DateType,
    "timestamp with time zone": TimestamptzType,
}
"""Iceberg's type for each of DuckDB's; a sum of BIGINT is HUGEINT, which Iceberg has not."""


def iceberg_type(kind: DuckDBPyType, ids: Iterator[int] | None = None) -> IcebergType:
    """Return the Iceberg type that holds a DuckDB type; ids inside are provisional.

    Raises:
        KeyError: there is none, as for a timestamp without time zone or an interval.
    """
    ids = count(1) if ids is None else ids
    children: dict[str, Any] = dict(kind.children) if kind.id in ("struct", "list", "map") else {}
    match kind.id:
        case "struct":
            return StructType(
                *(
                    NestedField(next(ids), name, iceberg_type(child, ids), required=False)
                    for name, child in children.items()
                )
            )
        case "list":
            element = iceberg_type(children["child"], ids)
            return ListType(next(ids), element, element_required=False)
        case "map":
            key, value = (iceberg_type(children[part], ids) for part in ("key", "value"))
            return MapType(next(ids), key, next(ids), value, value_required=False)
        case _:
            return _SCALARS[kind.id]()


def numbered(columns: Mapping[str, IcebergType], known: TableMetadata | None) -> Schema:
    """Return a schema of columns whose ids are those of a table where name and type are the same.

    Args:
        columns: types by name, their ids provisional.
        known: the table; None: there is none yet, and ids are those it will be made with.
    """
    if known is None:
        ids = count(1)
        fields = [_new_field(name, kind, ids) for name, kind in columns.items()]
        return assign_fresh_schema_ids(Schema(*fields))
    held = {field.name: field for field in known.schema().fields}
    ids = count(known.last_column_id + 1)
    return Schema(
        *(
            held[name] if _is_same(held.get(name), kind) else _new_field(name, kind, ids)
            for name, kind in columns.items()
        )
    )


def _new_field(name: str, kind: IcebergType, ids: Iterator[int]) -> NestedField:
    return NestedField(next(ids), name, _renumbered(kind, ids), required=False)


def _is_same(field: NestedField | None, kind: IcebergType) -> bool:
    return field is not None and duckdb_type(field.field_type) == duckdb_type(kind)


def _renumbered(kind: IcebergType, ids: Iterator[int]) -> IcebergType:
    match kind:
        case StructType():
            return StructType(
                *(
                    NestedField(next(ids), f.name, _renumbered(f.field_type, ids), required=False)
                    for f in kind.fields
                )
            )
        case ListType():
            return ListType(next(ids), _renumbered(kind.element_type, ids), element_required=False)
        case MapType():
            key, value = next(ids), next(ids)
            return MapType(
                key,
                _renumbered(kind.key_type, ids),
                value,
                _renumbered(kind.value_type, ids),
                value_required=False,
            )
        case _:
            return kind
