"""A hash over the whole content of a row, to tell a repeated event from a differing one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from pipeline.ingest.plan import Plan
from pipeline.lake.record import RECORD, Field, Kind

COLUMNS = (*(field.column for field in RECORD), "record_hash", "unmapped")
"""What an event's content is: its fields, not where it was found."""


def _shapes(fields: Sequence[Field], inside: str = "") -> Iterator[str]:
    """Yield what DuckDB's hash leaves out: it takes an empty object or list for none at all."""
    for field in fields:
        name = f'{inside}"{field.column}"'
        match field.kind:
            case Kind.STRUCT:
                yield f"{name} is null"
                yield from _shapes(field.fields, f"{name}.")
            case Kind.LIST:
                yield f"len({name})"
            case Kind.MAP:
                yield f"cardinality({name})"


_HASHED = ", ".join((*(f'"{name}"' for name in COLUMNS), *_shapes(RECORD)))

CONTENT_HASH = f"hash({_HASHED})"
"""SQL for 64 bits of a row's content. Only equality counts, and only between equal versions of
DuckDB and of the columns: another version's hash of equal content is merely another."""

_QUERY = f"select {CONTENT_HASH} as content_hash from contents"


class ContentHasher:
    """One thread's way from rows to their content hashes.

    Args:
        connection: the thread's own.
        schema: of the rows, which have at least the content's columns.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: pa.Schema) -> None:
        contents = pa.schema([schema.field(name) for name in COLUMNS])
        self._plan = Plan(connection, _QUERY, "contents", contents)

    def hash(self, rows: pa.Table) -> pa.Int64Array:
        """Return the content hash of each row, as a signed integer.

        Equal content has equal hashes; that two records of one event id differ and share a
        hash has a chance of 2^-64.
        """
        column = self._plan.run(rows.select(COLUMNS)).combine_chunks()
        return pa.Array.from_buffers(
            pa.int64(), len(column), column.buffers(), offset=column.offset
        )
