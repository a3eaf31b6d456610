"""Operators: division of whole numbers, days and intervals, subscripts, addresses, zones."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.addresses import order_addresses
from pipeline.ask.dialect.call import cast, function, number
from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.kinds import (
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    IP,
    LIST,
    MAP,
    TEXT,
    TIME,
    UNKNOWN,
    ZONED,
    kind_of,
    set_kind,
)
from pipeline.ask.dialect.lists import item_type
from pipeline.ask.dialect.numbers import is_double, places, to_places
from pipeline.ask.dialect.time import in_zone, instant

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_ITEMS = frozenset({"trino_list_subscript", "trino_element_at", "trino_list_element"})
_OF_ROWS = frozenset({"map_entries", "list_zip"})
_SHORT = frozenset({"HOUR", "MINUTE", "SECOND"})


def translate_operator(node: exp.Expr, context: Context) -> exp.Expr:
    """Return an operator's expression in DuckDB's terms; the node itself where it is the same."""
    del context
    if isinstance(node, exp.Div):
        return _divide(node)
    if isinstance(node, exp.Add | exp.Sub):
        return _of_days(node)
    if isinstance(node, exp.Bracket):
        return _subscript(node)
    if isinstance(node, exp.Ordered) and kind_of(node.this) == IP:
        return order_addresses(node)
    if isinstance(node, exp.DPipe):
        return _joined(node)
    if isinstance(node, exp.AtTimeZone):
        return in_zone(node.this, node.args["zone"])
    if isinstance(node, _COMPARED):
        return _compare(node)
    return node


def _divide(node: exp.Div) -> exp.Expr:
    """Divide: two whole numbers give a whole one, cut off toward zero."""
    kinds = kind_of(node.this), kind_of(node.expression)
    if kinds == (INTEGER, INTEGER):
        made = exp.IntDiv(this=node.this, expression=node.expression)
        return set_kind(made, INTEGER)
    sizes = [places(node.this), places(node.expression)]
    known = [size for size in sizes if size is not None]
    node.set("typed", False)
    node.set("safe", False)
    if len(known) == len(sizes):
        return to_places(function("trino_divide", node.this, node.expression), max(known))
    if is_double(node.this) or is_double(node.expression):
        return node
    return set_kind(function("trino_divide", node.this, node.expression), _quotient(kinds))


def _quotient(kinds: tuple[str, str]) -> str:
    return DOUBLE if DOUBLE in kinds else UNKNOWN


def _of_days(node: exp.Expr) -> exp.Expr:
    """Keep a day a day where whole days are added; two days apart are an interval."""
    if isinstance(node, exp.Sub) and kind_of(node.expression) in (TIME, ZONED):
        node.set("this", instant(node.this))
        node.set("expression", instant(node.expression))
    left, right = kind_of(node.this), kind_of(node.expression)
    if isinstance(node, exp.Sub) and left == right == DATE:
        days = cast(exp.paren(node.copy()), "integer")
        return function("to_days", days, kind=INTERVAL)
    interval = node.expression if right == INTERVAL else node.this
    is_days = isinstance(interval, exp.Interval) and str(interval.unit).upper() not in _SHORT
    if DATE in (left, right) and INTERVAL in (left, right) and is_days:
        return set_kind(cast(exp.paren(node.copy()), "date"), DATE)
    return node


def _subscript(node: exp.Bracket) -> exp.Expr:
    """Read one item: of a list by its place, of a map by its key, of a row by its place."""
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        return node
    (place,) = node.expressions
    kind = kind_of(node.this)
    if kind == MAP or kind_of(place) == TEXT:
        return item_type(function("trino_map_subscript", node.this, place), node.this)
    if _is_row(node.this):
        return function("struct_extract_at", node.this, place)
    if kind == LIST or kind_of(place) == INTEGER:
        return item_type(function("trino_list_subscript", node.this, place), node.this)
    node.set("expressions", [exp.Sub(this=place, expression=number(1))])
    return node


def _is_row(node: exp.Expr) -> bool:
    """Tell whether an expression gives a row, as its type says or the function that made it."""
    if node.type is not None and node.type.this == exp.DType.STRUCT:
        return True
    if not isinstance(node, exp.Anonymous):
        return False
    if node.name.lower() == "row":
        return True
    made = node.expressions[0] if node.name.lower() in _ITEMS else None
    return isinstance(made, exp.Anonymous) and made.name.lower() in _OF_ROWS


def _joined(node: exp.DPipe) -> exp.Expr:
    """Join texts or lists; an item goes to the end or the start of a list."""
    kinds = kind_of(node.this), kind_of(node.expression)
    if kinds[0] == LIST and kinds[1] not in (LIST, UNKNOWN):
        return function("list_append", node.this, node.expression, kind=LIST)
    if kinds[1] == LIST and kinds[0] not in (LIST, UNKNOWN):
        return function("list_prepend", node.this, node.expression, kind=LIST)
    return node


def _compare(node: exp.Expr) -> exp.Expr:
    """Compare addresses by number, and times in other zones by the moments that they are."""
    names = [name for name in ("this", "expression", "low", "high") if node.args.get(name)]
    is_same = isinstance(node, exp.EQ | exp.NEQ)  # the same address has the same text
    is_address = not is_same and IP in [kind_of(node.args[name]) for name in names]
    for name in names:
        part = node.args[name]
        node.set(name, function("trino_ip_number", part) if is_address else instant(part))
    return node
