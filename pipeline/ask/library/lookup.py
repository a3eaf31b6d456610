"""Find what a value of a question stands for in the lake: a principal by its name, and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.ask.answer import Answer
from pipeline.ask.library.kinds import like_pattern
from pipeline.errors import UsageError
from pipeline.queryfile import read_query

if TYPE_CHECKING:
    from pipeline.ask.session import Snapshot

MOST = 1000
"""Things that one value may stand for."""

_NEAR = 9
_DAY = _CALLED = 3
"""The column after an event's or an account's rank and likeness: its day, or its name."""
_SHOWN = 3
_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Found:
    """What some values stand for.

    Attributes:
        given: the values as they were given.
        ids: what the lake knows them by.
        first_day: of events, the day of the first; None: of other things.
        last_day: the day of the last.
    """

    given: tuple[str, ...]
    ids: tuple[str, ...]
    first_day: date | None = None
    last_day: date | None = None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The instants between which the events are, half-open."""
        if self.first_day is None or self.last_day is None:
            return None
        return _midnight(self.first_day), _midnight(self.last_day + timedelta(days=1))


def find(snapshot: Snapshot, kind: str, given: Sequence[str]) -> Found:
    """Find what values stand for.

    Args:
        snapshot: the lake.
        kind: one of the kinds that are looked for.
        given: the values, as people write them.

    Raises:
        UsageError: the lake has nothing of that name, and what is near; or too much.
        QueryError: what is needed to look was not built yet.
    """
    ids: dict[str, None] = {}
    days: set[date] = set()
    for value in given:
        found = _find(snapshot, kind, value)
        ids |= dict.fromkeys(found.ids)
        days |= {day for day in (found.first_day, found.last_day) if day}
    return Found(tuple(given), tuple(ids), min(days, default=None), max(days, default=None))


def run_query(snapshot: Snapshot, sql: str, bound: Mapping[str, Any]) -> Answer:
    """Run a query with those of some values that it has; DuckDB refuses others."""
    used = parameters_of(sql) & bound.keys()
    return snapshot.sql(sql, {name: bound[name] for name in used} or None)


def parameters_of(sql: str) -> set[str]:
    """Return the names of the values that a query asks for; none of one that is no SQL."""
    try:
        found = duckdb.extract_statements(sql)
    except duckdb.ParserException:
        return set()
    return {name for statement in found for name in statement.named_parameters}


def _find(snapshot: Snapshot, kind: str, given: str) -> Found:
    value = given.strip().removeprefix(_S3) if kind == "resource" else given.strip()
    values: dict[str, Any] = {
        "value": value,
        "pattern": like_pattern(value) if "*" in value else None,
        "most": MOST + 1,
    }
    rows = _rows(snapshot, kind, values)
    best = [row for row in rows if row[1] < _NEAR]
    if not best and kind == "resource" and values["pattern"] and "/" in value:
        best = _rows(snapshot, "object", values)
    if not best:
        raise UsageError(f"the lake has no {_thing(kind)} {given}", _advice(kind, rows))
    if len(best) > MOST:
        step = "say more of the name"
        raise UsageError(f"{kind} {given} matches more than {MOST:,}", step)
    days = [row[_DAY] for row in best] if kind == "event" else []
    ids = tuple(dict.fromkeys(str(row[0]) for row in best))
    return Found((given,), ids, min(days, default=None), max(days, default=None))


def _rows(snapshot: Snapshot, lookup: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with run_query(snapshot, read_query(f"lookup/{lookup}").sql, values) as answer:
        return answer.rows()


def _advice(kind: str, rows: Sequence[tuple[object, ...]]) -> str:
    near = [str(row[_CALLED if kind == "account" else 0]) for row in rows[:_SHOWN]]
    if near:
        return f"near are {', '.join(near)}" if len(near) > 1 else f"near is {near[0]}"
    if kind == "event":
        return "give an event's id, or at least its first four characters"
    return "try a part of it with *, such as '*name*'"


def _thing(kind: str) -> str:
    return "access key" if kind == "key" else kind


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
