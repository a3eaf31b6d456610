"""Say what to do about a query whose table or column there is not."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

import duckdb

from pipeline.ask.mention import tables
from pipeline.ask.tree import Tree
from pipeline.lake.schema import TABLES

_LOOKUP = (duckdb.BinderException, duckdb.CatalogException)
_NO_TABLE = re.compile(r"Table with name \"?(\w+)\"? does not exist")
_NEAREST = 0.6
_LISTED = "listed by: trailhouse models"


def advise(refused: Exception, tree: Tree | None, known: Collection[str]) -> str:
    """Return the next step after a refusal; empty where it is no lookup that failed.

    Args:
        refused: what DuckDB said.
        tree: the query's.
        known: the names of all tables there are.
    """
    told = str(refused)
    if not isinstance(refused, _LOOKUP) or " Function with name" in told:
        return ""
    if missing := _NO_TABLE.search(told):
        return _nearest(missing[1].lower(), known)
    asked = sorted(tables(tree) & set(known)) if tree else []
    if not asked:
        return f"name a table after from; they are {_LISTED}"
    return "columns are listed by: trailhouse sql " + " or ".join(
        f"'describe {name}'" for name in asked
    )


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), 1, _NEAREST)
    if near:
        return f"did you mean {near[0]}? the others are {_LISTED}"
    *others, last = TABLES
    return f"the lake's own tables are {', '.join(others)} and {last}; the others are {_LISTED}"
