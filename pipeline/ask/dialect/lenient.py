"""Mistakes that many published queries make: refused as Athena does, or mended and said."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from pipeline.ask.dialect.context import Context, Dialect
from pipeline.ask.dialect.schema import columns

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_TIMES = (
    exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ,
    exp.DType.DATE,
    exp.DType.TIMESTAMPNTZ,
    exp.DType.TIMESTAMPLTZ,
)
_TRUTHS = {True: "true", False: "false"}


def mend_field(
    column: exp.Expr, name: str, fields: list[exp.Identifier], context: Context
) -> exp.Expr | None:
    """Return what a field of a column that has none may have meant; None: it has fields.

    Raises:
        QueryError: it is text or a map, and the translation is not lenient.
    """
    kind = context.types[name]
    path = ".".join(field.name for field in fields)
    if kind.this == exp.DType.STRUCT or kind.this == exp.DType.ARRAY:
        return None
    if kind.this == exp.DType.MAP and len(fields) == 1:
        key = exp.Literal.string(fields[0].name)
        context.mend(
            f"{name} is a map, {name}.{path} no field", f"read as {name}['{path}']", column
        )
        return exp.Anonymous(this="trino_element_at", expressions=[column, key])
    if kind.this == exp.DType.VARCHAR or kind.this == exp.DType.TEXT:
        context.mend(
            f"{name} is JSON text and has no field {path}",
            f"read as json_extract_scalar({name}, '$.{path}')",
            column,
        )
        return exp.JSONExtractScalar(
            this=column, expression=exp.JSONPath(expressions=_path(fields)), scalar_only=True
        )
    return None


def _path(fields: list[exp.Identifier]) -> list[exp.Expr]:
    return [exp.JSONPathRoot(), *(exp.JSONPathKey(this=_true_case(f.name)) for f in fields)]


def _true_case(name: str) -> str:
    return name


def mend_alias(column: exp.Column, scope: Scope, context: Context) -> bool:
    """Put the expression where WHERE, GROUP BY or HAVING name it by its alias in the SELECT."""
    query = scope.expression
    if column.table or not isinstance(query, exp.Select):
        return False
    meant = next(
        (s for s in query.selects if s.alias.lower() == column.name.lower() and s.alias), None
    )
    if meant is None:
        return False
    clause = column.find_ancestor(exp.Where, exp.Group, exp.Having, exp.Order, exp.Select)
    if isinstance(clause, exp.Order) or clause is None:
        return True
    where = {exp.Where: "WHERE", exp.Group: "GROUP BY", exp.Having: "HAVING"}.get(type(clause))
    if where is None:
        return False
    context.mend(
        f"{column.name} is a name given in SELECT, which {where} does not know",
        "the expression is put there",
        column,
    )
    column.replace(exp.paren(meant.unalias().copy()))
    return True


def mend_name(column: exp.Column, context: Context) -> bool:
    """Take a name in double quotes that is no column for a text."""
    if column.table or not column.this.args.get("quoted"):
        return False
    context.mend(
        f'"{column.name}" in double quotes is a column, and there is none of that name',
        f"taken for the text '{column.name}'",
        column,
    )
    column.replace(exp.Literal.string(column.name))
    return True


def mend_comparisons(tree: exp.Expr, context: Context) -> exp.Expr:
    """Mend comparisons of text with a time, a number or a truth value, which Trino refuses."""
    for comparison in list(tree.find_all(*_COMPARED, exp.Between, exp.In)):
        sides = _sides(comparison)
        for side in sides:
            others = [other for other in sides if other is not side]
            if _is_text_column(side):
                _mend_side(side, others, context)
    return tree


def _sides(comparison: exp.Expr) -> list[exp.Expr]:
    if isinstance(comparison, exp.Between):
        return [comparison.this, comparison.args["low"], comparison.args["high"]]
    if isinstance(comparison, exp.In):
        return [comparison.this, *comparison.expressions]
    return [comparison.this, comparison.expression]


def _is_text_column(side: exp.Expr) -> bool:
    kind = side.type.this if side.type else None
    return isinstance(side, exp.Column | exp.Dot) and kind in (exp.DType.VARCHAR, exp.DType.TEXT)


def _mend_side(side: exp.Expr, others: list[exp.Expr], context: Context) -> None:
    name = side.name.lower()
    kinds = {other.type.this for other in others if other.type}
    if kinds & set(_TIMES):
        context.mend(f"{name} is text, and is compared with a time", "compared as a time", side)
        side.replace(_as_time(side, name))
        return
    for other in others:
        if isinstance(other, exp.Boolean):
            text = _TRUTHS[other.this]
            context.mend(f"{name} is text, not true or false", f"compared with '{text}'", side)
            other.replace(exp.Literal.string(text))
        elif isinstance(other, exp.Literal) and not other.is_string:
            context.mend(
                f"{name} is text and {other.this} a number", f"taken for '{other.this}'", side
            )
            other.replace(exp.Literal.string(other.this))


def _as_time(side: exp.Expr, name: str) -> exp.Expr:
    is_facts = name == "eventtime" and isinstance(side, exp.Column)
    if is_facts and name in columns(Dialect.ATHENA):
        return exp.column("event_time", table=side.args["table"].copy())
    return exp.TryCast(this=side.copy(), to=exp.DataType.build("timestamptz"))
