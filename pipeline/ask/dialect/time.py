"""Dates and times: whole units, formats of MySQL and Joda, times of events as typed columns."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import (
    Call,
    cast,
    event_time,
    function,
    is_facts_column,
    number,
    text,
)
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
_YEAR = re.compile("%[YyG]")
_UTC = frozenset({"UTC", "GMT", "Z", "ETC/UTC", "UCT", "ZULU", "+00:00"})
_OFFSET = re.compile(r"([+-])(\d\d?)(?::?(\d\d))?")
_INSTANT, _ZONE = "instant", "zone"
"""Marks of a time that clocks show: which moment it is, and the zone of the clocks."""
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
        if not _YEAR.search(pattern):  # the year that is not told is the first of Unix's
            pattern = f"%Y {pattern}"
            written = exp.DPipe(this=text("1970 "), expression=exp.paren(written), safe=False)
        moment = function("strptime", written, text(pattern), kind=TIME)
        return set_kind(cast(moment, "timestamptz"), ZONED) if zoned else moment

    return form


def _date_format(call: Call) -> exp.Expr:
    moment, _ = call.args
    return function("strftime", moment, text(from_mysql(call.text(1, "format"))), kind=TEXT)


def _format_datetime(call: Call) -> exp.Expr:
    moment, _ = call.args
    zone = zone_of(moment)
    pattern = from_joda(call.text(1, "format"), zone)
    return function("strftime", moment, text(pattern), kind=TEXT)


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
    if isinstance(moment, exp.Null):
        return moment
    return same_clock(moment, set_kind(exp.paren(total), kind or ZONED))


def _diff(call: Call) -> exp.Expr:
    _, start, end = call.args
    start, end = instant(start), instant(end)
    zoned = ZONED in (kind_of(start), kind_of(end))
    is_mixed = zoned and kind_of(start) != kind_of(end)
    if is_mixed:
        start, end = cast(start, "timestamptz"), cast(end, "timestamptz")
    return function("date_sub", text(_unit(call)), start, end, kind=INTEGER)


def _trunc(call: Call) -> exp.Expr:
    _, moment = call.args
    cut = function("date_trunc", text(_unit(call)), moment, kind=kind_of(moment))
    if kind_of(moment) == DATE:
        return set_kind(cast(cut, "date"), DATE)
    return same_clock(moment, cut)


def _unit(call: Call) -> str:
    unit = call.text(0, "unit").lower()
    if unit not in _TO:
        raise call.refuse(f"knows no unit {unit!r}", f"units are {', '.join(_TO)}")
    return unit


def _part(call: Call) -> exp.Expr:
    (moment,) = call.args
    return part_of(call, call.name, moment)


def _from_unixtime(call: Call) -> exp.Expr:
    seconds, *zone = call.args
    moment = function("to_timestamp", seconds, kind=ZONED)
    if len(zone) > 1:
        raise call.refuse("with hours and minutes is not supported here", "see at_timezone")
    return in_zone(moment, zone[0]) if zone else moment


def _to_unixtime(call: Call) -> exp.Expr:
    (moment,) = call.args
    return function("epoch", instant(moment), kind=DOUBLE)


def _to_milliseconds(call: Call) -> exp.Expr:
    (span,) = call.args
    return function("epoch_ms", span, kind=INTEGER)


def _current_zone(call: Call) -> exp.Expr:
    if call.args:
        raise ValueError
    return text("UTC")


def _date(call: Call) -> exp.Expr:
    (written,) = call.args
    return as_date(written)


def _now(call: Call) -> exp.Expr:
    if call.args and call.name == "now":
        raise ValueError
    if call.name == "localtimestamp":
        return set_kind(exp.Localtimestamp(), TIME)
    return set_kind(exp.CurrentTimestamp(), ZONED)


def _at_timezone(call: Call) -> exp.Expr:
    moment, zone = call.args
    return in_zone(moment, zone)


def _with_timezone(call: Call) -> exp.Expr:
    moment, zone = call.args
    if kind_of(moment) == ZONED:
        raise call.refuse("takes a time without a zone", "see at_timezone")
    return set_kind(exp.AtTimeZone(this=moment, zone=zone), ZONED)


def in_zone(moment: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """Return a moment as clocks of a zone show it; in UTC it is what it is.

    What clocks show is a time without a zone; which moment that is stays known beside it, for where
    moments are compared (`instant`).
    """
    moment = instant(moment)
    if kind_of(moment) in (TIME, DATE):
        moment = set_kind(exp.AtTimeZone(this=moment, zone=text("UTC")), ZONED)
    name = str(zone.this) if isinstance(zone, exp.Literal) else ""
    if name.upper() in _UTC:
        return moment
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        span = function("to_minutes", number(-minutes if offset[1] == "-" else minutes))
        clock: exp.Expr = exp.AtTimeZone(this=moment, zone=text("UTC"))
        shown: exp.Expr = exp.paren(exp.Add(this=clock, expression=span))
    else:
        shown = exp.AtTimeZone(this=moment, zone=zone)
    shown.meta[_INSTANT] = moment.copy()
    shown.meta[_ZONE] = zone.copy()
    return set_kind(shown, TIME)


def instant(moment: exp.Expr) -> exp.Expr:
    """Return the moment that clocks of a zone show; any other as it is."""
    found = moment.this if isinstance(moment, exp.Paren) else moment
    if _INSTANT in found.meta:
        known: exp.Expr = found.meta[_INSTANT].copy()
        return known
    if _ZONE in found.meta:
        return set_kind(exp.AtTimeZone(this=found.copy(), zone=found.meta[_ZONE].copy()), ZONED)
    return moment


def zone_of(moment: exp.Expr) -> str:
    """Return the zone that clocks show a moment of, if the query names one; else UTC."""
    found = moment.this if isinstance(moment, exp.Paren) else moment
    return str(found.meta[_ZONE].name) if _ZONE in found.meta else "UTC"


def same_clock(before: exp.Expr, after: exp.Expr) -> exp.Expr:
    """Note of a time made from what clocks show that they show it too."""
    found = before.this if isinstance(before, exp.Paren) else before
    if _ZONE in found.meta:
        after.meta[_ZONE] = found.meta[_ZONE]
    return after


def _iso8601(call: Call) -> exp.Expr:
    (moment,) = call.args
    if zone_of(moment) != "UTC":
        raise call.refuse("of a time in another zone than UTC is not supported here")
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
    "date_format": _date_format,
    "format_datetime": _format_datetime,
    "date_add": _add,
    "date_diff": _diff,
    "date_trunc": _trunc,
    "date": _date,
    "now": _now,
    "current_timestamp": _now,
    "localtimestamp": _now,
    "current_timezone": _current_zone,
    "to_milliseconds": _to_milliseconds,
    "from_iso8601_timestamp_nanos": _iso_timestamp,
    "from_unixtime": _from_unixtime,
    "to_unixtime": _to_unixtime,
    "to_iso8601": _iso8601,
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "last_day_of_month": _last_day,
    **dict.fromkeys([*_PARTS, "second", "millisecond", "timezone_hour"], _part),
}

TIME_FUNCTIONS = frozenset(_FORMS)
