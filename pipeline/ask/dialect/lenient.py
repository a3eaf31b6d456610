"""Mistakes that many published queries make: refused as Athena does, or mended and said."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from pipeline.ask.dialect.call import cast, event_time, function, is_facts_column, text
from pipeline.ask.dialect.context import Context, Dialect
from pipeline.ask.dialect.kinds import DATE, DOUBLE, INTEGER, TEXT, TIME, TRUTH, ZONED, kind_of

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_MOMENTS = frozenset({TIME, ZONED, DATE})
_NUMBERS = frozenset({INTEGER, DOUBLE})
_TRUTHS = {True: "true", False: "false"}


def mend_field(
    column: exp.Column, fields: list[exp.Identifier], context: Context
) -> exp.Expr | None:
    """Return what a field of a column that has none may have meant; None: it has that field.

    Raises:
        QueryError: there is no such field; or the column is text or a map, and the translation
            is not lenient.
    """
    name = column.name.lower()
    kind, path = context.types[name], ".".join(field.name for field in fields)
    if kind.this == exp.DType.STRUCT:
        _check_fields(column, kind, fields, context)
        return None
    if kind.this == exp.DType.MAP:
        return _entry(column, fields, context)
    if kind.this == exp.DType.ARRAY:
        raise context.refuse(
            f"{name} is a list and has no field {path}",
            column,
            f"write {name}[1].{path}, or: cross join unnest({name}) as r(…)",
        )
    if not exp.DataType.is_type(kind, "varchar", "text"):
        return None
    place = "$" + "".join(f'."{field.name}"' for field in fields)
    context.mend(
        f"{name} is JSON text and has no field {path}",
        f"read as json_extract_scalar({name}, '$.{path}')",
        column,
    )
    return function("json_extract_scalar", column, text(place))


def _check_fields(
    column: exp.Column, kind: exp.DataType, fields: list[exp.Identifier], context: Context
) -> None:
    """Refuse a field that a struct does not have."""
    for number, field in enumerate(fields):
        if kind.this == exp.DType.MAP:
            return
        is_struct = kind.this == exp.DType.STRUCT
        known = {p.name.lower(): p.args.get("kind") for p in kind.expressions if is_struct}
        if field.name.lower() not in known:
            owner = ".".join([column.name, *(f.name for f in fields[:number])])
            step = f"it has {', '.join(sorted(known))}" if known else "it is text"
            raise context.refuse(f"{owner} has no field {field.name}", field, step)
        inner = known[field.name.lower()]
        if not isinstance(inner, exp.DataType):
            return
        kind = inner


def _entry(column: exp.Column, fields: list[exp.Identifier], context: Context) -> exp.Expr:
    name, (first, *others) = column.name.lower(), fields
    path = ".".join(field.name for field in fields)
    context.mend(
        f"{name} is a map and has no field {path}",
        f"read as element_at({name}, '{first.name}')",
        column,
    )
    entry = function("element_at", column, text(first.name))
    if not others:
        return entry
    return function(
        "json_extract_scalar", entry, text("$" + "".join(f'."{f.name}"' for f in others))
    )


def mend_alias(column: exp.Column, scope: Scope, context: Context) -> bool:
    """Put the expression where another clause names it by its alias in the SELECT."""
    query = scope.expression
    if column.table or not isinstance(query, exp.Select):
        return False
    name = column.name.lower()
    meant = next((s for s in query.selects if s.alias and s.alias.lower() == name), None)
    where = _clause(column)
    if meant is None or not where or column.find_ancestor(exp.Alias) is meant:
        return False
    context.mend(
        f"{column.name} is a name given in SELECT, which {where} does not know",
        "the expression is put there",
        column,
    )
    put = exp.paren(meant.unalias().copy(), copy=False)
    column.replace(put)
    for inner in list(put.find_all(exp.Column)):
        if not inner.table and inner.name.lower() != name:
            mend_alias(inner, scope, context)
    return True


def _clause(column: exp.Column) -> str:
    """Return the clause that a column stands in; empty: one where aliases cannot be meant."""
    names = {
        exp.Where: "WHERE", exp.Group: "GROUP BY", exp.Having: "HAVING", exp.Order: "ORDER BY",
        exp.Select: "the rest of SELECT",
    }  # fmt: skip
    found = column.find_ancestor(*names, exp.Join)
    return names.get(type(found), "") if found else ""


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
    for comparison in list(tree.find_all(*_COMPARED)):
        for side in _sides(comparison):
            others = [other for other in _sides(comparison) if other is not side]
            if not isinstance(side, exp.Literal | exp.Boolean | exp.Cast) and kind_of(side):
                _mend_side(side, others, context)
        _note_null(comparison, context)
    for condition in list(tree.find_all(exp.Where, exp.Having, exp.And, exp.Or, exp.Not)):
        for part in (condition.this, condition.args.get("expression")):
            if part is not None and kind_of(part) == TEXT:
                _mend_condition(part, context)
    return tree


def _note_null(comparison: exp.Expr, context: Context) -> None:
    """Say that nothing equals null, nor differs from it."""
    if isinstance(comparison, exp.EQ | exp.NEQ) and isinstance(comparison.expression, exp.Null):
        word = "is null" if isinstance(comparison, exp.EQ) else "is not null"
        context.note(f"a comparison with null is never true; write {word}", comparison)


def _mend_condition(part: exp.Expr, context: Context) -> None:
    """Compare a flag that is text with true; refuse another text where a condition belongs."""
    if isinstance(part, exp.Literal):
        raise context.refuse(
            f"'{part.name}' is text where a condition is asked for",
            part.parent,
            "write the whole comparison on both sides of AND and OR",
        )
    if isinstance(part, exp.Column | exp.Dot):
        context.mend(f"{part.name} is text, not true or false", "taken for = 'true'", part)
        part.replace(exp.EQ(this=part.copy(), expression=text("true")))


def _sides(comparison: exp.Expr) -> list[exp.Expr]:
    if isinstance(comparison, exp.Between):
        return [comparison.this, comparison.args["low"], comparison.args["high"]]
    if isinstance(comparison, exp.In):
        return [comparison.this, *comparison.expressions]
    return [comparison.this, comparison.expression]


def _mend_side(side: exp.Expr, others: list[exp.Expr], context: Context) -> None:
    kind, shown = kind_of(side), _shown(side)
    kinds = {kind_of(other) for other in others}
    if kind == TEXT and kinds & _MOMENTS:
        context.mend(f"{shown} is text, and is compared with a time", "compared as a time", side)
        side.replace(_as_time(side))
        return
    for other in others:
        _mend_literal(kind, shown, side, other, context)


def _as_time(side: exp.Expr) -> exp.Expr:
    """Return the time that a text is of: of an event's, what it was made of."""
    if is_facts_column(side, "eventtime"):
        return event_time(side)
    made = side.expressions[0] if isinstance(side, exp.Anonymous) and side.expressions else None
    if isinstance(made, exp.Column) and made.name in ("event_date", "event_time"):
        return made.copy()
    return cast(side.copy(), "timestamptz")


def _mend_literal(kind: str, shown: str, side: exp.Expr, other: exp.Expr, context: Context) -> None:
    """Write a literal as what it is compared with is: text, a number, a truth value, a time."""
    if kind == TEXT and isinstance(other, exp.Boolean):
        word = _TRUTHS[bool(other.this)]
        context.mend(f"{shown} is text, not true or false", f"compared with '{word}'", side)
        other.replace(text(word))
    elif kind == TEXT and kind_of(other) in _NUMBERS:
        context.mend(f"{shown} is text and {other.sql()} a number", "compared as text", side)
        is_literal = isinstance(other, exp.Literal)
        other.replace(text(other.name) if is_literal else cast(other.copy(), "varchar"))
    elif not isinstance(other, exp.Literal) or not other.is_string:
        return
    elif kind in _NUMBERS:
        context.mend(f"{shown} is a number and '{other.name}' text", "taken for a number", side)
        other.replace(cast(other.copy(), "double" if kind == DOUBLE else "bigint"))
    elif kind == TRUTH and other.name.lower() in _TRUTHS.values():
        context.mend(
            f"{shown} is true or false and '{other.name}' text", f"taken for {other.name}", side
        )
        other.replace(exp.Boolean(this=other.name.lower() == "true"))
    elif kind in _MOMENTS and context.dialect is Dialect.ATHENA:
        context.mend(f"{shown} is a time and '{other.name}' text", "taken for a time", side)


def _shown(side: exp.Expr) -> str:
    """Return an expression as the query has it, as far as it is a name; else what kind it is."""
    if isinstance(side, exp.Column | exp.Dot):
        return side.name.lower()
    return str(side.meta.get("written", "what is compared"))
