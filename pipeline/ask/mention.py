"""Tell which names in a statement can only be of tables: those it does not define itself."""

from __future__ import annotations

import re
from typing import Any

from pipeline.ask.tree import Tree, function_name, nodes
from pipeline.lake.schema import TABLES

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LISTING = frozenset({"query", "query_table", "duckdb_views", "duckdb_tables", "duckdb_columns"})
_SCHEMAS = frozenset({"information_schema", "pg_catalog"})


def names(tree: Tree) -> set[str]:
    """Return the names of tables that a statement reads, in lower case, but the lake's own."""
    return {name for name in tables(tree) - TABLES.keys() if _NAME.fullmatch(name)}


def tables(tree: Tree) -> set[str]:
    """Return the names of all tables that a statement reads, in lower case."""
    found: set[str] = set()
    _collect(tree, frozenset(), found)
    return found


def reads_any(tree: Tree) -> bool:
    """Tell whether a statement may read tables that it does not name."""
    return any(
        node.get("show_type") == "SHOW_SPECIAL"
        or node.get("schema_name") in _SCHEMAS
        or function_name(node) in _LISTING
        for node in nodes(tree)
    )


def _collect(tree: Any, bound: frozenset[str], found: set[str]) -> None:
    """Find names of tables where no common table expression of that name is in sight."""
    if isinstance(tree, list):
        for item in tree:
            _collect(item, bound, found)
    if not isinstance(tree, dict):
        return
    for entry in (tree.get("cte_map") or {}).get("map") or ():
        _collect(entry["value"], bound, found)
        bound |= {str(entry["key"]).lower()}
    if tree.get("type") == "RECURSIVE_CTE_NODE":
        bound |= {str(tree["cte_name"]).lower()}
    if tree.get("type") in ("BASE_TABLE", "SHOW_REF"):
        name = str(tree.get("table_name") or "").strip('"').lower()
        if name not in bound or tree.get("schema_name"):
            found.add(name)
    for key in tree.keys() - {"cte_map"}:
        _collect(tree[key], bound, found)
