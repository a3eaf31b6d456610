"""Name the columns of the answer as Athena does."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context


def name_columns(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give what SELECT lists a name: a column's own, a field's own, else _col and its place."""
    del context
    for query in list(tree.find_all(exp.Select)):
        if isinstance(query.parent, exp.In | exp.Exists):
            continue
        for number, item in enumerate(query.expressions):
            if not _is_named(item):
                item.replace(exp.alias_(item.copy(), _name(item) or f"_col{number}", quoted=True))
    return tree


def _is_named(item: exp.Expr) -> bool:
    is_star = isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star)
    return isinstance(item, exp.Alias | exp.Aliases) or is_star or item.is_star


def _name(item: exp.Expr) -> str:
    if isinstance(item, exp.Dot):
        return item.name
    return item.name if isinstance(item, exp.Column) else ""
