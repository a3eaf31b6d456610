"""The data files of a table at one snapshot, with the smallest and largest times of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.types import (
    DateType,
    IcebergType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from pipeline.ask.condition import ColumnKind, high, low
from pipeline.lake.snapshot import TableView

_KINDS: Mapping[type[IcebergType], ColumnKind] = {
    TimestamptzType: ColumnKind.TIME,
    DateType: ColumnKind.DATE,
    StringType: ColumnKind.TEXT,
}
_TYPES = {
    ColumnKind.TIME: pa.timestamp("us", tz="UTC"),
    ColumnKind.DATE: pa.date32(),
    ColumnKind.TEXT: pa.string(),
}
_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = (date.min - _EPOCH).days, (date.max - _EPOCH).days
_DAY_US = 86_400_000_000
_WRITTEN, _DAY = "eventtime", "event_date"
NUMBER = "file_number"
"""The column of the files' table that names a file: its place in `TableFiles.files`."""


@dataclass(frozen=True)
class TableFiles:
    """The data files of one table at one snapshot."""

    view: TableView
    files: tuple[DataFile, ...]

    @cached_property
    def columns(self) -> Mapping[str, ColumnKind]:
        """The columns whose smallest and largest values are known of at least one file."""
        known = {number for file in self.files for number in file.lower_bounds or ()}
        found = {f.name: _KINDS[type(f.field_type)] for f in self._fields if f.field_id in known}
        if _DAY in found and any(field.name == _WRITTEN for field in self._fields):
            found.setdefault(_WRITTEN, ColumnKind.TEXT)
        return found

    @cached_property
    def bounds(self) -> pa.Table:
        """One row per file: its number, then the smallest and largest value of each column.

        Both are null where one is unknown, and where one is no time a calendar has, such as
        infinity: functions of it would not grow with it.
        """
        columns: dict[str, pa.Array] = {NUMBER: pa.array(range(len(self.files)), pa.int64())}
        for item in self._fields:
            kind = self.columns.get(item.name)
            if kind is None:
                continue
            pairs = [self._bounds(file, item) for file in self.files]
            columns[low(item.name)] = _array([pair[0] for pair in pairs], kind)
            columns[high(item.name)] = _array([pair[1] for pair in pairs], kind)
        return pa.table(columns)

    def _bounds(self, file: DataFile, item: NestedField) -> tuple[Any, Any]:
        """Return the smallest and largest value of a column in a file; of eventtime at least that.

        Its text is not measured by default, and the days of a file say enough of it.
        """
        known = _bounds(file, item)
        if item.name != _WRITTEN or known != (None, None):
            return known
        days = next((field for field in self._fields if field.name == _DAY), None)
        return _written(*_bounds(file, days)) if days else known

    @property
    def _fields(self) -> list[NestedField]:
        return [f for f in self.view.schema.fields if type(f.field_type) in _KINDS]

    def time_range(self, column: str) -> tuple[datetime | None, datetime | None]:
        """Return the smallest and the largest time of a column over all files."""
        if column not in self.columns:
            return None, None
        first = [time for time in self.bounds[low(column)].to_pylist() if time]
        last = [time for time in self.bounds[high(column)].to_pylist() if time]
        return min(first, default=None), max(last, default=None)

    def days(self, numbers: Sequence[int], column: str) -> list[date]:
        """Return the days that the bounds of some files span, in order."""
        if self.columns.get(column) is None:
            return []
        spans = self.bounds.take(pa.array(numbers, pa.int64()))
        first = spans[low(column)].cast(pa.date32()).cast(pa.int32()).to_pylist()
        last = spans[high(column)].cast(pa.date32()).cast(pa.int32()).to_pylist()
        found = {
            day
            for start, end in zip(first, last, strict=True)
            if start is not None
            for day in range(start, end + 1)
        }
        return [datetime.fromtimestamp(day * 86400, UTC).date() for day in sorted(found)]


def list_files(view: TableView) -> TableFiles:
    """Plan all data files of a table at a view's snapshot."""
    return TableFiles(view, tuple(view.files()))


def _bounds(file: DataFile, item: NestedField) -> tuple[Any, Any]:
    kind = item.field_type
    lower = (file.lower_bounds or {}).get(item.field_id)
    upper = (file.upper_bounds or {}).get(item.field_id)
    if lower is None or upper is None or not isinstance(kind, PrimitiveType):
        return None, None
    pair: tuple[Any, Any] = from_bytes(kind, lower), from_bytes(kind, upper)
    if isinstance(kind, StringType):
        return pair
    unit = _DAY_US if isinstance(kind, TimestamptzType) else 1
    is_sane = all(_FIRST <= value // unit <= _LAST for value in pair)
    return pair if is_sane else (None, None)


def _written(first: int | None, last: int | None) -> tuple[str | None, str | None]:
    """Return texts that no event's time of some UTC days is before or after, as it was written.

    A time is only taken that begins with a date of ten characters, but it may have a zone, and
    be of the day before or after.
    """
    if first is None or last is None:
        return None, None
    begin, end = (_EPOCH + timedelta(days=day) for day in (first - 1, last + 1))
    return begin.isoformat(), f"{end.isoformat()}~"


def _array(values: Sequence[Any], kind: ColumnKind) -> pa.Array:
    if kind is ColumnKind.TEXT:
        return pa.array(values, pa.string())
    raw = pa.array(values, pa.int64() if kind is ColumnKind.TIME else pa.int32())
    return raw.cast(_TYPES[kind])
