"""Lists and maps, and the functions that take a function."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, number
from pipeline.ask.dialect.kinds import DATE, INTEGER, LIST, MAP, TRUTH, kind_of, set_kind


def translate_list(call: Call) -> exp.Expr:
    """Return a call of a function of lists or maps in DuckDB's terms.

    Raises:
        QueryError: the wrong number of arguments, or no function where one belongs.
    """
    try:
        return _FORMS[call.name](call)
    except ValueError as wrong:
        raise call.refuse(f"does not take these {len(call.args)} arguments") from wrong


def _filter(call: Call) -> exp.Expr:
    items, keeps = call.args
    return function("list_filter", items, _lambda(keeps, 1), kind=LIST)


def _transform(call: Call) -> exp.Expr:
    items, change = call.args
    return function("list_transform", items, _lambda(change, 1), kind=LIST)


def _reduce(call: Call) -> exp.Expr:
    items, start, step, end = call.args
    state, item = _lambda(step, 2).expressions
    folded = function(
        "list_reduce", items, exp.Lambda(this=step.this, expressions=[state, item]), start
    )
    return exp.Bracket(
        this=function("list_transform", exp.Array(expressions=[folded]), _lambda(end, 1)),
        expressions=[number(0)],
    )


def _any(call: Call) -> exp.Expr:
    return _match(call, "trino_any")


def _all(call: Call) -> exp.Expr:
    return _match(call, "trino_all")


def _none(call: Call) -> exp.Expr:
    return exp.Not(this=exp.paren(_match(call, "trino_any")))


def _match(call: Call, how: str) -> exp.Expr:
    """Tell of all items at once; where it is unknown of one and not decided by others, null."""
    items, holds = call.args
    return function(how, function("list_transform", items, _lambda(holds, 1)), kind=TRUTH)


def _slice(call: Call) -> exp.Expr:
    items, first, size = call.args
    return function("trino_slice", items, first, size, kind=LIST)


def _join(call: Call) -> exp.Expr:
    items, delimiter, *instead = call.args
    name = "trino_array_join_null" if instead else "trino_array_join"
    return function(name, items, delimiter, *instead, kind="text")


def _sort(call: Call) -> exp.Expr:
    (items,) = call.args
    return function(
        "list_sort", items, exp.Literal.string("asc"), exp.Literal.string("nulls last"), kind=LIST
    )


def _sequence(call: Call) -> exp.Expr:
    if kind_of(call.args[0]) == DATE:
        step = call.args[2] if len(call.args) > 2 else function("to_days", number(1))
        days = function("generate_series", *call.args[:2], step)
        return set_kind(cast(days, "date[]"), LIST)
    return function("generate_series", *call.args, kind=LIST)


def _repeat(call: Call) -> exp.Expr:
    item, times = call.args
    place = exp.to_identifier("place")
    return function(
        "list_transform",
        function("range", times),
        exp.Lambda(this=item, expressions=[place]),
        kind=LIST,
    )


def _map(call: Call) -> exp.Expr:
    if not call.args:
        return exp.cast(function("map"), "map(varchar, varchar)")
    keys, values = call.args
    return function("map", keys, values, kind=MAP)


def _map_filter(call: Call) -> exp.Expr:
    entries, keeps = call.args
    kept = function("list_filter", function("map_entries", entries), _of_entry(keeps))
    return function("map_from_entries", kept, kind=MAP)


def _transform_values(call: Call) -> exp.Expr:
    entries, change = call.args
    return _transformed(entries, change, is_key=False)


def _transform_keys(call: Call) -> exp.Expr:
    entries, change = call.args
    return _transformed(entries, change, is_key=True)


def _transformed(entries: exp.Expr, change: exp.Expr, *, is_key: bool) -> exp.Expr:
    body = _of_entry(change)
    entry = body.expressions[0]
    key, value = (
        exp.Dot(this=entry.copy(), expression=exp.to_identifier(p)) for p in ("key", "value")
    )
    pair = function("row", body.this if is_key else key, value if is_key else body.this)
    changed = function(
        "list_transform",
        function("map_entries", entries),
        exp.Lambda(this=pair, expressions=[entry]),
    )
    return function("map_from_entries", changed, kind=MAP)


def _of_entry(two: exp.Expr) -> exp.Lambda:
    """Return a function of key and value as one of an entry."""
    found = _lambda(two, 2)
    key, value = (name.name for name in found.expressions)
    entry = exp.to_identifier("entry_")

    def substitute(node: exp.Expr) -> exp.Expr:
        is_name = isinstance(node, exp.Identifier) and not isinstance(node.parent, exp.Column)
        if is_name and node.name in (key, value) and node.arg_key != "expression":
            part = "key" if node.name == key else "value"
            return exp.Dot(this=entry.copy(), expression=exp.to_identifier(part))
        return node

    return exp.Lambda(this=found.this.copy().transform(substitute), expressions=[entry])


def _cardinality(call: Call) -> exp.Expr:
    (items,) = call.args
    if kind_of(items) == MAP:
        return function("cardinality", items, kind=INTEGER)
    if kind_of(items) == LIST:
        return function("len", items, kind=INTEGER)
    return function("trino_cardinality", items, kind=INTEGER)


def _contains(call: Call) -> exp.Expr:
    items, wanted = call.args
    if kind_of(items) == "text" or kind_of(wanted) == "ip":
        return function("trino_ip_in", items, wanted, kind=TRUTH)
    return function("trino_contains", items, wanted, kind=TRUTH)


def _lambda(found: exp.Expr, n_names: int) -> exp.Lambda:
    if not isinstance(found, exp.Lambda) or len(found.expressions) != n_names:
        raise ValueError
    return found


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    "filter": _filter,
    "transform": _transform,
    "reduce": _reduce,
    "any_match": _any,
    "all_match": _all,
    "none_match": _none,
    "slice": _slice,
    "array_join": _join,
    "array_sort": _sort,
    "sequence": _sequence,
    "repeat": _repeat,
    "map": _map,
    "map_filter": _map_filter,
    "transform_values": _transform_values,
    "transform_keys": _transform_keys,
    "cardinality": _cardinality,
    "contains": _contains,
}

LIST_FUNCTIONS = frozenset(_FORMS)
