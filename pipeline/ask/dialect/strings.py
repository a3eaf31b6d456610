"""Functions of texts that are not DuckDB's own.

Facts: trino.io/docs/current/functions/string.html and conversion.html#format.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, text
from pipeline.ask.dialect.kinds import BYTES, INTEGER, LIST, MAP, TEXT, kind_of, set_kind

_SIGN = re.compile(
    r"%(?P<place>\d+\$)?(?P<flags>[-#+ 0,]*)(?P<size>\d*(?:\.\d+)?)(?P<sign>.)", re.S
)
_TYPES = {"d": "bigint", "x": "bigint", "X": "bigint", "o": "bigint", "f": "double", "e": "double"}


def translate_string(call: Call) -> exp.Expr:
    """Return a call of one of these functions in DuckDB's terms.

    Raises:
        ValueError: it has too many arguments, or too few.
    """
    return _FORMS[call.name](call)


def substr(call: Call) -> exp.Expr:
    """Take a part of a text; from the start on DuckDB does so alike, and files can be chosen."""
    if len(call.args) not in (2, 3):
        raise ValueError
    is_plain = all(isinstance(arg, exp.Literal) and int(arg.this) > 0 for arg in call.args[1:])
    if is_plain:
        return function("substr", *call.args, kind=TEXT)
    name = "trino_substr" if len(call.args) == 2 else "trino_substr_length"
    return function(name, *call.args, kind=TEXT)


def _concat(call: Call) -> exp.Expr:
    """Chain: of an unknown part, all is unknown, which DuckDB's own concat skips."""
    if len(call.args) < 2:
        raise call.refuse("needs two values or more")
    first, *others = call.args
    chained = first
    for other in others:
        chained = exp.DPipe(this=chained, expression=other, safe=False)
    return set_kind(exp.paren(chained), kind_of(first))


def _replace(call: Call) -> exp.Expr:
    if len(call.args) not in (2, 3):
        raise ValueError
    by = call.args[2] if len(call.args) == 3 else text("")
    return function("trino_replace" if _may_be_empty(call) else "replace", *call.args[:2], by,
                    kind=TEXT)  # fmt: skip


def _may_be_empty(call: Call) -> bool:
    """Tell whether what is looked for may be the empty text, which stands between all letters."""
    return not isinstance(call.args[1], exp.Literal) or not call.args[1].name


def _split(call: Call) -> exp.Expr:
    if len(call.args) not in (2, 3):
        raise ValueError
    _check_delimiter(call)
    name = "string_split" if len(call.args) == 2 else "trino_split_limit"
    return function(name, *call.args, kind=LIST)


def _split_part(call: Call) -> exp.Expr:
    written, delimiter, place = call.args
    _check_delimiter(call)
    return function("trino_split_part", written, delimiter, place, kind=TEXT)


def _check_delimiter(call: Call) -> None:
    delimiter = call.args[1]
    if isinstance(delimiter, exp.Literal) and not delimiter.name:
        raise call.refuse("has an empty delimiter")


def _split_to_map(call: Call) -> exp.Expr:
    written, entries, keys = call.args
    return function(f"trino_{call.name}", written, entries, keys, kind=MAP)


def _strpos(call: Call) -> exp.Expr:
    if len(call.args) not in (2, 3):
        raise ValueError
    name = "strpos" if len(call.args) == 2 else "trino_strpos_nth"
    return function(name, *call.args, kind=INTEGER)


def _codepoint(call: Call) -> exp.Expr:
    (letter,) = call.args
    return function("trino_codepoint", letter, kind=INTEGER)


def _pad(call: Call) -> exp.Expr:
    written, size, padding = call.args
    return function(f"trino_{call.name}", written, size, padding, kind=TEXT)


def _length(call: Call) -> exp.Expr:
    (measured,) = call.args
    name = "octet_length" if kind_of(measured) == BYTES else "length"
    return function(name, measured, kind=INTEGER)


def _reverse(call: Call) -> exp.Expr:
    (turned,) = call.args
    if kind_of(turned) == LIST:
        return function("list_reverse", turned, kind=LIST)
    return function("reverse", turned, kind=TEXT)


def normalize(node: exp.Normalize, call: Call) -> exp.Expr:
    """Return `normalize(text, form)`; DuckDB has the form that is meant without one."""
    form = node.args.get("form")
    if form and form.name.upper() != "NFC":
        raise call.refuse("knows the form NFC only")
    return function("nfc_normalize", node.this, kind=TEXT)


def _format(call: Call) -> exp.Expr:
    """Fill a format; each value is made the type that its sign is for.

    Raises:
        QueryError: a sign that is not known here, or too few values.
    """
    pattern, values = call.text(0, "format"), call.args[1:]
    given: list[exp.Expr] = []

    def convert(found: re.Match[str]) -> str:
        sign = found["sign"]
        if sign == "%":
            return "%%"
        if sign not in _TYPES and sign != "s":
            raise call.refuse(f"knows no %{sign} here", "see date_format, round and lpad")
        place = int(found["place"][:-1]) - 1 if found["place"] else len(order)
        if not found["place"]:
            order.append(place)
        if place >= len(values):
            raise call.refuse(f"has no value for {found[0]}")
        given.append(_formatted(values[place].copy(), sign))
        return f"%{found['flags']}{found['size']}{sign}"

    order: list[int] = []
    plain = _SIGN.sub(convert, pattern)
    return function("printf", text(plain), *given, kind=TEXT)


def _formatted(value: exp.Expr, sign: str) -> exp.Expr:
    if sign != "s":
        return cast(value, _TYPES[sign])
    return exp.Coalesce(this=cast(value, "varchar"), expressions=[text("null")])


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    "concat": _concat,
    "replace": _replace,
    "substr": substr,
    "substring": substr,
    "split": _split,
    "split_part": _split_part,
    "split_to_map": _split_to_map,
    "split_to_multimap": _split_to_map,
    "strpos": _strpos,
    "codepoint": _codepoint,
    "lpad": _pad,
    "rpad": _pad,
    "length": _length,
    "reverse": _reverse,
    "format": _format,
}

STRING_FUNCTIONS = frozenset(_FORMS)
