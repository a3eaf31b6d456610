"""Functions of numbers that are not DuckDB's own, and decimals, which keep their places.

Facts: trino.io/docs/current/functions/math.html, decimal.html (a quotient of decimals has as many
places as the operand with more of them: 100.0 * 1 / 3 is 33.3) and bitwise.html.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, number, text
from pipeline.ask.dialect.kinds import DOUBLE, INTEGER, TEXT, kind_of, set_kind

_WIDEST = 38
_KEEPING = frozenset({"sum", "min", "max", "abs", "round", "coalesce", "nullif", "any_value"})
"""Functions that give as many places as their first argument has."""


def places(node: exp.Expr | None) -> int | None:
    """Return how many places after the point an exact number has; None: it is a double, or unknown.

    >>> import sqlglot
    >>> places(sqlglot.parse_one("100.0 * 3", read="trino"))
    1
    """
    if node is None:
        return None
    if isinstance(node, exp.Literal):
        return _of_literal(node)
    if isinstance(node, exp.Paren | exp.Neg):
        return places(node.this)
    if isinstance(node, exp.Cast):
        return _of_type(node.to)
    if isinstance(node, exp.Add | exp.Sub | exp.Mod | exp.Mul | exp.Div):
        left, right = places(node.this), places(node.expression)
        if left is None or right is None:
            return None
        return left + right if isinstance(node, exp.Mul) else max(left, right)
    if isinstance(node, exp.Case | exp.If):
        return _of_branches(node)
    if isinstance(node, exp.Anonymous) and node.name.lower() in _KEEPING and node.expressions:
        return places(node.expressions[0])
    if isinstance(node, exp.Filter | exp.Window):
        return places(node.this)
    return 0 if kind_of(node) == INTEGER else None


def is_double(node: exp.Expr) -> bool:
    """Tell whether an expression is surely a double; a column of kind double may be a decimal."""
    if isinstance(node, exp.Paren | exp.Neg):
        return is_double(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        return is_double(node.this) or is_double(node.expression)
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DType.DOUBLE, exp.DType.FLOAT)
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in str(node.this).lower()
    is_kept = isinstance(node, exp.Anonymous) and node.name.lower() in _KEEPING
    if is_kept or isinstance(node, exp.Filter | exp.Window):
        first = node.expressions[0] if is_kept and node.expressions else node.this
        return isinstance(first, exp.Expr) and is_double(first)
    return isinstance(node, exp.Anonymous) and kind_of(node) == DOUBLE


def _of_literal(node: exp.Literal) -> int | None:
    written = str(node.this).lower()
    if node.is_string or "e" in written:
        return None
    return len(written.partition(".")[2])


def _of_type(kind: exp.DataType) -> int | None:
    if kind.this != exp.DType.DECIMAL:
        return None if kind.this in (exp.DType.DOUBLE, exp.DType.FLOAT) else 0
    params = kind.expressions
    return int(params[1].name) if len(params) > 1 else 0


def _of_branches(node: exp.Expr) -> int | None:
    ends = (
        [branch.args["true"] for branch in node.args["ifs"]]
        if isinstance(node, exp.Case)
        else [node.args.get("true")]
    )
    last = node.args.get("default") or node.args.get("false")
    found = [places(end) for end in [*ends, last] if end is not None and not _is_null(end)]
    return max((n for n in found if n is not None), default=None) if None not in found else None


def _is_null(node: exp.Expr) -> bool:
    return isinstance(node, exp.Null)


def to_places(node: exp.Expr, n_places: int) -> exp.Expr:
    """Round a quotient or mean to the places that a decimal has, half away from zero."""
    return set_kind(cast(node, f"decimal({_WIDEST}, {n_places})"), DOUBLE)


def translate_number(call: Call) -> exp.Expr:
    """Return a call of one of these functions in DuckDB's terms.

    Raises:
        ValueError: it has too many arguments, or too few.
    """
    return _FORMS[call.name](call)


def _whole(call: Call) -> exp.Expr:
    """Round up or down; a whole number is that already, and stays one."""
    (value,) = call.args
    if kind_of(value) == INTEGER:
        return value
    name = "floor" if call.name == "floor" else "ceil"
    return function(name, value, kind=kind_of(value))


def _constant(call: Call) -> exp.Expr:
    if call.args:
        raise ValueError
    if call.name == "e":
        return function("exp", number(1), kind=DOUBLE)
    return set_kind(cast(text(call.name), "double"), DOUBLE)


def _random(call: Call) -> exp.Expr:
    """Give a random number; whole ones from 0 or the first bound on, below the last."""
    chance = function("random", kind=DOUBLE)
    if not call.args:
        return chance
    *lows, high = call.args
    (low,) = lows or [number(0)]
    width = exp.paren(exp.Sub(this=exp.paren(high), expression=exp.paren(low.copy())))
    above = cast(function("floor", exp.Mul(this=chance, expression=width)), "bigint")
    return set_kind(exp.paren(exp.Add(this=exp.paren(low), expression=above)), INTEGER)


def _shift(call: Call) -> exp.Expr:
    value, bits = (exp.paren(arg) for arg in call.args)
    is_left = call.name == "bitwise_left_shift"
    kind = exp.BitwiseLeftShift if is_left else exp.BitwiseRightShift
    return set_kind(exp.paren(kind(this=cast(value, "bigint"), expression=bits)), INTEGER)


def _bits(call: Call) -> exp.Expr:
    left, right = (exp.paren(arg) for arg in call.args)
    if call.name == "bitwise_xor":
        return function("xor", left, right, kind=INTEGER)
    kind = exp.BitwiseAnd if call.name == "bitwise_and" else exp.BitwiseOr
    return set_kind(exp.paren(kind(this=left, expression=right)), INTEGER)


def _not(call: Call) -> exp.Expr:
    (value,) = call.args
    return set_kind(exp.BitwiseNot(this=exp.paren(value)), INTEGER)


def _bit_count(call: Call) -> exp.Expr:
    value, width = call.args
    if width.name != "64":
        raise call.refuse("is supported of 64 bits only")
    return function("bit_count", cast(value, "bigint"), kind=INTEGER)


def _mod(call: Call) -> exp.Expr:
    left, right = (exp.paren(arg) for arg in call.args)
    return set_kind(exp.paren(exp.Mod(this=left, expression=right)), kind_of(call.args[0]))


def _width_bucket(call: Call) -> exp.Expr:
    name = "trino_width_bucket" if len(call.args) == 4 else "trino_width_bucket_of"
    if len(call.args) not in (2, 4):
        raise ValueError
    return function(name, *call.args, kind=INTEGER)


def _to_base(call: Call) -> exp.Expr:
    value, base = call.args
    return function("lower", function("to_base", value, base), kind=TEXT)


def _from_base(call: Call) -> exp.Expr:
    value, base = call.args
    return function("trino_from_base", value, base, kind=INTEGER)


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    "ceil": _whole,
    "ceiling": _whole,
    "floor": _whole,
    "e": _constant,
    "infinity": _constant,
    "nan": _constant,
    "random": _random,
    "rand": _random,
    "bitwise_left_shift": _shift,
    "bitwise_right_shift": _shift,
    "bitwise_right_shift_arithmetic": _shift,
    "bitwise_and": _bits,
    "bitwise_or": _bits,
    "bitwise_xor": _bits,
    "bitwise_not": _not,
    "bit_count": _bit_count,
    "mod": _mod,
    "width_bucket": _width_bucket,
    "to_base": _to_base,
    "from_base": _from_base,
}

NUMBER_FUNCTIONS = frozenset(_FORMS)
