"""Casts: what Trino writes, rounds and refuses where DuckDB does otherwise."""

from __future__ import annotations

import re

from sqlglot import exp

from pipeline.ask.dialect.call import cast, event_time, function, is_facts_column, text
from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.jsoncasts import from_json
from pipeline.ask.dialect.kinds import (
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    IP,
    JSON,
    TEXT,
    TIME,
    TRUTH,
    UNKNOWN,
    ZONED,
    kind_of,
    set_kind,
)
from pipeline.ask.dialect.numbers import is_double, places
from pipeline.ask.dialect.time import as_date, instant, zone_of

_TEXTS = frozenset({exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR})
_INTEGERS = frozenset({exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT})
_TIMES = frozenset({exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ})
_ZONE = re.compile(r"\s+([+-]\d\d?(?::?\d\d)?)$")
_DIGITS = "digits"
"""Marks how many digits of a second a time has, which its text shows."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT")
_ISO_PROBLEM = "a time written with T and Z is no timestamp to cast to in Athena"


def translate_cast(node: exp.Cast, context: Context) -> exp.Expr:
    """Return a cast, or an expression that does what it does in Trino."""
    source, target = node.this, node.to.this
    kind = kind_of(source)
    if kind == JSON and target not in (*_TIMES, exp.DType.DATE, exp.DType.IPADDRESS):
        return from_json(source, node.to, is_try=isinstance(node, exp.TryCast))
    if target in _TEXTS:
        return _to_text(node, source, kind)
    if target == exp.DType.BOOLEAN and kind == TEXT:
        name = "trino_try_boolean" if isinstance(node, exp.TryCast) else "trino_boolean"
        return function(name, source, kind=TRUTH)
    if target in _INTEGERS:
        return _to_integer(node, source, kind)
    if target == exp.DType.JSON:
        return _to_json(source, kind)
    if target == exp.DType.IPADDRESS:
        name = "trino_try_ipaddress" if isinstance(node, exp.TryCast) else "trino_ipaddress"
        return function(name, source, kind=IP)
    if target == exp.DType.IPPREFIX:
        return set_kind(source, TEXT)
    if target in _TIMES or target == exp.DType.DATE:
        return _to_time(node, source, target, context)
    return _plain(node)


def _plain(node: exp.Cast) -> exp.Expr:
    """Return the cast itself, to DuckDB's type of that meaning."""
    for kind in node.to.find_all(exp.DataType):
        if kind.this in _TEXTS | _TIMES:
            kind.set("expressions", [])
        if kind.this == exp.DType.DECIMAL and not kind.expressions:
            kind.set(
                "expressions", [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (38, 0)]
            )
    return node


def _to_text(node: exp.Cast, source: exp.Expr, kind: str) -> exp.Expr:
    length = next(iter(node.to.expressions), None)
    if kind in (TIME, ZONED, DATE):
        made = _time_text(source, kind)
    elif is_double(source) and places(source) is None:
        made = function("trino_double_text", source, kind=TEXT)
    elif kind == INTERVAL:
        made = function("trino_interval_text", source, kind=TEXT)
    elif kind in (UNKNOWN, DOUBLE) and places(source) is None and not isinstance(source, exp.Null):
        made = function("trino_text", source, kind=TEXT)
    else:
        made = set_kind(type(node)(this=source, to=exp.DataType.build("varchar")), TEXT)
    if length is None:
        return made
    return function("left", made, length.this.copy(), kind=TEXT)


def _time_text(source: exp.Expr, kind: str) -> exp.Expr:
    """Write a time with as many digits of a second as it has, and its zone."""
    if kind == DATE:
        return function("strftime", source, text("%Y-%m-%d"), kind=TEXT)
    digits = source.meta.get(_DIGITS, 3)
    pattern = "%Y-%m-%d %H:%M:%S" + ({0: "", 3: ".%g", 9: ".%n"}.get(digits, ".%f"))
    zone = zone_of(source)
    if kind == ZONED or zone != "UTC":
        pattern += " " + zone.replace("%", "%%")
    return function("strftime", source, text(pattern), kind=TEXT)


def _to_integer(node: exp.Cast, source: exp.Expr, kind: str) -> exp.Expr:
    """Cast to a whole number: halves are rounded away from zero, text must be one."""
    if kind == TEXT:
        name = "trino_try_integer" if isinstance(node, exp.TryCast) else "trino_integer"
        node.set("this", function(name, source))
    elif kind == DOUBLE:
        node.set("this", function("round", source))
    return set_kind(node, INTEGER)


def _to_json(source: exp.Expr, kind: str) -> exp.Expr:
    return source if kind == JSON else function("to_json", source, kind=JSON)


def _to_time(node: exp.Cast, source: exp.Expr, target: exp.DType, context: Context) -> exp.Expr:
    """Cast to a time or a day; Athena refuses the form that CloudTrail writes times in."""
    is_event = is_facts_column(source, "eventtime") and kind_of(source) == TEXT
    is_iso = isinstance(source, exp.Literal) and bool(_ISO.match(str(source.this)))
    if (is_event or is_iso) and not isinstance(node, exp.TryCast):
        context.mend(_ISO_PROBLEM, "read as from_iso8601_timestamp does", source)
        source = event_time(source) if is_event else cast(source, "timestamptz")
        node.set("this", source)
    if target == exp.DType.DATE:
        return _plain(node) if isinstance(node, exp.TryCast) else as_date(source)
    if isinstance(source, exp.Literal):
        node.set("this", text(_ZONE.sub(r"\1", str(source.this))))
    elif target == exp.DType.TIMESTAMPTZ:
        node.set("this", instant(source))
    kind = ZONED if target == exp.DType.TIMESTAMPTZ else TIME
    digits = [int(part.name) for part in node.to.expressions if part.name.isdecimal()]
    node.meta[_DIGITS] = digits[0] if digits else 3
    return set_kind(_plain(node), kind)


UNTYPED = UNKNOWN
