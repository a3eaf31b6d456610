"""Take a CSV file apart as people and spreadsheets write it: its header, and lines by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from _csv import Reader

_CELL_BYTES = 1 << 30

_SPELLINGS = {"organizational_unit": "organisational_unit"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file that holds something.

    Attributes:
        number: of the file's line on which it ends.
        cells: what it holds, by column.
    """

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file.

    Attributes:
        header: its columns, in lower case and with _ for blanks.
        lines: its lines, read as they are asked for.
    """

    header: Sequence[str]
    lines: Iterator[Line]


def read_sheet(file: Path) -> Sheet:
    """Open a CSV file.

    It is UTF-8, with a byte order mark or without, and separated by what its first line has
    most of: commas, semicolons or tabs.

    Raises:
        UsageError: it cannot be read, is no UTF-8, or has no usable header; with its line. Its
            lines raise it too.
    """
    text = _decode(file)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_CELL_BYTES)  # a cell of any length is data
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = [_column(name) for name in next(_cells(reader, file), [])]
    _check_header(file, header)
    return Sheet([name for name in header if name], _lines(file, header, reader))


def _decode(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as failed:
        raise UsageError(f"{file}: {failed.strerror or failed}", "name a file to read") from failed
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise UsageError(f"{file}:{line}: no UTF-8", "save it as CSV in UTF-8") from wrong


def _check_header(file: Path, header: Sequence[str]) -> None:
    if not any(header):
        raise UsageError(f"{file}:1: no header", "name the columns in the first line")
    for name in header:
        if name and header.count(name) > 1:
            raise UsageError(f"{file}:1: two columns {name}", "drop one of them")


def _lines(file: Path, header: Sequence[str], reader: Reader) -> Iterator[Line]:
    for cells in _cells(reader, file):
        found = [cell.strip() for cell in cells]
        if not any(found):
            continue
        if any(found[len(header) :]):
            raise UsageError(
                f"{file}:{reader.line_num}: {len(found)} cells under {len(header)} columns",
                'put a cell that holds a separator in quotes: "…"',
            )
        yield Line(reader.line_num, dict(zip(header, found, strict=False)))


def _cells(reader: Reader, file: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as wrong:
        raise UsageError(
            f"{file}:{reader.line_num}: {wrong}", "check the quotes of that line"
        ) from wrong


def _column(name: str) -> str:
    found = "_".join(name.lower().replace("-", " ").replace("_", " ").split())
    return _SPELLINGS.get(found, found)
