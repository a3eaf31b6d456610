"""Types of expressions, which decide what an operator or a cast means."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from pipeline.ask.dialect.context import Context


def annotate(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give every expression whose type can be known its type, by the columns of our table."""
    schema: dict[str, object] = {context.dialect.table: dict(context.types)}
    tree = annotate_types(tree, schema=schema, dialect="athena")
    for column in tree.find_all(exp.Column):
        if "facts" in column.meta and (column.type is None or column.is_type("unknown")):
            _annotate(column, context.types[column.name.lower()])
    return tree


def _annotate(column: exp.Expr, kind: exp.DataType) -> None:
    """Give a column its type, and the fields read of it theirs."""
    column.type = kind
    above = column.parent
    if not isinstance(above, exp.Dot) or above.this is not column:
        return
    for field in kind.expressions:
        inner = field.args.get("kind") if isinstance(field, exp.ColumnDef) else None
        if inner and field.name.lower() == above.name.lower():
            _annotate(above, inner)
