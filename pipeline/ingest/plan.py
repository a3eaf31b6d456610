"""A DuckDB query over Arrow data that is planned once and run for one table after another."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa


class _Feed:
    """What DuckDB scans: whichever table is in it when the query runs."""

    def __init__(self, schema: pa.Schema) -> None:
        self.table = schema.empty_table()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


class Plan:
    """A query bound to a schema. Binding and planning it anew takes longer than it runs.

    Args:
        connection: the thread's own.
        query: what to ask; it reads `name`.
        name: the name of the table in the query.
        schema: the schema of every table it is run for.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, query: str, name: str, schema: pa.Schema
    ) -> None:
        self._feed = _Feed(schema)
        connection.register(name, self._feed)
        self._relation = connection.sql(query)

    def run(self, table: pa.Table) -> pa.ChunkedArray:
        """Run it for a table of the schema; return the first column of the answer.

        Raises:
            duckdb.Error, UnicodeDecodeError: as the query fails; it can be run again.
        """
        self._feed.table = table
        try:
            return self._relation.to_arrow_table().column(0)
        finally:
            self._feed.table = table.slice(0, 0)
