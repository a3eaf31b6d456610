"""Keep reference tables, of context and mapping, in the lake: whole, replaced when they change."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.schema import Schema

from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import (
    Replacement,
    Shape,
    built_from,
    find_table,
    planned_schema,
    replace_rows,
)
from pipeline.lake.fields import iceberg_type, numbered
from pipeline.lake.snapshot import connect
from pipeline.lake.storage import making
from pipeline.models.given import ReferenceTables
from pipeline.models.state import Built, from_json, to_json


def changed_references(lake: Lake, given: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    """Return the tables whose content is another than the lake's, or may be."""
    return {name: given[name] for name in given if not _is_kept(lake, name, given)}


def store_reference(lake: Lake, name: str, rows: pa.Table, made_from: str = "") -> None:
    """Put a table in the place of the one before, in one transaction.

    Args:
        made_from: what it was made from, if it need not be read while that stays the same.

    Raises:
        LakeBusy: another build stores it too.
    """
    table = find_table(lake, name)
    shape = reference_shape(rows)
    schema = planned_schema(table, shape)
    with making(lake.storage) as path:
        pq.write_table(rows.cast(file_schema(schema)), path, compression="zstd", store_schema=False)
        place = [lake.storage.put(path, f"tables/{name}/data/{path.name}")] if len(rows) else []
    replace_rows(
        lake,
        Replacement(
            table=name,
            shape=shape,
            schema=schema,
            days=None,
            locations=place,
            built=to_json(Built(made_from, version=_digest(rows))),
            before=built_from(table),
        ),
    )


def reference_shape(rows: pa.Table) -> Shape:
    """Return the columns that a table has in the lake."""
    with connect(1) as connection:
        relation = connection.from_arrow(rows.schema.empty_table())
        columns = zip(relation.columns, relation.types, strict=True)
        return Shape({name: iceberg_type(kind) for name, kind in columns})


def reference_schema(rows: pa.Table) -> Schema:
    """Return the same as a schema; its ids mean nothing."""
    return numbered(reference_shape(rows).columns, None)


def made_from(given: Mapping[str, pa.Table], name: str) -> str:
    """Return what a table was made from; empty where only its rows tell."""
    return given.made_from(name) if isinstance(given, ReferenceTables) else ""


def _is_kept(lake: Lake, name: str, given: Mapping[str, pa.Table]) -> bool:
    built = from_json(built_from(find_table(lake, name)))
    if built is None:
        return False
    if source := made_from(given, name):
        return built.definition == source
    return built.version == _digest(given[name])


def _digest(rows: pa.Table) -> str:
    """Return a digest of a table's columns and rows, however they lie in memory.

    Parquet's pages are the same for the same rows; its footer, which names the library's
    version, is left out.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="none", write_statistics=False, store_schema=False)
    written = memoryview(sink.getvalue())
    n_footer = int.from_bytes(written[-8:-4], "little")
    hashed = sha256(str(rows.schema.remove_metadata()).encode())
    hashed.update(written[: -8 - n_footer])
    return hashed.hexdigest()
