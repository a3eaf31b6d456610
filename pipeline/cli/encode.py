"""Rows as CSV, JSON, JSON lines or Parquet, batch by batch, so that any number of them fits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import IO, Any

import msgspec
import pyarrow as pa

from pipeline.cli.text import neutralise
from pipeline.steps.times import write_time

_FORMULA = "=+-@\t\r"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


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
    text = _ENCODER.encode(value)
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
    return zip(*(_values(column) for column in batch.columns), strict=True)


def cell_text(value: object) -> str:
    """Return a value as the text of a cell; nothing for null.

    >>> cell_text(True), cell_text({"a": [1]}), cell_text(0.5), cell_text(None)
    ('true', '{"a":[1]}', '0.5', '')
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return write_time(value) if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict() | list():
            return encode_json(value).decode()
        case _:
            return str(value)


def escape_formula(text: str) -> str:
    """Return a cell that no spreadsheet runs.

    >>> escape_formula("=cmd()"), escape_formula("-5.2"), escape_formula("plain")
    ("'=cmd()", '-5.2', 'plain')
    """
    if text[:1] in _FORMULA and text and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _values(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _moments(column)
    values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
    if pa.types.is_interval(kind):
        return [None if value is None else _interval(value) for value in values]
    return values


def _moments(column: pa.Array) -> list[Any]:
    """Return instants as ISO 8601 text, without fractions that are zero; all at once, in Arrow."""
    import pyarrow.compute as pc

    text = pc.replace_substring(column.cast(pa.string()), " ", "T", max_replacements=1)
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+(Z?)$", r"\1\2")
    values: list[Any] = pc.replace_substring_regex(text, r"\.(Z?)$", r"\1").to_pylist()
    return values


def _interval(value: Any) -> str:
    parts = [f"{value.months} months"] if value.months else []
    parts += [f"{value.days} days"] if value.days else []
    if value.nanoseconds or not parts:
        parts.append(str(timedelta(microseconds=value.nanoseconds // 1000)))
    return " ".join(parts)


def _jsonl(names: Sequence[str], batches: pa.RecordBatchReader) -> Iterator[bytes]:
    for batch in batches:
        yield _ENCODER.encode_lines([dict(zip(names, row, strict=True)) for row in rows_of(batch)])


def _json(names: Sequence[str], batches: pa.RecordBatchReader) -> Iterator[bytes]:
    yield b"["
    before = b"\n"
    for batch in batches:
        for row in rows_of(batch):
            yield before + _ENCODER.encode(dict(zip(names, row, strict=True)))
            before = b",\n"
    yield b"\n]\n"


def _csv(
    names: Sequence[str], batches: pa.RecordBatchReader, *, is_escaped: bool
) -> Iterator[bytes]:
    escape: Callable[[str], str] = escape_formula if is_escaped else str
    yield _csv_lines([[escape(name) for name in names]])
    for batch in batches:
        cells = [_cells(column, is_escaped=is_escaped) for column in batch.columns]
        yield _csv_lines(zip(*cells, strict=True))


def _cells(column: pa.Array, *, is_escaped: bool) -> list[Any]:
    """Return a column as cells; numbers and null are left to the CSV writer."""
    kind, values = column.type, _values(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        if is_escaped:
            return [escape_formula(v) if v and v[0] in _FORMULA else v for v in values]
        return values
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind):
        return values
    return list(map(cell_text, values))


def _csv_lines(rows: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


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
                pa.array(_values(column), kind) if pa.types.is_interval(column.type) else column
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
