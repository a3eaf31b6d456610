"""Name the columns of the answer as Athena does, and what a query derives without a name."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context


def name_columns(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give what SELECT lists a name: its alias, a column's or field's own, else _col and its place.

    Their case is the query's: Athena shows a heading as it was written
    (https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html). Queries that
    are compared with, or only asked whether they have rows, show nobody their names.
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
    if not isinstance(item, exp.Alias):
        own = item.name if isinstance(item, exp.Dot | exp.Column) else ""
        item.replace(exp.alias_(item.copy(), own or f"_col{number}", quoted=True))


def name_sources(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give what stands in FROM without a name one, for its columns to be qualified with."""
    del context
    unnamed = [
        node
        for node in tree.find_all(exp.Subquery, exp.Unnest, exp.Values)
        if isinstance(node.parent, exp.From | exp.Join) and not node.alias
    ]
    for number, node in enumerate(unnamed):
        columns = node.args["alias"].columns if node.args.get("alias") else []
        if isinstance(node, exp.Values) and not columns:
            columns = [exp.to_identifier(f"_col{n}", quoted=True) for n in range(_width(node))]
        name = exp.to_identifier(f"_derived{number}", quoted=True)
        node.set("alias", exp.TableAlias(this=name, columns=columns))
    return tree


def _width(values: exp.Values) -> int:
    first = values.expressions[0]
    return len(first.expressions) if isinstance(first, exp.Tuple) else 1
