"""Which files a query can need, judged by what it asks of their smallest and largest times.

The conditions come from DuckDB's own parse tree and go back to DuckDB as a filter over a table
of files, evaluated in the transaction of the query: every literal, cast, parameter and `now()`
means there exactly what it means in the query. A file is left out only when no row of it can
pass; a table that is mentioned twice gets the union of what the mentions need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.ask.condition import NOW_WORDS, ColumnKind, Mention, weaken
from pipeline.ask.tree import Tree, function_name, join, nodes

_KEEPING = frozenset({"REGULAR", "CROSS", "NATURAL"})
"""Joins that say the same of the rows that stay, whatever rows are left out."""

_DYNAMIC = frozenset({"query", "query_table"})
"""Table functions that read a table named by a text."""


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
class _Scope:
    """Where in a statement we are.

    Attributes:
        hidden: names that a common table expression has taken.
        has_now: a bare `current_date` can only be the function: no other row is in sight.
    """

    hidden: frozenset[str]
    has_now: bool

    def without_now(self) -> _Scope:
        return _Scope(self.hidden, has_now=False)


@dataclass(frozen=True, slots=True)
class _From:
    """A FROM clause on the way down to its tables."""

    whole: Tree
    scope: _Scope
    readings: Mapping[str, Reading]


def read_tables(tree: Tree, tables: Mapping[str, Mapping[str, ColumnKind]]) -> dict[str, Reading]:
    """Return how a statement reads each of these tables; one it does not mention is missing.

    Args:
        tree: the parse tree of one statement.
        tables: the tables by name, with the columns to prune by.
    """
    readings = {name: Reading(columns) for name, columns in tables.items()}
    everything = list(nodes(tree))
    for node in everything:
        if node.get("type") == "TABLE_FUNCTION" and function_name(node["function"]) in _DYNAMIC:
            return {name: Reading(columns, [None]) for name, columns in tables.items()}
    renamed = any(str(node.get("alias", "")).lower() in NOW_WORDS for node in everything)
    _walk(tree, _Scope(frozenset(), has_now=not renamed), readings)
    return {name: reading for name, reading in readings.items() if reading.filters}


def _walk(tree: Any, scope: _Scope, readings: Mapping[str, Reading]) -> None:
    """Find every mention of the tables, each with the conditions of its own SELECT."""
    if isinstance(tree, list):
        for item in tree:
            _walk(item, scope, readings)
    if not isinstance(tree, dict):
        return
    if tree.get("class") == "SUBQUERY":
        scope = scope.without_now()
    for entry in (tree.get("cte_map") or {}).get("map") or ():
        _walk(entry["value"], scope, readings)
        scope = _Scope(scope.hidden | {entry["key"].lower()}, scope.has_now)
    done = {"cte_map"}
    if tree.get("type") == "SELECT_NODE":
        where = tree.get("where_clause")
        given = [where] if where and not tree.get("sample") else []
        _descend(tree["from_table"], given, _From(tree["from_table"], scope, readings))
        done.add("from_table")
    elif tree.get("type") == "BASE_TABLE":
        _mention(tree, [], _From(tree, scope, readings))
    for key in tree.keys() - done:
        _walk(tree[key], scope, readings)


def _descend(node: Tree, given: list[Tree], clause: _From) -> None:
    """Follow joins down to the tables, with the conditions that each one's rows must meet."""
    if node["type"] == "BASE_TABLE":
        _mention(node, given, clause)
        return
    if node["type"] != "JOIN":
        scope = clause.scope if node is clause.whole else clause.scope.without_now()
        _walk(node, scope, clause.readings)
        return
    keeps = node["ref_type"] in _KEEPING and not node.get("ranking_expression")
    given = given if keeps else []
    on = [node["condition"]] if keeps and node.get("condition") else []
    kind = node["join_type"]
    _descend(node["left"], given + (on if kind in {"INNER", "RIGHT", "SEMI"} else []), clause)
    right_on = on if kind in {"INNER", "LEFT", "SEMI", "ANTI"} else []
    _descend(node["right"], given + right_on, clause)
    _walk(node.get("condition"), clause.scope.without_now(), clause.readings)


def _mention(node: Tree, given: list[Tree], clause: _From) -> None:
    name = node["table_name"].lower()
    is_hidden = name in clause.scope.hidden and not node.get("schema_name")
    if name not in clause.readings or is_hidden:
        return
    reading = clause.readings[name]
    if node.get("sample") or node.get("column_name_alias") or node.get("at_clause"):
        given = []
    mention = Mention(
        alias=(node.get("alias") or name).lower(),
        columns=reading.columns,
        is_loose=not any(n.get("join_type") in {"SEMI", "ANTI"} for n in nodes(clause.whole)),
        has_now=clause.scope.has_now and clause.whole is node,
    )
    known = [part for c in given if (part := weaken(c, mention)) is not None]
    reading.filters.append(join("AND", known) if known else None)
