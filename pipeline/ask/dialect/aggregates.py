"""Aggregates and window functions that are not DuckDB's own, or give another type there.

Facts: trino.io/docs/current/functions/aggregate.html, map.html and window.html.

What an aggregate gives may have to be changed once more: a sum of whole numbers is a bigint, a list
of pairs becomes a map. FILTER, OVER and WITHIN GROUP belong to the aggregate, so that last step is
noted on it, and taken around the outermost of them.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, text
from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.kinds import (
    DOUBLE,
    INTEGER,
    IP,
    LIST,
    MAP,
    TEXT,
    kind_of,
    set_kind,
)
from pipeline.ask.dialect.numbers import places, to_places

_AROUND = (exp.Filter, exp.Window, exp.WithinGroup, exp.IgnoreNulls)
_LAST = "last"
_NAVIGATION: dict[str, type[exp.Expr]] = {
    "lag": exp.Lag,
    "lead": exp.Lead,
    "first_value": exp.FirstValue,
    "last_value": exp.LastValue,
    "nth_value": exp.NthValue,
}

Last = Callable[[exp.Expr], exp.Expr]
"""Changes what an aggregate gives."""


def settle(made: exp.Expr, node: exp.Expr) -> exp.Expr:
    """Take an aggregate's last step, once all that belongs to it stands around it.

    Args:
        made: what a part of the query became.
        node: the part, in its place in the tree.
    """
    inner = made
    while isinstance(inner, _AROUND):
        inner = inner.this
    last: Last | None = inner.meta.get(_LAST)
    is_inner = isinstance(node.parent, _AROUND) and node.arg_key == "this"
    if last is None or is_inner:
        return made
    return last(made.copy())


def _with_last(made: exp.Expr, last: Last, kind: str) -> exp.Expr:
    made.meta[_LAST] = last
    return set_kind(made, kind)


def ignore_nulls(node: exp.IgnoreNulls, context: Context) -> exp.Expr:
    """Return `lag(…) ignore nulls` as DuckDB has it, within the call.

    Raises:
        QueryError: the function does not take it.
    """
    call = node.this
    known = _NAVIGATION.get(call.name.lower()) if isinstance(call, exp.Anonymous) else None
    if known is None:
        raise context.refuse("only functions that look at other rows ignore nulls", node)
    names = ("this", "offset", "default")
    made = known(**dict(zip(names, call.expressions, strict=False)))
    return set_kind(exp.IgnoreNulls(this=made), kind_of(call))


def translate_aggregate(call: Call) -> exp.Expr:
    """Return a call of one of these functions in DuckDB's terms.

    Raises:
        ValueError: it has too many arguments, or too few.
    """
    return _FORMS[call.name](call)


def plain(argument: exp.Expr) -> exp.Expr:
    """Return an aggregate's argument without DISTINCT and ORDER BY."""
    while isinstance(argument, exp.Order | exp.Distinct):
        argument = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument.this
    return argument


def _sum(call: Call) -> exp.Expr:
    (summed,) = call.args
    kind = kind_of(plain(summed))
    made = function("sum", summed, kind=kind)
    if kind != INTEGER:
        return made
    return _with_last(made, lambda total: set_kind(cast(total, "bigint"), INTEGER), INTEGER)


def _avg(call: Call) -> exp.Expr:
    """Average; decimals have a mean with as many places as they have themselves."""
    (averaged,) = call.args
    made = function("avg", averaged, kind=DOUBLE)
    n_places = places(plain(averaged))
    if not n_places:
        return made
    return _with_last(made, lambda mean: to_places(mean, n_places), DOUBLE)


def _best(call: Call) -> exp.Expr:
    how = "arg_max" if call.name == "max_by" else "arg_min"
    if len(call.args) not in (2, 3):
        raise ValueError
    name = how if len(call.args) == 3 else f"{how}_null"
    return function(name, *call.args, kind=LIST if len(call.args) == 3 else kind_of(call.args[0]))


def _extreme(call: Call) -> exp.Expr:
    """Take the least or greatest; addresses go by number, not by their text."""
    if len(call.args) not in (1, 2):
        raise ValueError
    kind = kind_of(plain(call.args[0]))
    if kind == IP and len(call.args) == 1:
        (address,) = call.args
        how = "arg_max" if call.name == "max" else "arg_min"
        return function(how, address, function("trino_ip_number", address.copy()), kind=IP)
    return function(call.name, *call.args, kind=LIST if len(call.args) == 2 else kind)


def _distinct(call: Call) -> exp.Expr:
    if len(call.args) not in (1, 2):
        raise ValueError
    return function("approx_count_distinct", call.args[0], kind=INTEGER)


def _percentile(call: Call) -> exp.Expr:
    if len(call.args) != 2:
        raise call.refuse("with weights is not supported here")
    return function("approx_quantile", *call.args, kind=kind_of(call.args[0]))


def _listagg(call: Call) -> exp.Expr:
    """Join texts; the delimiter is none where none is given, and not part of what is distinct."""
    first, *others = call.args
    if isinstance(first, exp.Distinct):
        value, *others = first.expressions
        first = exp.Distinct(expressions=[value])
    delimiter = others[0] if others else text("")
    return function("string_agg", first, delimiter, kind=TEXT)


def _pairs(macro: str) -> Callable[[Call], exp.Expr]:
    """Return how to gather pairs of a key and a value into a map."""

    def form(call: Call) -> exp.Expr:
        key, value = call.args
        gathered = function("list", function("row", key, value))
        return _with_last(gathered, lambda pairs: function(macro, pairs, kind=MAP), MAP)

    return form


def _map_union(call: Call) -> exp.Expr:
    (maps,) = call.args
    gathered = function("list", function("map_entries", maps))
    return _with_last(
        gathered,
        lambda entries: function("trino_first_entries", function("flatten", entries), kind=MAP),
        MAP,
    )


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    "sum": _sum,
    "avg": _avg,
    "min": _extreme,
    "max": _extreme,
    "max_by": _best,
    "min_by": _best,
    "approx_distinct": _distinct,
    "approx_percentile": _percentile,
    "listagg": _listagg,
    "map_agg": _pairs("trino_first_entries"),
    "multimap_agg": _pairs("trino_all_entries"),
    "map_union": _map_union,
}

AGGREGATE_FUNCTIONS = frozenset(_FORMS)
