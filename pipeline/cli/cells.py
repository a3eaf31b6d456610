"""Columns as the texts of a CSV or of JSON, a whole record batch at once where Arrow can."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.steps.times import write_time

ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
_FORMULA = "=+-@\t\r"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TEXT = pa.large_string()
_QUOTED = ('"', ",", "\n", "\r")


class Texts:
    """Makes texts of columns; nested values become JSON in DuckDB, which is made for it.

    Where a type has no such text there, as intervals and floats have none that is ours, the
    values go through Python one by one.
    """

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"arrow_large_buffer_size": True})

    def csv_lines(self, columns: Sequence[pa.Array], *, is_escaped: bool) -> bytes:
        """Return a batch as lines of CSV; null is an empty cell."""
        cells = [_quoted(self._csv(column, is_escaped=is_escaped)) for column in columns]
        if len(cells) == 1:  # a line of one empty cell would be no line
            cells = [pc.if_else(pc.equal(cells[0], ""), '""', cells[0])]
        return _joined(_between(cells, ","), "\n")

    def json_objects(self, names: Sequence[str], columns: Sequence[pa.Array], end: str) -> bytes:
        """Return a batch as JSON objects, each followed by the same text."""
        pieces: list[Any] = []
        for number, (name, column) in enumerate(zip(names, columns, strict=True)):
            pieces.append(_scalar(f"{',' if number else '{'}{ENCODER.encode(name).decode()}:"))
            pieces.append(self._json(column).fill_null("null"))
        return _joined(pieces, "}" + end)

    def _csv(self, column: pa.Array, *, is_escaped: bool) -> pa.Array:
        kind = column.type
        if pa.types.is_dictionary(kind):
            return self._csv(column.dictionary_decode(), is_escaped=is_escaped)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            text = column.cast(_TEXT)
            return _escaped(text) if is_escaped else text
        if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            return column.cast(_TEXT)
        if pa.types.is_timestamp(kind):
            return _moments(column)
        if pa.types.is_nested(kind) and _is_plain(kind):
            return self._encoded(column)
        return pa.array(list(map(cell_text, values_of(column))), _TEXT)

    def _json(self, column: pa.Array) -> pa.Array:
        kind = column.type
        if pa.types.is_dictionary(kind):
            return self._json(column.dictionary_decode())
        if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            return column.cast(_TEXT)
        if pa.types.is_timestamp(kind):
            quote = _scalar('"')
            return _chained(quote, _moments(column), quote)
        if _is_plain(kind):
            return self._encoded(column)
        return pa.array([ENCODER.encode(v).decode() for v in values_of(column)], _TEXT)

    def _encoded(self, column: pa.Array) -> pa.Array:
        """Return values as JSON, written by DuckDB; null stays null."""
        if column.offset:  # DuckDB refuses a struct that is part of a longer one
            column = column.take(pa.array(range(len(column))))
        rows = self._connection.from_arrow(pa.table({"value": column}))
        found = rows.project("to_json(value)::varchar as text").to_arrow_table()
        return found["text"].combine_chunks().cast(_TEXT)


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
            return ENCODER.encode(value).decode()
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


def values_of(column: pa.Array) -> list[Any]:
    """Return a column as Python values that JSON and text can be made of."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        moments: list[Any] = _moments(column).to_pylist()
        return moments
    values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
    if pa.types.is_interval(kind):
        return [None if value is None else _interval(value) for value in values]
    return values


def _is_plain(kind: pa.DataType) -> bool:
    """Tell whether DuckDB writes a type as JSON just as we do."""
    if pa.types.is_struct(kind):
        return all(_is_plain(field.type) for field in kind)
    if pa.types.is_map(kind):
        return pa.types.is_string(kind.key_type) and _is_plain(kind.item_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _is_plain(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
    )


def _moments(column: pa.Array) -> pa.Array:
    """Return instants as ISO 8601 text, without fractions that are zero."""
    text = pc.replace_substring(column.cast(_TEXT), " ", "T", max_replacements=1)
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+(Z?)$", r"\1\2")
    return pc.replace_substring_regex(text, r"\.(Z?)$", r"\1")


def _interval(value: Any) -> str:
    parts = [f"{value.months} months"] if value.months else []
    parts += [f"{value.days} days"] if value.days else []
    if value.nanoseconds or not parts:
        parts.append(str(timedelta(microseconds=value.nanoseconds // 1000)))
    return " ".join(parts)


def _escaped(text: pa.Array) -> pa.Array:
    begins = pc.match_substring_regex(text, rf"^[{re.escape(_FORMULA)}]")
    if not pc.any(begins).as_py():
        return text
    is_number = pc.match_substring_regex(text, f"^(?:{_NUMBER.pattern})$")
    guarded = _chained(_scalar("'"), text)
    return pc.if_else(pc.and_not(begins, is_number), guarded, text)


def _quoted(text: pa.Array) -> pa.Array:
    """Return cells with those in quotes that need them, and nothing for null."""
    text = text.fill_null("")
    needs = pc.match_substring_regex(text, f"[{''.join(_QUOTED)}]")
    if not pc.any(needs).as_py():
        return text
    quote = _scalar('"')
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(needs, _chained(quote, doubled, quote), text)


def _between(cells: Sequence[pa.Array], mark: str) -> list[Any]:
    pieces: list[Any] = []
    for cell in cells:
        pieces += [_scalar(mark), cell] if pieces else [cell]
    return pieces


def _joined(pieces: Sequence[Any], end: str) -> bytes:
    """Return the rows of several columns of text one after another."""
    _, ends, data = _chained(*pieces, _scalar(end)).buffers()
    if ends is None or data is None:
        return b""
    lines: bytes = data[: memoryview(ends).cast("q")[-1]].to_pybytes()
    return lines


def _chained(*pieces: Any) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, _scalar(""))


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)
