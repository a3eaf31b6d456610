"""Translate a query written for Athena or CloudTrail Lake into DuckDB's SQL."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from pipeline.ask.dialect.broken import check_tokens, explain_failure, straighten
from pipeline.ask.dialect.context import Context, Dialect, Note, place
from pipeline.ask.dialect.grammar import TrinoCalls
from pipeline.ask.dialect.placeholders import stand_in
from pipeline.ask.dialect.rewrites import REWRITES
from pipeline.ask.dialect.schema import columns
from pipeline.errors import QueryError

_READ = TrinoCalls


@dataclass(frozen=True, slots=True)
class Translation:
    """A query in DuckDB's SQL, and what there is to say of it.

    Attributes:
        sql: the query.
        notes: what was resolved or changed, in the order of finding.
        source: the query as it was written.
    """

    sql: str
    notes: tuple[Note, ...]
    source: str = ""


def translate(
    sql: str,
    dialect: Dialect,
    names: Collection[str],
    *,
    lenient: bool = False,
    given: Collection[str] = (),
) -> Translation:
    """Return a query as DuckDB runs it, with the answer that it would give where it is from.

    Args:
        sql: one statement in Athena's SQL (Trino's).
        dialect: where it was written for.
        names: the tables there are.
        lenient: whether to mend common mistakes, saying so, rather than refuse them.
        given: the names of the parameters that come with values.

    Raises:
        QueryError: it does not parse, or names what there is not; with line and column.
    """
    context = Context(dialect, sql, {n.lower() for n in names}, columns(dialect), lenient)
    context.given = {name.lower(): name for name in given}
    tree = _parse(stand_in(straighten(sql, context), context), context)
    for rewrite in REWRITES:
        tree = rewrite(tree, context)
    return Translation(tree.sql(dialect="duckdb", comments=False), tuple(context.notes), sql)


def _parse(text: str, context: Context) -> exp.Expr:
    tokens: list[Token] = []
    try:
        tokens = sqlglot.tokenize(text, read=_READ)
        mended = check_tokens(text, tokens, context)
        if mended is not None:
            text = mended
            tokens = sqlglot.tokenize(text, read=_READ)
        trees = _trees(text)
    except SqlglotError as failed:
        raise explain_failure(failed, tokens, context) from failed
    return _only(trees, context)


def _trees(text: str) -> list[exp.Expr]:
    """Parse all statements of a text, without the warnings that sqlglot would log."""
    log = logging.getLogger("sqlglot")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        found = sqlglot.parse(text, read=_READ)
    finally:
        log.setLevel(level)
    return [tree for tree in found if tree is not None and not isinstance(tree, exp.Semicolon)]


def _only(trees: list[exp.Expr], context: Context) -> exp.Expr:
    """Return the one query of a text."""
    if not trees:
        raise QueryError("there is no SQL statement", "give a query, for example: select 1")
    if len(trees) > 1:
        line, column = place(trees[1], context.source)
        where = f", the second near line {line} column {column}" if line else ""
        raise QueryError(
            f"{len(trees)} SQL statements where one is asked for{where}", "give one at a time"
        )
    (tree,) = trees
    if isinstance(tree, exp.Values):
        return _listed(tree)
    if not isinstance(tree, exp.Query):
        raise QueryError(
            f"only queries are translated, and this is {_kind(tree)}",
            "give the SELECT alone; tables and their columns are listed by: trailhouse models",
        )
    return tree


def _kind(tree: exp.Expr) -> str:
    word = str(tree.this) if isinstance(tree, exp.Command) else type(tree).__name__
    return f"{'an' if word[0] in 'AEIOU' else 'a'} {word.upper()} statement"


def _listed(values: exp.Values) -> exp.Expr:
    """Return `values …` as a SELECT of it."""
    return exp.select("*").from_(values)
