"""Carry conditions on the rows of a query into that query, onto the columns it reads.

`select … from (select event_time, … from t) where event_time > x` asks of `t` what it asks of
the inner query, as long as that hands its rows on one by one: no window, no limit, no sample.
Only columns and casts of columns are followed. They are null where what they read is null, so a
condition that an outer join's made-up row meets is judged alike at both ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.ask.condition import NOW_WORDS
from pipeline.ask.tree import Tree, function_name, nodes

_HARMLESS = frozenset({"ORDER_MODIFIER", "DISTINCT_MODIFIER"})
_UNKNOWN: Tree = {"class": "UNKNOWN", "type": "UNKNOWN"}
"""Stands in a condition for what cannot be carried along; nothing is concluded from it."""


@dataclass(frozen=True, slots=True)
class Outer:
    """How a query is named where conditions on its rows are written.

    Attributes:
        alias: what its columns may be qualified with, in lower case.
        is_loose: its columns need no qualification.
        has_now: a bare `current_date` can only be the function.
    """

    alias: str
    is_loose: bool
    has_now: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a SELECT are, where that is a column or a cast of one.

    Attributes:
        known: the columns by name in lower case; None: something else.
        star: the table whose columns all pass under their own names; empty: the only one there
            is; None: no star, or one too many to tell.
    """

    known: Mapping[str, Tree | None]
    star: str | None

    def read(self, name: str) -> Tree | None:
        """Return what a column of the result reads; None: not known."""
        if name in self.known:
            return self.known[name]
        if self.star is None:
            return None
        names = [self.star, name] if self.star else [name]
        return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": names}


def columns_of(select: Tree) -> Columns | None:
    """Return the columns of a SELECT; None where a row of it rests on other rows."""
    if not _is_row_by_row(select):
        return None
    known: dict[str, Tree | None] = {}
    stars: list[str | None] = []
    for item in select["select_list"]:
        if item.get("class") == "STAR":
            stars.append(_star(item, select["from_table"]))
            known |= dict.fromkeys(_changed(item))
        elif _makes_columns(item):
            stars.append(None)
        elif name := _name(item):
            known.setdefault(name, None if stars else _followed(item))
    return Columns(known, stars[0] if len(stars) == 1 else None)


def by_place(first: Tree, other: Tree) -> Columns | None:
    """Return the columns of a later part of a UNION under the names of the first."""
    names, items = first["select_list"], other["select_list"]
    is_plain = all(item.get("class") != "STAR" for item in [*names, *items])
    if not is_plain or len(names) != len(items) or not _is_row_by_row(other):
        return None
    pairs = zip(map(_name, names), map(_followed, items), strict=True)
    known: dict[str, Tree | None] = {}
    for name, item in pairs:
        if name:
            known.setdefault(name, item)
    return Columns(known, None)


def is_handed_on(query: Tree) -> bool:
    """Tell whether a query's modifiers keep or drop each row for itself: no limit."""
    return all(
        part["type"] in _HARMLESS and not part.get("distinct_on_targets")
        for part in query.get("modifiers") or ()
    )


def push(condition: Any, outer: Outer, columns: Columns) -> Any:
    """Return a condition on a query's rows as one on what the query reads."""
    if isinstance(condition, list):
        return [push(item, outer, columns) for item in condition]
    if not isinstance(condition, dict):
        return condition
    if condition.get("class") == "COLUMN_REF":
        return _column(condition, outer, columns)
    if condition.get("class") == "SUBQUERY":
        return _UNKNOWN
    return {key: push(value, outer, columns) for key, value in condition.items()}


def _column(node: Tree, outer: Outer, columns: Columns) -> Tree:
    *owner, name = (part.lower() for part in node["column_names"])
    if not owner and name in NOW_WORDS:
        return node if outer.has_now else _UNKNOWN
    if owner != [outer.alias] and (owner or not outer.is_loose):
        return _UNKNOWN
    return columns.read(name) or _UNKNOWN


def _is_row_by_row(select: Tree) -> bool:
    """Tell whether each row of a SELECT, or each group, comes of its own rows alone.

    What stands outside the aggregates of a grouped SELECT is a key of the group.
    """
    if select.get("type") != "SELECT_NODE" or select.get("qualify") or select.get("sample"):
        return False
    inside = nodes([select["select_list"], select.get("having")])
    return is_handed_on(select) and all(node.get("class") != "WINDOW" for node in inside)


def _star(item: Tree, source: Tree) -> str | None:
    """Return the table a star is of; None where it is of several, or not known by name."""
    if item.get("columns") or item.get("expr") or item.get("unpacked") or item.get("rename_list"):
        return None
    if named := item.get("relation_name"):
        return str(named).lower()
    return None if source["type"] == "JOIN" else ""


def _makes_columns(item: Tree) -> bool:
    """Tell whether an expression may become several columns, of names that are not seen here."""
    return any(
        part.get("class") == "STAR" or function_name(part) == "unnest" for part in nodes(item)
    )


def _changed(item: Tree) -> list[str]:
    """Return the columns that a star leaves out or replaces."""
    left_out = [_last(name) for name in item.get("exclude_list") or ()]
    left_out += [_last(name) for name in item.get("qualified_exclude_list") or ()]
    return left_out + [str(entry["key"]).lower() for entry in item.get("replace_list") or ()]


def _last(name: Any) -> str:
    """Return the column of a name that may be qualified."""
    if isinstance(name, dict):
        name = name.get("column") or name.get("name") or ""
    return str(name).lower()


def _name(item: Tree) -> str:
    if item.get("alias"):
        return str(item["alias"]).lower()
    return str(item["column_names"][-1]).lower() if item.get("class") == "COLUMN_REF" else ""


def _followed(item: Tree) -> Tree | None:
    inner = item
    while inner.get("class") == "CAST":
        inner = inner["child"]
    return {**item, "alias": ""} if inner.get("class") == "COLUMN_REF" else None
