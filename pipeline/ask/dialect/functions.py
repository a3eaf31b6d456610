"""What each function of Trino is here: DuckDB's of some name, a macro of ours, or its own form.

Facts: trino.io/docs/current/functions; Athena's engine version 3 has Trino's. A function that is
not here is refused by name: it would be another one or none in DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlglot import exp

from pipeline.ask.dialect.aggregates import (
    AGGREGATE_FUNCTIONS,
    ignore_nulls,
    plain,
    settle,
    translate_aggregate,
)
from pipeline.ask.dialect.call import Call, function, text
from pipeline.ask.dialect.casts import translate_cast
from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.json import standard_json, translate_json
from pipeline.ask.dialect.jsoncasts import forgive
from pipeline.ask.dialect.kinds import (
    BYTES,
    DOUBLE,
    INTEGER,
    IP,
    JSON,
    LIST,
    MAP,
    TEXT,
    TRUTH,
    UNKNOWN,
    kind_of,
    set_kind,
)
from pipeline.ask.dialect.lists import LIST_FUNCTIONS, translate_list
from pipeline.ask.dialect.macros import can_fail, definitions
from pipeline.ask.dialect.numbers import NUMBER_FUNCTIONS, translate_number
from pipeline.ask.dialect.operators import translate_operator
from pipeline.ask.dialect.regex import translate_regex
from pipeline.ask.dialect.strings import STRING_FUNCTIONS, normalize, substr, translate_string
from pipeline.ask.dialect.time import TIME_FUNCTIONS, part_of, translate_time
from pipeline.ask.dialect.web import WEB_FUNCTIONS, translate_web

_SAME = "="
"""Stands for DuckDB's function of the same name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A function that is another one here, with the same arguments.

    Attributes:
        name: its name here; `=` for its own.
        kind: what it gives; `first` for what its first argument is.
        sizes: how many arguments it may have; empty: any number.
    """

    name: str = _SAME
    kind: str = UNKNOWN
    sizes: frozenset[int] = field(default_factory=frozenset)


_FIRST = "first"


def _named(name: str, kind: str, *sizes: int) -> Named:
    return Named(name, kind, frozenset(sizes))


def _same(kind: str, *sizes: int) -> Named:
    return Named(_SAME, kind, frozenset(sizes))


_NAMED: Mapping[str, Named] = {
    # aggregates and windows
    "count": _same(INTEGER),
    "count_if": _same(INTEGER, 1),
    "bool_and": _same(TRUTH, 1),
    "bool_or": _same(TRUTH, 1),
    "every": _named("bool_and", TRUTH, 1),
    "array_agg": _same(LIST, 1),
    "arbitrary": _named("any_value", _FIRST, 1),
    "any_value": _same(_FIRST, 1),
    "geometric_mean": _named("geomean", DOUBLE, 1),
    "stddev": _same(DOUBLE, 1),
    "stddev_samp": _same(DOUBLE, 1),
    "stddev_pop": _same(DOUBLE, 1),
    "variance": _same(DOUBLE, 1),
    "var_samp": _same(DOUBLE, 1),
    "var_pop": _same(DOUBLE, 1),
    "corr": _same(DOUBLE, 2),
    "covar_pop": _same(DOUBLE, 2),
    "covar_samp": _same(DOUBLE, 2),
    "skewness": _same(DOUBLE, 1),
    "kurtosis": _same(DOUBLE, 1),
    "entropy": _same(DOUBLE, 1),
    "histogram": _same(MAP, 1),
    "bitwise_and_agg": _named("bit_and", INTEGER, 1),
    "bitwise_or_agg": _named("bit_or", INTEGER, 1),
    "bitwise_xor_agg": _named("bit_xor", INTEGER, 1),
    "grouping": _same(INTEGER),
    "row_number": _same(INTEGER, 0),
    "rank": _same(INTEGER, 0),
    "dense_rank": _same(INTEGER, 0),
    "percent_rank": _same(DOUBLE, 0),
    "cume_dist": _same(DOUBLE, 0),
    "ntile": _same(INTEGER, 1),
    "lag": _same(_FIRST, 1, 2, 3),
    "lead": _same(_FIRST, 1, 2, 3),
    "first_value": _same(_FIRST, 1),
    "last_value": _same(_FIRST, 1),
    "nth_value": _same(_FIRST, 2),
    # conditions
    "coalesce": _same(_FIRST),
    "nullif": _same(_FIRST, 2),
    # text
    "lower": _same(TEXT, 1),
    "upper": _same(TEXT, 1),
    "concat_ws": _same(TEXT),
    "starts_with": _same(TRUTH, 2),
    "ends_with": _same(TRUTH, 2),
    "chr": _same(TEXT, 1),
    "levenshtein_distance": _named("levenshtein", INTEGER, 2),
    "hamming_distance": _named("hamming", INTEGER, 2),
    "translate": _same(TEXT, 3),
    "trim": _named("trino_trim", TEXT, 1),
    "ltrim": _named("trino_ltrim", TEXT, 1),
    "rtrim": _named("trino_rtrim", TEXT, 1),
    # lists and maps
    "array_distinct": _named("trino_array_distinct", LIST, 1),
    "array_remove": _named("trino_array_remove", LIST, 2),
    "array_max": _named("trino_array_max", UNKNOWN, 1),
    "array_min": _named("trino_array_min", UNKNOWN, 1),
    "array_intersect": _named("trino_array_intersect", LIST, 2),
    "array_except": _named("trino_array_except", LIST, 2),
    "arrays_overlap": _named("trino_arrays_overlap", TRUTH, 2),
    "contains_sequence": _named("trino_contains_sequence", TRUTH, 2),
    "flatten": _same(LIST, 1),
    "zip": _named("list_zip", LIST),
    "map_keys": _same(LIST, 1),
    "map_values": _same(LIST, 1),
    "map_entries": _same(LIST, 1),
    "map_from_entries": _same(MAP, 1),
    "map_concat": _same(MAP),
    "row": _same(UNKNOWN),
    # bytes and checksums
    "to_utf8": _named("encode", BYTES, 1),
    "from_utf8": _named("decode", TEXT, 1),
    "to_hex": _named("hex", TEXT, 1),
    "from_hex": _named("unhex", BYTES, 1),
    "to_base64": _same(TEXT, 1),
    "from_base64": _same(BYTES, 1),
    "md5": _named("trino_md5", BYTES, 1),
    "sha1": _named("trino_sha1", BYTES, 1),
    "sha256": _named("trino_sha256", BYTES, 1),
    # numbers
    **{
        name: _same(DOUBLE, 1)
        for name in (
            "sqrt", "cbrt", "exp", "ln", "log2", "log10", "degrees", "radians", "sin", "cos",
            "tan", "asin", "acos", "atan", "cosh", "sinh", "tanh",
        )
    },
    "abs": _same(_FIRST, 1),
    "round": _same(_FIRST, 1, 2),
    "truncate": _named("trunc", _FIRST, 1, 2),
    "sign": _same(_FIRST, 1),
    "log": _same(DOUBLE, 2),
    "power": _same(DOUBLE, 2),
    "pow": _same(DOUBLE, 2),
    "atan2": _same(DOUBLE, 2),
    "pi": _same(DOUBLE, 0),
    "is_nan": _named("isnan", TRUTH, 1),
    "is_infinite": _named("isinf", TRUTH, 1),
    "is_finite": _named("isfinite", TRUTH, 1),
    "uuid": _same(TEXT, 0),
    "human_readable_seconds": _named("trino_human_readable_seconds", TEXT, 1),
    "is_subnet_of": _named("trino_ip_in", TRUTH, 2),
}  # fmt: skip


def _extreme(call: Call) -> exp.Expr:
    """Take the greatest or least; of an unknown one, unknown, where DuckDB leaves it out."""
    unknown = [exp.Is(this=arg.copy(), expression=exp.null()) for arg in call.args]
    chosen = function(call.name, *call.args, kind=kind_of(call.args[0]))
    if all(isinstance(arg, exp.Literal) for arg in call.args):
        return chosen
    case = exp.Case(ifs=[exp.If(this=exp.or_(*unknown), true=exp.null())], default=chosen)
    return set_kind(case, kind_of(call.args[0]))


def _union(call: Call) -> exp.Expr:
    first, second = call.args
    both = function("list_concat", first, second)
    return function("trino_array_distinct", both, kind=LIST)


def _typeof(call: Call) -> exp.Expr:
    (value,) = call.args
    if kind_of(value) == IP:  # which is text here
        return text("ipaddress")
    return function("trino_typeof", value, kind=TEXT)


def _fail(call: Call) -> exp.Expr:
    return function("error", call.args[-1])


def _try(call: Call) -> exp.Expr:
    """Give null where it fails.

    DuckDB's try() does not take our own errors, and of what comes twice within it, it takes none
    at all (that is computed once, before it): so what can fail is made to give null by itself.
    """
    whole = exp.Paren(this=call.args[0])  # so that all of it has a place to be replaced in
    for node in list(whole.walk()):
        forgiven = forgive(node)
        if forgiven is not None and node.parent is not None:
            node.replace(forgiven)
    for inner in list(whole.find_all(exp.Anonymous, exp.Cast)):
        if isinstance(inner, exp.Cast):
            inner.replace(exp.TryCast(this=inner.this, to=inner.to))
            continue
        name = inner.name.lower()
        if name == "json":
            inner.replace(exp.TryCast(this=inner.expressions[0], to=exp.DataType.build("json")))
            continue
        forgiving = f"trino_try_{name.removeprefix('trino_')}"
        if name == "strptime":
            inner.set("this", "try_strptime")
        elif forgiving in definitions():
            inner.set("this", forgiving)
        elif can_fail(name):
            raise call.refuse(f"around {name.removeprefix('trino_')} is not supported here")
    return function("try", whole.this, kind=kind_of(whole))


_OWN: Mapping[str, Callable[[Call], exp.Expr]] = {
    "greatest": _extreme,
    "least": _extreme,
    "array_union": _union,
    "typeof": _typeof,
    "fail": _fail,
    "try": _try,
    **dict.fromkeys(STRING_FUNCTIONS, translate_string),
    **dict.fromkeys(WEB_FUNCTIONS, translate_web),
    **dict.fromkeys(AGGREGATE_FUNCTIONS, translate_aggregate),
    **dict.fromkeys(NUMBER_FUNCTIONS, translate_number),
    **dict.fromkeys(TIME_FUNCTIONS, translate_time),
    **dict.fromkeys(LIST_FUNCTIONS, translate_list),
    **dict.fromkeys(
        ("regexp_like", "regexp_extract", "regexp_extract_all", "regexp_replace", "regexp_split",
         "regexp_count", "regexp_position"),
        translate_regex,
    ),
    **dict.fromkeys(
        ("json_extract", "json_extract_scalar", "json_parse", "json_format", "json_size",
         "json_array_length", "json_array_contains", "json_array_get", "is_json_scalar",
         "json_exists"),
        translate_json,
    ),
}  # fmt: skip

FUNCTIONS = frozenset(_NAMED) | frozenset(_OWN)
"""All functions of Trino that are known here."""

_OURS = frozenset({"strftime"})
"""What earlier rewrites have put in."""


def translate_functions(tree: exp.Expr, context: Context) -> exp.Expr:
    """Say every call, cast and operator of a query in DuckDB's terms, the inner ones first.

    Raises:
        QueryError: a function that is not known, or not in this form; with its place.
    """
    for node in reversed(list(tree.walk(bfs=True))):
        made = settle(_translate(node, context), node)
        if made is not node:
            node.replace(made)
    return tree


def _translate(node: exp.Expr, context: Context) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        return _call(node, context)
    if isinstance(node, exp.IgnoreNulls):
        return ignore_nulls(node, context)
    if isinstance(node, exp.RespectNulls):
        kept: exp.Expr = node.this
        return kept
    if isinstance(node, exp.Cast):
        return translate_cast(node, context)
    if isinstance(node, exp.Extract):
        call = Call("extract", [node.expression], node, context)
        return part_of(call, node.name.lower(), node.expression)
    if isinstance(node, exp.Substring):
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        return substr(Call("substring", [part for part in parts if part], node, context))
    if isinstance(node, exp.Normalize):
        return normalize(node, Call("normalize", [node.this], node, context))
    if isinstance(node, exp.JSONValue | exp.JSONExtract):
        name = "json_value" if isinstance(node, exp.JSONValue) else "json_query"
        return standard_json(node, Call(name, [node.this], node, context))
    return translate_operator(node, context)


def _call(node: exp.Anonymous, context: Context) -> exp.Expr:
    name = str(node.name).lower()
    if name in _OURS or name.startswith("trino_"):
        return node
    call = Call(name, list(node.expressions), node, context)
    own = _OWN.get(name)
    if own:
        try:
            return own(call)
        except (ValueError, IndexError) as wrong:  # of taking the arguments apart
            raise call.refuse(f"does not take {len(call.args)} arguments") from wrong
    named = _NAMED.get(name)
    if named is None:
        near = get_close_matches(name, sorted(FUNCTIONS), 1, 0.7)
        raise context.refuse(
            f"{context.dialect.title} has no function {name}, or it is not supported here",
            node,
            f"did you mean {near[0]}?" if near else "",
        )
    if named.sizes and len(call.args) not in named.sizes:
        raise call.refuse(f"does not take {len(call.args)} arguments")
    made = function(name if named.name == _SAME else named.name, *call.args)
    first = kind_of(plain(call.args[0])) if call.args else UNKNOWN
    kind = first if named.kind == _FIRST else named.kind
    return set_kind(made, kind) if kind else made


__all__ = ["FUNCTIONS", "JSON", "translate_functions"]
