"""The Arrow schema that data files of a table are written with: its names, types and ids."""

from __future__ import annotations

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema


def file_schema(schema: Schema) -> pa.Schema:
    """Return a table's schema for writing, every field with its Iceberg id as metadata.

    The ids matter: some readers ignore the name mapping that files without ids need.
    """
    wide = schema_to_pyarrow(schema, include_field_ids=True)
    return pa.schema([_narrow(field) for field in wide])


def _narrow(field: pa.Field) -> pa.Field:
    return field.with_type(_narrow_type(field.type))


def _narrow_type(kind: pa.DataType) -> pa.DataType:
    """Take 32-bit offsets where PyIceberg proposes 64-bit ones; on disk they are the same."""
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([_narrow(kind.field(n)) for n in range(kind.num_fields)])
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_narrow(kind.value_field))
    if pa.types.is_map(kind):
        return pa.map_(_narrow(kind.key_field), _narrow(kind.item_field))
    return kind
