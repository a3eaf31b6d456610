"""Name the columns of the answer as Athena does."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context


def name_columns(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give what SELECT lists a name: its alias, a column's or field's own, else _col and its place.

    All in lower case, as Athena has them. Queries that are compared with, or only asked whether
    they have rows, show nobody their names.
    """
    del context
    for query in list(tree.find_all(exp.Select)):
        if isinstance(query.parent, exp.In | exp.Exists):
            continue
        for number, item in enumerate(query.expressions):
            if not item.is_star:
                _name(item, number)
    return tree


def _name(item: exp.Expr, number: int) -> None:
    if isinstance(item, exp.Alias):
        alias = item.args["alias"]
        alias.set("this", alias.name.lower())
        return
    own = item.name if isinstance(item, exp.Dot | exp.Column) else ""
    item.replace(exp.alias_(item.copy(), own.lower() or f"_col{number}", quoted=True))
