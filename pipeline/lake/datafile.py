"""Describe finished Parquet files to Iceberg: partition, counts and bounds from their footers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    _check_pyarrow_schema_compatible,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata

_READERS = 16


def data_files(
    table: Table, locations: Sequence[str], metadata: TableMetadata | None = None
) -> list[DataFile]:
    """Describe files for a commit to a table.

    PyIceberg's own `parquet_file_to_data_file` works out for each file again what depends on
    the table alone, which is three quarters of its time; here that is done once, and footers
    are read side by side.

    Args:
        table: the table.
        locations: the files.
        metadata: the table's as it will be; default as it is.

    Raises:
        ValueError: a file crosses partitions, or its schema does not fit the table's.
    """
    metadata = metadata or table.metadata
    schema, spec = metadata.schema(), metadata.spec()
    plan = compute_statistics_plan(schema, metadata.properties)
    mapping = parquet_path_to_id_mapping(schema)
    with ThreadPoolExecutor(min(_READERS, len(locations)) or 1) as pool:
        footers = list(pool.map(lambda location: _footer(table, location), locations))
    checked = None
    described = []
    for location, (footer, size) in zip(locations, footers, strict=True):
        written = footer.schema.to_arrow_schema()
        if checked is None or not written.equals(checked, check_metadata=True):
            _check_pyarrow_schema_compatible(
                schema, written, format_version=metadata.format_version
            )
            checked = written
        found = data_file_statistics_from_parquet_metadata(
            parquet_metadata=footer, stats_columns=plan, parquet_column_mapping=mapping
        )
        described.append(
            DataFile.from_args(
                content=DataFileContent.DATA,
                file_path=location,
                file_format=FileFormat.PARQUET,
                partition=found.partition(spec, schema),
                file_size_in_bytes=size,
                sort_order_id=None,
                spec_id=metadata.default_spec_id,
                equality_ids=None,
                key_metadata=None,
                **found.to_serialized_dict(),
            )
        )
    return described


def _footer(table: Table, location: str) -> tuple[pq.FileMetaData, int]:
    if "://" not in location:
        return pq.read_metadata(location), os.path.getsize(location)
    file = table.io.new_input(location)
    with file.open() as stream:
        return pq.read_metadata(stream), len(file)
