"""Read the cells of a CSV file: text, account ids, dates, times and tags."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from pipeline.errors import UsageError

CellKind = Literal["text", "account", "date", "time", "tags"]

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and where it is.

    Attributes:
        file, line, column: its place, for messages.
        text: what it holds, without blanks around it; empty: unknown.
    """

    file: Path
    line: int
    column: str
    text: str

    @property
    def place(self) -> str:
        """The place as messages show it."""
        return f"{self.file}:{self.line}: {self.column}"

    def refused(self, why: str, next_step: str) -> UsageError:
        """Return the error for a cell that cannot be."""
        shown = self.text if len(self.text) <= _SHOWN else self.text[: _SHOWN - 1] + "…"
        return UsageError(f"{self.place} {shown!r} {why}", next_step)


@dataclass(frozen=True, slots=True)
class Kind:
    """How the cells of a column are read.

    Attributes:
        type: what they become.
        read: reads one that is not empty, and says what it repaired.
    """

    type: pa.DataType
    parse: Callable[[Cell, Callable[[str], None]], Any]

    def read(self, cell: Cell, note: Callable[[str], None]) -> Any:
        """Return the value of a cell; None: it is empty.

        Raises:
            UsageError: it holds something else.
        """
        return self.parse(cell, note) if cell.text else None


def _text(cell: Cell, note: Callable[[str], None]) -> str:
    return cell.text


def _account(cell: Cell, note: Callable[[str], None]) -> str:
    """Return twelve digits: spreadsheets drop leading zeros, the console shows hyphens."""
    digits = cell.text.replace("-", "")
    if not re.fullmatch(r"[0-9]{1,12}", digits):
        raise cell.refused("is no account id", "write its 12 digits, as text in a spreadsheet")
    whole = digits.zfill(12)
    if whole != cell.text:
        note(f"{cell.place} {cell.text} was taken for {whole}")
    return whole


def _date(cell: Cell, note: Callable[[str], None]) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", cell.text, re.ASCII):
            return date.fromisoformat(cell.text)
    except ValueError:
        pass
    raise cell.refused("is no date", "write it as 2026-03-31")


def _time(cell: Cell, note: Callable[[str], None]) -> datetime:
    """Return a time in UTC, which one without a zone is in.

    A date alone is refused: whether an approval ends as its last day begins or as it ends
    must not be guessed.
    """
    try:
        if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", cell.text, re.ASCII):
            found = datetime.fromisoformat(cell.text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise cell.refused("is no time", "write it as 2026-03-31T18:00:00Z")


def _tags(cell: Cell, note: Callable[[str], None]) -> str:
    """Return tags as JSON text, from a JSON object or from `key=value; key=value`."""
    if cell.text.startswith("{"):
        try:
            found = json.loads(cell.text, parse_constant=_no_json)
            json.dumps(found, ensure_ascii=False).encode()  # half a character is no text
        except (ValueError, RecursionError):
            found = None
    else:
        pairs = [pair.partition("=") for pair in cell.text.split(";") if pair.strip()]
        found = {key.strip(): value.strip() for key, _, value in pairs if key.strip()}
        if len(found) < len(pairs) or not all(equals for _, equals, _ in pairs):
            found = None
    if not isinstance(found, dict):
        raise cell.refused("are no tags", 'write them as key=value; key=value, or as {"key": "…"}')
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


KINDS: Mapping[CellKind, Kind] = {
    "text": Kind(pa.string(), _text),
    "account": Kind(pa.string(), _account),
    "date": Kind(pa.date32(), _date),
    "time": Kind(pa.timestamp("us", "UTC"), _time),
    "tags": Kind(pa.string(), _tags),
}
"""How each kind of column is read."""
