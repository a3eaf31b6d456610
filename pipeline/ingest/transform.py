"""Decode documents into rows: DuckDB's JSON decoder, handed Arrow and handing back Arrow."""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.lake.record import RECORD, Field, Kind
from pipeline.lake.snapshot import connect

_SCALARS = {Kind.TEXT: "VARCHAR", Kind.FLAG: "JSON", Kind.JSON: "JSON"}


def decode_spec(fields: Sequence[Field]) -> dict[str, object]:
    """Return DuckDB's `json_transform` structure for these fields."""
    return {field.name: _spec(field) for field in fields}


def _spec(field: Field) -> object:
    match field.kind:
        case Kind.STRUCT:
            return decode_spec(field.fields)
        case Kind.LIST:
            return [decode_spec(field.fields)]
        case Kind.MAP:
            return "MAP(VARCHAR,VARCHAR)"
        case _:
            return _SCALARS[field.kind]


_SPEC = json.dumps({"Records": [decode_spec(RECORD)]})

_DECODE = f"select json_transform(document, '{_SPEC}').Records as records from documents"
_TRY_DECODE = f"select try(json_transform(document, '{_SPEC}')).Records as records from documents"


class Decoder:
    """One thread's DuckDB, used for decoding only."""

    def __init__(self) -> None:
        self.connection = connect(threads=1)
        self.connection.execute("set preserve_insertion_order = true")

    def decode(self, documents: pa.LargeStringArray) -> pa.ListArray | None:
        """Decode `{"Records": […]}` documents; None where one is no JSON or no UTF-8.

        Returns:
            One list of record structs a document, in order.
        """
        try:
            return self._run(_DECODE, documents)
        except (duckdb.Error, UnicodeDecodeError):
            return None

    def decode_each(self, documents: pa.LargeStringArray) -> pa.ListArray:
        """Decode documents; a document that is no JSON gives a null."""
        return self._run(_TRY_DECODE, documents)

    def _run(self, query: str, documents: pa.LargeStringArray) -> pa.ListArray:
        self.connection.register("documents", pa.table({"document": documents}))
        try:
            column = self.connection.sql(query).to_arrow_table().column(0)
        finally:
            self.connection.unregister("documents")
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def string_array(texts: Sequence[bytes], joined: bytes | None = None) -> pa.LargeStringArray:
    """Return an Arrow string array over UTF-8 texts; joined is all of them, if at hand."""
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    data = b"".join(texts) if joined is None else joined
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends.data), pa.py_buffer(data))


def retype(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Give an array the names and types of another of the same layout, without copying."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_struct(kind):
        children = [retype(array.field(n), kind.field(n).type) for n in range(kind.num_fields)]
        return pa.Array.from_buffers(kind, len(array), [_validity(array)], children=children)
    if pa.types.is_map(kind):
        entries = pa.struct([kind.key_field, kind.item_field])
        inner = retype(_entries(array), entries)
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:2], children=[inner])
    if pa.types.is_list(kind):
        inner = retype(array.values, kind.value_type)
        return pa.Array.from_buffers(
            kind, len(array), array.buffers()[:2], offset=array.offset, children=[inner]
        )
    return array if array.type == kind else array.cast(kind)


def _entries(array: pa.MapArray) -> pa.StructArray:
    names = [
        pa.field("key", pa.string(), nullable=False),
        pa.field("value", pa.string()),
    ]
    return pa.StructArray.from_arrays([array.keys, array.items], fields=names)


def _validity(array: pa.Array) -> pa.Buffer | None:
    if array.null_count == 0:
        return None
    valid = np.packbits(np.asarray(array.is_valid()), bitorder="little")
    return pa.py_buffer(valid.tobytes())
