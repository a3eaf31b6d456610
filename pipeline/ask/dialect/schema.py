"""The columns of the tables that queries of a dialect are about, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pyiceberg.types import NestedField, StructType
from sqlglot import exp

from pipeline.ask.dialect.context import Dialect
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import duckdb_type

_TIME = "timestamp"
_MAP = "map(varchar, varchar)"
_STORE_TYPES = {
    "eventtime": _TIME,
    "requestparameters": _MAP,
    "responseelements": _MAP,
    "additionaleventdata": _MAP,
    "serviceeventdetails": _MAP,
    "addendum": _MAP,
    "edgedevicedetails": _MAP,
    "insightdetails": _MAP,
    "readonly": "boolean",
    "managementevent": "boolean",
}
"""Where CloudTrail Lake's types differ from Athena's (reference: AWS CloudTrail user guide)."""


@cache
def columns(dialect: Dialect) -> Mapping[str, exp.DataType]:
    """Return the columns of a dialect's table by name in lower case."""
    kinds = {f.name: duckdb_type(f.field_type) for f in LOGS.schema.fields}
    if dialect is Dialect.LAKE:
        kinds |= _STORE_TYPES
    return {name: exp.DataType.build(kind, dialect="duckdb") for name, kind in kinds.items()}


@cache
def struct_fields(column: str) -> tuple[str, ...]:
    """Return the fields of a column that is a list of structs or a struct; empty: it is neither."""
    found = [f for f in LOGS.schema.fields if f.name == column]
    kind = found[0].field_type if found else None
    element = getattr(kind, "element_type", kind)
    fields: tuple[NestedField, ...] = element.fields if isinstance(element, StructType) else ()
    return tuple(f.name for f in fields)
