"""What kind of value an expression gives, as far as the query tells."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

INTEGER, DOUBLE, TEXT, TIME, ZONED, DATE, TRUTH, JSON, LIST, MAP, INTERVAL, IP, BYTES = (
    "integer", "double", "text", "time", "zoned", "date", "truth", "json", "list", "map",
    "interval", "ip", "bytes",
)  # fmt: skip
UNKNOWN = ""

_WHOLE = exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT
_BY_TYPE = {
    **dict.fromkeys(_WHOLE, INTEGER),
    **dict.fromkeys((exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL), DOUBLE),
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR), TEXT),
    **dict.fromkeys((exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ), TIME),
    **dict.fromkeys((exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ), ZONED),
    exp.DType.DATE: DATE, exp.DType.BOOLEAN: TRUTH, exp.DType.JSON: JSON, exp.DType.ARRAY: LIST,
    exp.DType.MAP: MAP, exp.DType.IPADDRESS: IP, exp.DType.VARBINARY: BYTES,
}  # fmt: skip
_KEY = "kind"
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Div)
_TRUTHS = (exp.Boolean, exp.Predicate, exp.And, exp.Or, exp.Not)


def set_kind(node: exp.Expr, kind: str) -> exp.Expr:
    """Note what kind of value an expression gives."""
    node.meta[_KEY] = kind
    return node


def kind_of(node: exp.Expr | None) -> str:
    """Return what kind of value an expression gives; empty: it does not tell."""
    if node is None:
        return UNKNOWN
    if _KEY in node.meta:
        return str(node.meta[_KEY])
    if isinstance(node, exp.Paren | exp.Alias | exp.Filter | exp.Window | exp.WithinGroup):
        return kind_of(node.this)
    if isinstance(node, exp.Cast):
        return _BY_TYPE.get(node.to.this, UNKNOWN)
    if isinstance(node, exp.Literal):
        return TEXT if node.is_string else (INTEGER if node.is_int else DOUBLE)
    if isinstance(node, exp.Interval):
        return INTERVAL
    return _of_operator(node) or _of_type(node)


def kind_of_type(target: exp.DataType) -> str:
    """Return what kind of values a type has."""
    return _BY_TYPE.get(target.this, UNKNOWN)


def _of_type(node: exp.Expr) -> str:
    return _BY_TYPE.get(node.type.this, UNKNOWN) if node.type else UNKNOWN


def _of_operator(node: exp.Expr) -> str:
    if isinstance(node, _TRUTHS):
        return TRUTH
    if isinstance(node, exp.CurrentDate):
        return DATE
    if isinstance(node, exp.CurrentTimestamp):
        return ZONED
    if isinstance(node, exp.Localtimestamp):
        return TIME
    if isinstance(node, exp.DPipe):
        return kind_of(node.this)
    if isinstance(node, exp.Neg):
        return kind_of(node.this)
    if isinstance(node, exp.If):
        return _first(kind_of(part) for part in (node.args.get("true"), node.args.get("false")))
    if isinstance(node, exp.Case):
        ends = [branch.args["true"] for branch in node.args["ifs"]]
        return _first(kind_of(end) for end in [*ends, node.args.get("default")])
    if isinstance(node, _ARITHMETIC):
        return _of_arithmetic(node)
    return UNKNOWN


def _of_arithmetic(node: exp.Expr) -> str:
    kinds = [kind_of(node.this), kind_of(node.expression)]
    for temporal in (ZONED, TIME, DATE):
        if temporal in kinds:
            is_difference = isinstance(node, exp.Sub) and INTERVAL not in kinds
            return INTERVAL if is_difference else temporal
    if UNKNOWN in kinds:
        return UNKNOWN
    return DOUBLE if DOUBLE in kinds else kinds[0]


def _first(kinds: Iterable[str]) -> str:
    return next((kind for kind in kinds if kind), UNKNOWN)
