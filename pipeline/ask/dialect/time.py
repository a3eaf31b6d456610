"""Dates and times: whole units, formats of MySQL and Joda, times of events as typed columns."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, event_time, function, is_facts_column, text
from pipeline.ask.dialect.formats import UnknownFormat, from_joda, from_mysql
from pipeline.ask.dialect.kinds import DATE, DOUBLE, INTEGER, TEXT, TIME, ZONED, kind_of, set_kind

_TO = {
    "millisecond": "to_milliseconds", "second": "to_seconds", "minute": "to_minutes",
    "hour": "to_hours", "day": "to_days", "week": "to_weeks", "month": "to_months",
    "quarter": "to_quarters", "year": "to_years",
}  # fmt: skip
_PARTS = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "week_of_year": "week",
    "day": "day", "day_of_month": "day", "day_of_week": "isodow", "dow": "isodow",
    "day_of_year": "dayofyear", "doy": "dayofyear", "year_of_week": "isoyear", "yow": "isoyear",
    "hour": "hour", "minute": "minute",
}  # fmt: skip
_ISO = {DATE: "%Y-%m-%d", TIME: "%Y-%m-%dT%H:%M:%S.%g", ZONED: "%Y-%m-%dT%H:%M:%S.%gZ"}
_DAYS = frozenset({"day", "week", "month", "quarter", "year"})


def translate_time(call: Call) -> exp.Expr:
    """Return a call of one of the functions of time in DuckDB's terms.

    Raises:
        QueryError: a unit or a format that is not known, or the wrong number of arguments.
    """
    try:
        return _FORMS[call.name](call)
    except ValueError as wrong:
        if isinstance(wrong, UnknownFormat):
            raise call.refuse(f"has {wrong} in its format, which is not supported here") from wrong
        raise call.refuse(f"does not take {len(call.args)} arguments") from wrong


def part_of(call: Call, name: str, moment: exp.Expr) -> exp.Expr:
    """Return a part of a time, as `extract(… from …)` and the functions of its name give it."""
    if name == "second":
        return set_kind(cast(function("second", moment), "bigint"), INTEGER)
    if name == "millisecond":
        part = exp.Mod(this=function("millisecond", moment), expression=exp.Literal.number(1000))
        return set_kind(exp.paren(part), INTEGER)
    if name == "timezone_hour":
        return set_kind(exp.Literal.number(0), INTEGER)
    if name not in _PARTS:
        raise call.refuse(f"knows no part {name}")
    return function(_PARTS[name], moment, kind=INTEGER)


def _iso_timestamp(call: Call) -> exp.Expr:
    (written,) = call.args
    if is_facts_column(written, "eventtime"):
        return event_time(written)
    return set_kind(cast(written, "timestamptz"), ZONED)


def _iso_date(call: Call) -> exp.Expr:
    (written,) = call.args
    return as_date(written)


def as_date(written: exp.Expr) -> exp.Expr:
    """Return the day of a text or a time; of an event's own time by its typed column."""
    column = _first_ten(written)
    inner = event_time(column) if column is not None else written
    return set_kind(cast(inner, "date"), DATE)


def _first_ten(written: exp.Expr) -> exp.Expr | None:
    """Return the column where an expression is the day's ten letters of an event's time."""
    if not isinstance(written, exp.Anonymous) or written.name.lower() not in (
        "trino_substr_length", "substr", "substring", "left",
    ):  # fmt: skip
        return None
    column, *rest = written.expressions
    ends = [str(part.this) for part in rest if isinstance(part, exp.Literal)]
    is_day = ends in (["1", "10"], ["10"]) and len(ends) == len(rest)
    return column if is_day and is_facts_column(column, "eventtime") else None


def _parse(convert: Callable[[str], str], *, zoned: bool) -> Callable[[Call], exp.Expr]:
    def form(call: Call) -> exp.Expr:
        written, _ = call.args
        pattern = convert(call.text(1, "format"))
        if is_facts_column(written, "eventtime") and "%H" in pattern:
            moment = event_time(written)
            return moment if zoned else set_kind(cast(moment, "timestamp"), TIME)
        if pattern.endswith("%z"):  # Joda's Z takes a plain Z, strptime's does not
            written = function("regexp_replace", written, text("Z$"), text("+00"))
        moment = function("strptime", written, text(pattern), kind=TIME)
        return set_kind(cast(moment, "timestamptz"), ZONED) if zoned else moment

    return form


def _format(convert: Callable[[str], str]) -> Callable[[Call], exp.Expr]:
    def form(call: Call) -> exp.Expr:
        moment, _ = call.args
        return function("strftime", moment, text(convert(call.text(1, "format"))), kind=TEXT)

    return form


def _add(call: Call) -> exp.Expr:
    _, amount, moment = call.args
    unit = _unit(call)
    size = cast(amount, "integer") if unit in _DAYS else cast(amount, "bigint")
    if isinstance(amount, exp.Literal | exp.Neg):
        size = amount
    total = exp.Add(this=moment, expression=function(_TO[unit], size))
    kind = kind_of(moment)
    if kind == DATE and unit in _DAYS:
        return set_kind(cast(exp.paren(total), "date"), DATE)
    return set_kind(exp.paren(total), kind or ZONED)


def _diff(call: Call) -> exp.Expr:
    _, start, end = call.args
    zoned = ZONED in (kind_of(start), kind_of(end))
    is_mixed = zoned and kind_of(start) != kind_of(end)
    if is_mixed:
        start, end = cast(start, "timestamptz"), cast(end, "timestamptz")
    return function("date_sub", text(_unit(call)), start, end, kind=INTEGER)


def _trunc(call: Call) -> exp.Expr:
    _, moment = call.args
    cut = function("date_trunc", text(_unit(call)), moment, kind=kind_of(moment))
    return set_kind(cast(cut, "date"), DATE) if kind_of(moment) == DATE else cut


def _unit(call: Call) -> str:
    unit = call.text(0, "unit").lower()
    if unit not in _TO:
        raise call.refuse(f"knows no unit {unit!r}", f"units are {', '.join(_TO)}")
    return unit


def _part(call: Call) -> exp.Expr:
    (moment,) = call.args
    return part_of(call, call.name, moment)


def _from_unixtime(call: Call) -> exp.Expr:
    if len(call.args) > 1:
        raise call.refuse("with a time zone is not supported here", "see at_timezone")
    (seconds,) = call.args
    return function("to_timestamp", seconds, kind=ZONED)


def _to_unixtime(call: Call) -> exp.Expr:
    (moment,) = call.args
    return function("epoch", moment, kind=DOUBLE)


def _date(call: Call) -> exp.Expr:
    (written,) = call.args
    return as_date(written)


def _now(call: Call) -> exp.Expr:
    if call.args:
        raise ValueError
    return set_kind(exp.CurrentTimestamp(), ZONED)


def _at_timezone(call: Call) -> exp.Expr:
    moment, zone = call.args
    return in_zone(moment, zone)


def _with_timezone(call: Call) -> exp.Expr:
    moment, zone = call.args
    return set_kind(exp.AtTimeZone(this=moment, zone=zone), ZONED)


def in_zone(moment: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """Return a moment as clocks of a zone show it; in UTC, and compared, it is what it is."""
    kind = kind_of(moment)
    if kind == TIME:
        moment = set_kind(exp.AtTimeZone(this=moment, zone=text("UTC")), ZONED)
    if isinstance(zone, exp.Literal) and str(zone.this).upper() in ("UTC", "GMT", "Z"):
        return moment
    return set_kind(exp.AtTimeZone(this=moment, zone=zone), TIME)


def _iso8601(call: Call) -> exp.Expr:
    (moment,) = call.args
    pattern = _ISO.get(kind_of(moment))
    if pattern:
        return function("strftime", moment, text(pattern), kind=TEXT)
    return function("trino_iso8601", moment, kind=TEXT)


def _last_day(call: Call) -> exp.Expr:
    (moment,) = call.args
    return function("last_day", moment, kind=DATE)


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    "from_iso8601_timestamp": _iso_timestamp,
    "from_iso8601_date": _iso_date,
    "date_parse": _parse(from_mysql, zoned=False),
    "parse_datetime": _parse(from_joda, zoned=True),
    "date_format": _format(from_mysql),
    "format_datetime": _format(from_joda),
    "date_add": _add,
    "date_diff": _diff,
    "date_trunc": _trunc,
    "date": _date,
    "now": _now,
    "from_unixtime": _from_unixtime,
    "to_unixtime": _to_unixtime,
    "to_iso8601": _iso8601,
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "last_day_of_month": _last_day,
    **dict.fromkeys([*_PARTS, "second", "millisecond", "timezone_hour"], _part),
}

TIME_FUNCTIONS = frozenset(_FORMS)
