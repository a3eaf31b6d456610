"""The rewrites that make a query of Athena's or CloudTrail Lake's one of DuckDB, in their order.

A rewrite is a function `(tree, context) -> tree`: it changes the tree in place, or returns the one
that takes its place. Write one for one theme, in a module of that theme, name it after what it
does, and put it into the tuple; `context.note(…)` says what a reader of the answer must know, and
`raise context.refuse(…)` what cannot be run, both with the part of the tree they are about.

What the rewrites of functions, operators and casts can rely on, since they come last: every column
of a known source is qualified with its source's alias (`exp.Column` with `table`), struct fields
are `exp.Dot`s on it, partition columns and `"$path"` are gone, and whatever type can be known is in
`node.type` (`context.types` has those of our table; JSON columns are varchar for Athena, maps for
Lake). A tree built anew has no type: call `annotate` again where a later rewrite needs it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.annotation import annotate
from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.crossed import mend_crossed
from pipeline.ask.dialect.functions import translate_functions
from pipeline.ask.dialect.lake import read_facts
from pipeline.ask.dialect.lenient import mend_comparisons
from pipeline.ask.dialect.naming import name_columns, name_sources
from pipeline.ask.dialect.placeholders import fill
from pipeline.ask.dialect.resolve import resolve
from pipeline.ask.dialect.unnest import expand_unnests

Rewrite = Callable[[exp.Expr, Context], exp.Expr]
"""Changes a tree and returns it, or the one that takes its place."""

REWRITES: tuple[Rewrite, ...] = (
    fill,
    name_columns,
    name_sources,
    resolve,
    annotate,
    mend_crossed,
    translate_functions,
    mend_comparisons,
    expand_unnests,
    read_facts,
)
"""Names first, while items are as they were written; functions last, when types are known."""
