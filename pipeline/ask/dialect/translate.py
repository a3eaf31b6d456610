"""Translate a query written for Athena or CloudTrail Lake into DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from pipeline.ask.dialect.context import Context, Dialect, Note
from pipeline.ask.dialect.rewrites import REWRITES
from pipeline.ask.dialect.schema import columns
from pipeline.ask.dialect.text import check_tokens, explain_failure, prepare
from pipeline.errors import QueryError

_READ = "athena"


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
    tree = _parse(prepare(context), context)
    for rewrite in REWRITES:
        tree = rewrite(tree, context)
    return Translation(tree.sql(dialect="duckdb", comments=False), tuple(context.notes), sql)


def _parse(text: str, context: Context) -> exp.Expr:
    tokens: list[Token] = []
    try:
        tokens = sqlglot.tokenize(text, read=_READ)
        mended = check_tokens(tokens, context)
        if mended is not None:
            text = mended
            tokens = sqlglot.tokenize(text, read=_READ)
        trees = [tree for tree in sqlglot.parse(text, read=_READ) if tree is not None]
    except SqlglotError as failed:
        raise explain_failure(failed, tokens, context) from failed
    if len(trees) != 1:
        what = (
            f"{len(trees)} SQL statements where one is asked for" if trees else "no SQL statement"
        )
        raise QueryError(what, "give one at a time")
    if not isinstance(trees[0], exp.Query):
        raise QueryError(
            f"only queries are translated, and this is {type(trees[0]).__name__.lower()}",
            "give a SELECT, or leave --dialect out",
        )
    return trees[0]
