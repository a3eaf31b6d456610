"""Types of expressions, which decide what an operator or a cast means."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from pipeline.ask.dialect.context import Context


def annotate(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give every expression whose type can be known its type, by the columns of our table."""
    schema: dict[str, object] = {context.dialect.table: dict(context.types)}
    return annotate_types(tree, schema=schema, dialect="athena")
