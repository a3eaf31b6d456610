"""The answer to a query: its rows as Arrow, Polars, Python or a DuckDB relation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa

from pipeline.ask.explain import Plan
from pipeline.ask.statement import refusal
from pipeline.errors import LakeError, QueryError

if TYPE_CHECKING:
    import polars as pl

    from pipeline.ask.dialect import Note, Translation

_BATCH_ROWS = 20_000


class Answer:
    """The rows of one query on one snapshot.

    The query runs each time the rows are read, on the same files and with the same now();
    what is read in batches is never held whole. Close it, or leave it to the collector.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        relation: duckdb.DuckDBPyRelation,
        sql: str,
        plan: Plan,
        damage: Callable[[Exception], LakeError | None] = lambda _: None,
        translation: Translation | None = None,
    ) -> None:
        self._cursor = cursor
        self._relation = relation
        self._sql = sql
        self._damage = damage
        self._translation = translation
        self.plan = plan
        """Which snapshot, files and days the query reads."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._relation.columns)

    @property
    def sql(self) -> str:
        """The query as DuckDB runs it: as it was asked, or what it was translated to."""
        return self._sql

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was resolved or changed in the translation of the query."""
        return self._translation.notes if self._translation else ()

    @property
    def types(self) -> list[str]:
        """The DuckDB types of the columns."""
        return [str(kind) for kind in self._relation.types]

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        with self._words():
            return self._relation.to_arrow_table()

    def polars(self) -> pl.DataFrame:
        """Return all rows as a Polars frame."""
        with self._words():
            frame: pl.DataFrame = self._relation.pl()
        return frame

    def rows(self) -> list[tuple[Any, ...]]:
        """Return all rows as Python tuples."""
        with self._words():
            return self._relation.fetchall()

    def batches(self, rows: int = _BATCH_ROWS) -> pa.RecordBatchReader:
        """Stream the rows as Arrow record batches of at most about this many."""
        with self._words():
            reader = self._relation.to_arrow_reader(rows)
        return pa.RecordBatchReader.from_batches(reader.schema, self._translated(reader))

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """Return a DuckDB relation to go on from; it lives as long as this answer."""
        return self._relation

    def close(self) -> None:
        """Let go of the query."""
        self._cursor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._relation)

    def _translated(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        with self._words():
            yield from reader

    @contextmanager
    def _words(self) -> Iterator[None]:
        """Turn DuckDB's refusals into ours, also those that Arrow hands on as OSError.

        Where a file of the lake is gone or damaged, that is said instead.
        """
        try:
            yield
        except (duckdb.Error, OSError, RuntimeError) as refused:
            raise self._damage(refused) or self._refusal(refused) from refused

    def _refusal(self, refused: Exception) -> QueryError:
        if self._translation is None:
            return refusal(refused, self._sql)
        from pipeline.ask.dialect.refused import refusal_of

        return refusal_of(refused, self._translation)
