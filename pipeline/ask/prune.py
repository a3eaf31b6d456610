"""Which files a query can need, judged by what it asks of their smallest and largest times.

The conditions come from DuckDB's own parse tree and go back to DuckDB as a filter over a table
of files, evaluated in the transaction of the query: every literal, cast, parameter and `now()`
means there exactly what it means in the query. A file is left out only when no row of it can
pass; a table that is mentioned twice gets the union of what the mentions need.

A common table expression or a view is read where it is mentioned, each time with the conditions
of that mention, as far as they can be carried into it (`push.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.ask.condition import NOW_WORDS, ColumnKind, Mention, weaken
from pipeline.ask.push import Columns, Outer, by_place, columns_of, is_handed_on, push
from pipeline.ask.tree import Tree, function_name, join, nodes

_KEEPING = frozenset({"REGULAR", "CROSS", "NATURAL"})
"""Joins that say the same of the rows that stay, whatever rows are left out."""

_DYNAMIC = frozenset({"query", "query_table"})
"""Table functions that read a table named by a text."""

_MOST_MENTIONS = 2_000
"""Mentions that are looked at; those of nested expressions multiply. Beyond, all is read."""


@dataclass(slots=True)
class Reading:
    """How a statement reads one table.

    Attributes:
        columns: the columns to prune by.
        filters: one for each mention of the table; None: that mention needs every file.
    """

    columns: Mapping[str, ColumnKind]
    filters: list[Tree | None] = field(default_factory=list)

    @property
    def condition(self) -> Tree | None:
        """The condition on files that covers all mentions; None: every file is needed."""
        known = [f for f in self.filters if f is not None]
        return join("OR", known) if known and len(known) == len(self.filters) else None


@dataclass(frozen=True, slots=True)
class _Definition:
    """A common table expression or a view: its query, and what that sees.

    Attributes:
        query: None: it is the recursive one that we are in.
    """

    query: Tree | None
    scope: _Scope
    is_renamed: bool = False


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where in a statement we are.

    Attributes:
        named: the common table expressions in sight, by name in lower case.
        has_now: a bare `current_date` can only be the function: no other row is in sight.
    """

    named: Mapping[str, _Definition]
    has_now: bool

    def without_now(self) -> _Scope:
        return _Scope(self.named, has_now=False)

    def knowing(self, name: str, definition: _Definition) -> _Scope:
        return _Scope({**self.named, name: definition}, self.has_now)


@dataclass(frozen=True, slots=True)
class _From:
    """A FROM clause on the way down to its tables."""

    whole: Tree
    scope: _Scope

    def outer(self, node: Tree, alias: str) -> Outer:
        """Return how one of its tables is named in the conditions beside it."""
        return Outer(
            alias=(node.get("alias") or alias).lower(),
            is_loose=not any(n.get("join_type") in {"SEMI", "ANTI"} for n in nodes(self.whole)),
            has_now=self.scope.has_now and self.whole is node,
        )


class _TooMany(Exception):
    """There are more mentions than are looked at."""


def read_tables(
    tree: Tree,
    tables: Mapping[str, Mapping[str, ColumnKind]],
    views: Mapping[str, Tree] | None = None,
) -> dict[str, Reading]:
    """Return how a statement reads each of these tables; one it does not mention is missing.

    Args:
        tree: the parse tree of one statement.
        tables: the tables by name, with the columns to prune by.
        views: the parse trees of the views it may mention, by name.
    """
    whole = {name: Reading(columns, [None]) for name, columns in tables.items()}
    everything = list(nodes([tree, *(views or {}).values()]))
    for node in everything:
        if node.get("type") == "TABLE_FUNCTION" and function_name(node["function"]) in _DYNAMIC:
            return whole
    renamed = any(str(node.get("alias", "")).lower() in NOW_WORDS for node in everything)
    scope = _Scope({}, has_now=not renamed)
    walk = _Walk(tables, {name: _query(view) for name, view in (views or {}).items()}, scope)
    try:
        walk.anything(tree, scope)
    except _TooMany:
        return whole
    return {name: reading for name, reading in walk.readings.items() if reading.filters}


class _Walk:
    """Finds every mention of the tables, each with the conditions its rows must meet."""

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, ColumnKind]],
        views: Mapping[str, Tree],
        outermost: _Scope,
    ) -> None:
        self.readings = {name: Reading(columns) for name, columns in tables.items()}
        self._views = {name: _Definition(query, outermost) for name, query in views.items()}
        self._n_mentions = 0

    def anything(self, tree: Any, scope: _Scope) -> None:
        """Look into a part of a statement that conditions are not followed into."""
        if isinstance(tree, list):
            for item in tree:
                self.anything(item, scope)
        if not isinstance(tree, dict):
            return
        if tree.get("class") == "SUBQUERY":
            scope = scope.without_now()
        if "cte_map" in tree:
            self._query(tree, [], scope)
        elif tree.get("type") == "BASE_TABLE":
            self._mention(tree, [], _From(tree, scope))
        else:
            for value in tree.values():
                self.anything(value, scope)

    def _query(self, query: Tree, given: list[Tree], scope: _Scope) -> None:
        """Look into a query; the conditions are on the columns that it reads."""
        for entry in (query.get("cte_map") or {}).get("map") or ():
            value = entry["value"]
            definition = _Definition(value["query_node"], scope, bool(value.get("aliases")))
            scope = scope.knowing(entry["key"].lower(), definition)
        done = {"cte_map"}
        if query.get("type") == "RECURSIVE_CTE_NODE":
            scope = scope.knowing(query["cte_name"].lower(), _Definition(None, scope))
        elif query.get("type") == "SELECT_NODE":
            where = query.get("where_clause")
            own = [where] if where else []
            clause = _From(query["from_table"], scope)
            self._from(query["from_table"], [] if query.get("sample") else own + given, clause)
            done.add("from_table")
        for key in query.keys() - done:
            self.anything(query[key], scope)

    def _inner(self, query: Tree, given: list[Tree], outer: Outer, scope: _Scope) -> None:
        """Look into a query whose rows must meet conditions, and carry those into it."""
        parts = query.get("children") or []
        if query["type"] == "SET_OPERATION_NODE" and query.get("setop_type") == "UNION":
            is_plain = parts and is_handed_on(query) and not (query.get("cte_map") or {}).get("map")
            if is_plain and all(part["type"] == "SELECT_NODE" for part in parts):
                for number, part in enumerate(parts):
                    columns = by_place(parts[0], part) if number else columns_of(part)
                    self._query(part, _pushed(given, outer, columns), scope)
                return
        columns = columns_of(query) if query["type"] == "SELECT_NODE" else None
        self._query(query, _pushed(given, outer, columns), scope)

    def _from(self, node: Tree, given: list[Tree], clause: _From) -> None:
        """Follow joins down to the tables, with the conditions that each one's rows must meet."""
        if node["type"] == "BASE_TABLE":
            self._mention(node, given, clause)
        elif node["type"] == "SUBQUERY":
            scope = clause.scope if node is clause.whole else clause.scope.without_now()
            is_plain = not (node.get("sample") or node.get("column_name_alias"))
            outer = clause.outer(node, "")
            self._inner(node["subquery"]["node"], given if is_plain else [], outer, scope)
        elif node["type"] == "JOIN":
            self._join(node, given, clause)
        else:
            scope = clause.scope if node is clause.whole else clause.scope.without_now()
            self.anything(node, scope)

    def _join(self, node: Tree, given: list[Tree], clause: _From) -> None:
        keeps = node["ref_type"] in _KEEPING and not node.get("ranking_expression")
        given = given if keeps else []
        on = [node["condition"]] if keeps and node.get("condition") else []
        kind = node["join_type"]
        self._from(node["left"], given + (on if kind in {"INNER", "RIGHT", "SEMI"} else []), clause)
        right_on = on if kind in {"INNER", "LEFT", "SEMI", "ANTI"} else []
        self._from(node["right"], given + right_on, clause)
        self.anything(node.get("condition"), clause.scope.without_now())

    def _mention(self, node: Tree, given: list[Tree], clause: _From) -> None:
        """Take note of a table; of what a name stands for, look into that."""
        self._n_mentions += 1
        if self._n_mentions > _MOST_MENTIONS:
            raise _TooMany
        name = node["table_name"].lower()
        if node.get("sample") or node.get("column_name_alias") or node.get("at_clause"):
            given = []
        outer = clause.outer(node, name)
        definition = None if node.get("schema_name") else clause.scope.named.get(name)
        if definition is None and name in self.readings:
            reading = self.readings[name]
            mention = Mention(outer.alias, reading.columns, outer.is_loose, outer.has_now)
            known = [part for c in given if (part := weaken(c, mention)) is not None]
            reading.filters.append(join("AND", known) if known else None)
            return
        definition = definition or self._views.get(name)
        if definition and definition.query:
            given = [] if definition.is_renamed else given
            self._inner(definition.query, given, outer, definition.scope)


def _pushed(given: list[Tree], outer: Outer, columns: Columns | None) -> list[Tree]:
    return [push(condition, outer, columns) for condition in given] if columns else []


def _query(view: Tree) -> Tree:
    """Return the query of a statement's tree."""
    query: Tree = view["statements"][0]["node"]
    return query
