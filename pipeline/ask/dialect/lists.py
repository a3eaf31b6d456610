"""Lists and maps, and the functions that take a function."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.addresses import contains_address
from pipeline.ask.dialect.call import Call, cast, function, number
from pipeline.ask.dialect.kinds import (
    DATE,
    INTEGER,
    LIST,
    MAP,
    TIME,
    TRUTH,
    ZONED,
    kind_of,
    set_kind,
)


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
    if len(call.args) > 1:
        raise call.refuse("with a function that compares is not supported here")
    (items,) = call.args
    return function(
        "list_sort", items, exp.Literal.string("asc"), exp.Literal.string("nulls last"), kind=LIST
    )


def _sequence(call: Call) -> exp.Expr:
    if kind_of(call.args[0]) == DATE:
        step = call.args[2] if len(call.args) > 2 else function("to_days", number(1))
        days = function("generate_series", *call.args[:2], step)
        return set_kind(cast(days, "date[]"), LIST)
    if kind_of(call.args[0]) in (TIME, ZONED):
        return function("generate_series", *call.args, kind=LIST)
    return _sequence_of_numbers(call)


def _sequence_of_numbers(call: Call) -> exp.Expr:
    """Count up or down; without a step by one, whichever way the end is."""
    first, last, *step = call.args
    name = "trino_sequence_by" if step else "trino_sequence"
    return function(name, first, last, *step, kind=LIST)


def _zip_with(call: Call) -> exp.Expr:
    """Combine two lists side by side; where one is shorter, its items are null."""
    first, second, combine = call.args
    body = _lambda(combine, 2)
    pair = exp.to_identifier("pair_")
    names = {name.name: place for place, name in enumerate(body.expressions, 1)}

    def substitute(node: exp.Expr) -> exp.Expr:
        if _is_bare(node) and node.name in names:
            return function("struct_extract_at", pair.copy(), number(names[node.name]))
        return node

    made = exp.Lambda(this=body.this.copy().transform(substitute), expressions=[pair])
    return function("list_transform", function("list_zip", first, second), made, kind=LIST)


def _map_zip_with(call: Call) -> exp.Expr:
    """Combine two maps key by key; where one has not the key, its value is null."""
    first, second, combine = call.args
    body = _lambda(combine, 3)
    key, *values = (name.name for name in body.expressions)
    item = exp.to_identifier("key_")
    maps = dict(zip(values, (first, second), strict=True))

    def substitute(node: exp.Expr) -> exp.Expr:
        if not _is_bare(node):
            return node
        if node.name == key:
            return item.copy()
        if node.name in maps:
            return function("trino_element_at", maps[node.name].copy(), item.copy())
        return node

    pair = function("row", item.copy(), body.this.copy().transform(substitute))
    keys = function(
        "trino_array_distinct",
        function("list_concat", function("map_keys", first), function("map_keys", second)),
    )
    pairs = function("list_transform", keys, exp.Lambda(this=pair, expressions=[item]))
    return function("map_from_entries", pairs, kind=MAP)


def _is_bare(node: exp.Expr) -> bool:
    """Tell whether a node is a name of a lambda's, standing for its value."""
    is_field = isinstance(node.parent, exp.Dot) and node.arg_key == "expression"
    is_name = isinstance(node, exp.Identifier) and not isinstance(node.parent, exp.Column)
    return is_name and not is_field


def _element_at(call: Call) -> exp.Expr:
    """Read an item of a list, from the end too, or of a map; null where there is none."""
    items, place = call.args
    is_list = kind_of(items) == LIST
    is_zero = isinstance(place, exp.Literal) and place.name == "0"
    if is_list and (is_zero or not isinstance(place, exp.Literal | exp.Neg)):
        return item_type(function("trino_list_element", items, place), items)
    return item_type(function("trino_element_at", items, place), items)


def item_type(made: exp.Expr, items: exp.Expr) -> exp.Expr:
    """Note the type of an item, where that of the list or map is known."""
    kind = items.type
    if kind is not None and kind.expressions:
        inner = kind.expressions[-1]
        if isinstance(inner, exp.DataType):
            made.type = inner.copy()
    return made


def _position(call: Call) -> exp.Expr:
    items, wanted, *nth = call.args
    name = "trino_array_position_nth" if nth else "trino_array_position"
    return function(name, items, wanted, *nth, kind=INTEGER)


def _trim(call: Call) -> exp.Expr:
    items, size = call.args
    return function("trino_trim_array", items, size, kind=LIST)


def _multimap(call: Call) -> exp.Expr:
    (pairs,) = call.args
    return function("trino_all_entries", pairs, kind=MAP)


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
        if _is_bare(node) and node.name in (key, value):
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
        return contains_address(call)
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
    "zip_with": _zip_with,
    "map_zip_with": _map_zip_with,
    "element_at": _element_at,
    "array_position": _position,
    "trim_array": _trim,
    "multimap_from_entries": _multimap,
    "map": _map,
    "map_filter": _map_filter,
    "transform_values": _transform_values,
    "transform_keys": _transform_keys,
    "cardinality": _cardinality,
    "contains": _contains,
}

LIST_FUNCTIONS = frozenset(_FORMS)
