"""Queries of Athena's table asked of CloudTrail Lake's, and the reverse: text and maps mixed up."""

from __future__ import annotations

import re

from sqlglot import exp

from pipeline.ask.dialect.call import function, text
from pipeline.ask.dialect.context import Context, Dialect

_JSON_READERS = frozenset({"json_extract_scalar", "json_extract"})
_FIRST_KEY = re.compile(r"\$\.\"?(\w+)\"?(?P<rest>[.\[].*)?$")


def mend_crossed(tree: exp.Expr, context: Context) -> exp.Expr:
    """Read JSON text like a map and a map like JSON text, where a query takes one for the other.

    Raises:
        QueryError: it does, and the translation is not lenient.
    """
    for node in list(tree.find_all(exp.Bracket, exp.Anonymous)):
        made = _mend(node, context)
        if made is not None:
            node.replace(made)
    return tree


def _mend(node: exp.Expr, context: Context) -> exp.Expr | None:
    given = [node.this, *node.expressions] if isinstance(node, exp.Bracket) else node.expressions
    called = "" if isinstance(node, exp.Bracket) else str(node.this).lower()
    column = given[0] if given else None
    if not isinstance(column, exp.Column) or "facts" not in column.meta:
        return None
    if len(given) == 1:
        return _mend_time(column, called, context)
    key = given[1]
    if not isinstance(key, exp.Literal) or not key.is_string:
        return None
    if column.is_type("varchar", "text") and called in ("", "element_at"):
        context.mend(
            f"{column.name} is JSON text and no map",
            f"read as json_extract_scalar({column.name}, '$.{key.name}')",
            column,
        )
        return function("json_extract_scalar", column.copy(), text(f'$."{key.name}"'))
    if column.is_type("map") and called in _JSON_READERS:
        return _entry(column, called, key, context)
    return None


def _entry(column: exp.Column, called: str, key: exp.Literal, context: Context) -> exp.Expr | None:
    """Return the entry of a map that a JSON path leads to, or what the path reads within it."""
    found = _FIRST_KEY.match(key.name)
    if not found:
        return None
    context.mend(
        f"{column.name} is a map and no JSON text",
        f"read as element_at({column.name}, '{found[1]}')",
        column,
    )
    entry = function("element_at", column.copy(), text(found[1]))
    return function(called, entry, text("$" + found["rest"])) if found["rest"] else entry


def _mend_time(column: exp.Column, called: str, context: Context) -> exp.Expr | None:
    if context.dialect is not Dialect.LAKE or called != "from_iso8601_timestamp":
        return None
    context.mend(f"{column.name} is a time already", "taken as it is", column)
    return column.copy()
