"""Ask a saved question: values made of what was given, its period chosen, its SQL run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.ask.answer import Answer
from pipeline.ask.library.kinds import KINDS, plain_value
from pipeline.ask.library.lookup import Found, find, parameters_of, run_query
from pipeline.ask.library.question import PERIOD, Parameter, Question
from pipeline.errors import QueryError, UsageError
from pipeline.lake.schema import LOGS
from pipeline.queryfile import read_query
from pipeline.settings.age import parse_age
from pipeline.settings.times import parse_time

if TYPE_CHECKING:
    from pipeline.ask.session import Snapshot

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_FEW = 1000
"""Events that are faster looked for one by one than judged by what they are."""
_LINE = re.compile(r", at line (\d+)(?: column \d+)?$")
_UNFIT = ("Binder Error", "Catalog Error")
_OF_DUCKDB = (*_UNFIT, "Parser Error")
_LIMIT = "limit"
"""The parameter that lets so many rows through; 0 lets all."""


@dataclass(frozen=True, slots=True)
class Period:
    """What days a question looks at, half-open.

    Attributes:
        newest: the lake's newest event; None: it has none.
    """

    since: datetime
    until: datetime
    newest: datetime | None

    @property
    def is_after_all(self) -> bool:
        """Whether the lake has nothing as new as that."""
        return self.newest is not None and self.since > self.newest


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its values, and the answer.

    Attributes:
        values: what was given, by parameter, in the question's order; defaults are left out.
        found: what of that stands for something of the lake, and what for.
        period: the days it looks at; None: it has no period.
        lacking: tables of context that it needs and that were not given.
    """

    question: Question
    values: Mapping[str, Any]
    found: Mapping[str, Found]
    period: Period | None
    lacking: tuple[str, ...]
    answer: Answer

    @property
    def limit(self) -> int | None:
        """Most rows that it lets through; None: all."""
        for parameter in self.question.parameters:
            if parameter.name == _LIMIT:
                return int(self.values.get(_LIMIT, parameter.default)) or None
        return None


def ask(
    snapshot: Snapshot,
    question: Question,
    given: Mapping[str, Any],
    now: datetime | None = None,
) -> Asked:
    """Ask a question.

    Args:
        snapshot: the lake.
        question: the question.
        given: values by name; None is not given. Times may be texts and ages, which count back
            from now; what stands for something of the lake may be a list.
        now: the present.

    Raises:
        UsageError: a value is missing, unknown, of another kind, or stands for nothing.
        QueryError: what the question reads was not built yet.
    """
    told = {name: value for name, value in given.items() if value not in (None, (), [])}
    _check_names(question, told)
    with _explaining(question):
        return _ask(snapshot, question, told, now or datetime.now(UTC))


def _ask(
    snapshot: Snapshot, question: Question, told: Mapping[str, Any], moment: datetime
) -> Asked:
    found = {
        parameter.name: find(snapshot, parameter.kind, _listed(told[parameter.name]))
        for parameter in question.parameters
        if KINDS[parameter.kind].is_found and parameter.name in told
    }
    bound: dict[str, Any] = {}
    for parameter in question.parameters:
        bound |= _bound(parameter, told, found, moment)
    period = _period(snapshot, question, told, moment) if question.period else None
    if period:
        bound |= _days(period)
    if question.first:
        bound |= _first_events(snapshot, read_query(f"lookup/{question.first}-events").sql, bound)
    _check_bound(question, bound)
    answer = run_query(snapshot, question.file.sql, bound)
    lacking = _lacking(snapshot, question)
    return Asked(question, told, found, period, lacking, answer)


def _check_names(question: Question, told: Mapping[str, Any]) -> None:
    names = [parameter.name for parameter in question.parameters]
    known = [*names, *(PERIOD if question.period else ())]
    for name in told:
        if name not in known:
            step = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"{question.name} has no parameter {name}", step)
    for parameter in question.parameters:
        if parameter.is_required and parameter.name not in told:
            option = parameter.name.replace("_", "-")
            step = f"give --{option} {parameter.example or KINDS[parameter.kind].metavar}"
            raise UsageError(f"{question.name} needs {parameter.name}", step)


def _check_bound(question: Question, bound: Mapping[str, Any]) -> None:
    """Refuse a value that the SQL asks for and the header does not give."""
    for name in sorted(parameters_of(question.file.sql) - bound.keys()):
        raise UsageError(
            f"{question.file.place}: ${name} is no parameter of it",
            f"add {name} to parameters, or period for $since and $until",
        )


@contextmanager
def _explaining(question: Question) -> Iterator[None]:
    """Say of SQL that was refused where it is, or, where it is ours, what it does not fit."""
    try:
        yield
    except QueryError as wrong:
        if question.is_own and wrong.what.startswith(_OF_DUCKDB):
            found = _LINE.search(wrong.what)
            line = f":{question.file.first_line + int(found[1]) - 1}" if found else ""
            told = _LINE.sub("", wrong.what)
            raise QueryError(f"{question.file.place}{line}: {told}", wrong.next_step) from wrong
        if not question.is_own and wrong.what.startswith(_UNFIT):
            what = f"the lake's tables were built by another version than {question.name} is of"
            raise QueryError(what, "run: trailhouse build") from wrong
        raise


def _bound(
    parameter: Parameter, told: Mapping[str, Any], found: Mapping[str, Found], now: datetime
) -> Mapping[str, Any]:
    """Return the value of a parameter, and of an event the days it is of."""
    name = parameter.name
    if KINDS[parameter.kind].is_found:
        known = found.get(name)
        first, last = (known.span if known else None) or (None, None)
        ids = list(known.ids) if known else None
        return {name: ids, f"{name}_since": first, f"{name}_until": last}
    value = told.get(name, parameter.default)
    if value is None:
        return {name: None}
    try:
        bound = plain_value(parameter.kind, value, parameter.choices, now)
        return {name: None if name == _LIMIT and bound == 0 else bound}
    except UsageError as wrong:
        raise UsageError(f"{name}: {wrong.what}", wrong.next_step) from wrong


def _period(
    snapshot: Snapshot, question: Question, told: Mapping[str, Any], now: datetime
) -> Period:
    """Return the days to look at; what is not given is as far as the lake goes.

    The default counts back from the lake's newest day, not from now: an archive of last year
    has as much to say.
    """
    oldest, newest = snapshot.files(LOGS.name).time_range("event_time")
    end = (newest or now) + _INSTANT
    until = _moment(told["until"], now) if "until" in told else end
    if "since" in told:
        since = _moment(told["since"], now)
        until = until if "until" in told else max(end, since)
    elif question.period == "all":
        since = min(oldest or _BEGINNING, until)
    else:
        back = _counted_back(until, parse_age(question.period))
        since = min(max(back, oldest or _BEGINNING), until)
    if since > until or (since == until and "since" in told and "until" in told):
        raise UsageError(f"until {until:%Y-%m-%dT%H:%MZ} is not after since", "swap the two")
    return Period(since, until, newest)


def _counted_back(until: datetime, age: timedelta) -> datetime:
    """Return the beginning of a default period: of whole days, the first one's."""
    if age < timedelta(days=1):
        return until - age
    return _midnight(until - _INSTANT) + timedelta(days=1) - age


def _moment(given: Any, now: datetime) -> datetime:
    return given if isinstance(given, datetime) else parse_time(str(given), now)


def _days(period: Period) -> Mapping[str, Any]:
    last = max(period.until - _INSTANT, period.since)
    return {
        "since": period.since,
        "until": period.until,
        "first_day": period.since.date(),
        "last_day": last.date(),
    }


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _listed(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(map(str, value))


def _first_events(snapshot: Snapshot, sql: str, bound: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the events that a question is about, if few, and between which instants they are."""
    with run_query(snapshot, sql, bound) as answer:
        rows = answer.rows()
    times = [time for _, time in rows]
    return {
        "events": [event for event, _ in rows] if len(rows) <= _FEW else None,
        "events_since": min(times, default=_BEGINNING),
        "events_until": max(times, default=_BEGINNING) + _INSTANT,
    }


def _lacking(snapshot: Snapshot, question: Question) -> tuple[str, ...]:
    if not question.context:
        return ()
    with snapshot.sql("select name from context_given where not is_given") as answer:
        absent = {name for (name,) in answer.rows()}
    return tuple(name for name in question.context if name in absent)
