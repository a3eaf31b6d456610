"""Rows as CSV, JSON, JSON lines or Parquet, batch by batch, so that any number of them fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import msgspec
import pyarrow as pa

from pipeline.cli.cells import ENCODER, Texts, values_of
from pipeline.cli.text import neutralise


def write_batches(
    kind: str,
    batches: pa.RecordBatchReader,
    out: IO[bytes],
    *,
    raw_csv: bool = False,
    is_terminal: bool = False,
) -> None:
    """Write rows as csv, json, jsonl or parquet.

    JSON has integers exact, instants as ISO 8601 with Z, nested values as JSON, and null for
    what is no number. A CSV cell of text that begins as a formula does gets a ' before it,
    unless it is a plain number.

    Args:
        kind: the format.
        batches: the rows.
        out: where to.
        raw_csv: leave CSV cells as they are.
        is_terminal: whether a terminal reads it: control characters are written out then.
    """
    names = unique(batches.schema.names)
    if kind == "parquet":
        _write_parquet(names, batches, out)
        return
    texts = {
        "csv": lambda: _csv(names, batches, is_escaped=not raw_csv),
        "json": lambda: _json(names, batches),
        "jsonl": lambda: _jsonl(names, batches),
    }[kind]()
    for text in texts:
        out.write(_harmless(text) if is_terminal else text)


def encode_json(value: object, *, indent: int = 0) -> bytes:
    """Return a value as JSON text."""
    text = ENCODER.encode(value)
    return msgspec.json.format(text, indent=indent) if indent else text


def unique(names: Sequence[str]) -> list[str]:
    """Return column names with those that come again numbered.

    >>> unique(["a", "b", "a"])
    ['a', 'b', 'a_1']
    """
    seen: dict[str, int] = {}
    given: list[str] = []
    for name in names:
        number = seen.get(name, 0)
        shown = name
        while (number and shown in seen) or shown in given:
            number = max(number, 1)
            shown = f"{name}_{number}"
            number += 1
        seen[name] = max(number, 1)
        given.append(shown)
    return given


def rows_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """Return a batch's rows as Python values that JSON and text can be made of."""
    return zip(*(values_of(column) for column in batch.columns), strict=True)


def _jsonl(names: Sequence[str], batches: pa.RecordBatchReader) -> Iterator[bytes]:
    texts = Texts()
    for batch in batches:
        yield texts.json_objects(names, batch.columns, "\n")


def _json(names: Sequence[str], batches: pa.RecordBatchReader) -> Iterator[bytes]:
    texts = Texts()
    before = b"[\n"
    for batch in batches:
        if batch.num_rows:
            yield before + texts.json_objects(names, batch.columns, ",\n").removesuffix(b",\n")
            before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[\n]\n"


def _csv(
    names: Sequence[str], batches: pa.RecordBatchReader, *, is_escaped: bool
) -> Iterator[bytes]:
    texts = Texts()
    header = [pa.array([name]) for name in names]
    yield texts.csv_lines(header, is_escaped=is_escaped)
    for batch in batches:
        yield texts.csv_lines(batch.columns, is_escaped=is_escaped)


def _write_parquet(names: Sequence[str], batches: pa.RecordBatchReader, out: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            (name, _parquet_type(field.type))
            for field, name in zip(batches.schema, names, strict=True)
        ]
    )
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            columns = [
                pa.array(values_of(column), kind) if pa.types.is_interval(column.type) else column
                for column, kind in zip(batch.columns, schema.types, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _parquet_type(kind: pa.DataType) -> pa.DataType:
    """Return the type to write: Parquet has no intervals of months, days and nanoseconds."""
    return pa.string() if pa.types.is_interval(kind) else kind


def _harmless(text: bytes) -> bytes:
    lines = text.decode("utf-8", "replace").split("\n")
    return "\n".join(map(neutralise, lines)).encode()


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatchReader:
    """Return rows as batches; what is nested becomes JSON text, so that any shape fits."""
    nested = (Mapping, list, tuple)
    flat = [
        {
            name: encode_json(value).decode() if isinstance(value, nested) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    return pa.Table.from_pylist(flat).to_reader()
