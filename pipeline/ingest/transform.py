"""Decode documents into rows: DuckDB's JSON decoder, handed Arrow and handing back Arrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.ingest.plan import Plan
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

_PACK_BYTES = 512 << 10

_DECODE = f"select json_transform(document, '{_SPEC}').Records as records from documents"
_TRY_DECODE = f"select try(json_transform(document, '{_SPEC}')).Records as records from doubtful"
_DOCUMENTS = pa.schema([("document", pa.large_string())])


class Decoder:
    """One thread's DuckDB, used for decoding only."""

    def __init__(self) -> None:
        self.connection = connect(threads=1)
        self.connection.execute("set preserve_insertion_order = true")
        self._decode = Plan(self.connection, _DECODE, "documents", _DOCUMENTS)
        self._try_decode = Plan(self.connection, _TRY_DECODE, "doubtful", _DOCUMENTS)

    def decode(self, packs: Sequence[Pack]) -> pa.ListArray | None:
        """Decode `{"Records": […]}` documents; None where one is no JSON or no UTF-8.

        Returns:
            One list of record structs a document, in order.
        """
        try:
            return _lists(self._decode, packs)
        except (duckdb.Error, UnicodeDecodeError):
            return None

    def decode_each(self, packs: Sequence[Pack]) -> pa.ListArray:
        """Decode documents; a document that is no JSON gives a null."""
        return _lists(self._try_decode, packs)


def _lists(plan: Plan, packs: Sequence[Pack]) -> pa.ListArray:
    column = plan.run(
        pa.table([pa.chunked_array([pack.documents for pack in packs])], schema=_DOCUMENTS)
    )
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


@dataclass(frozen=True, slots=True)
class Pack:
    """A run of documents in one piece of memory, for DuckDB to decode in one go.

    What DuckDB makes of one vector it makes at once; a pack that fits the processor's cache,
    its result included, is decoded in two thirds of the time that one of several megabytes is.
    """

    text: bytes
    documents: pa.LargeStringArray


def pack(texts: Sequence[bytes]) -> list[Pack]:
    """Pack UTF-8 texts in their order; a large one is not copied."""
    packs: list[Pack] = []
    run: list[bytes] = []
    size = 0
    for text in texts:
        if run and size + len(text) > _PACK_BYTES:
            packs.append(_pack(run))
            run, size = [], 0
        run.append(text)
        size += len(text)
    return [*packs, _pack(run)] if run else packs


def _pack(texts: Sequence[bytes]) -> Pack:
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    text = texts[0] if len(texts) == 1 else b"".join(texts)
    array = pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(ends.data), pa.py_buffer(text)
    )
    return Pack(text, array)


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
