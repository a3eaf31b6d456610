"""Resolve names: give every column the source it is of, and turn further dots into fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.scope import Scope, traverse_scope

from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.lenient import mend_alias, mend_field, mend_name
from pipeline.ask.dialect.partitions import Partition, is_partition, substitute
from pipeline.ask.dialect.path import hidden_column
from pipeline.ask.dialect.sources import (
    Kind,
    Source,
    Sources,
    asked_name,
    name_tables,
    quoted,
    refuse_other_logs,
)


@dataclass(slots=True)
class _Resolution:
    """The names of one query on the way.

    Attributes:
        partitions: columns that are partitions in Athena, to be replaced when all are known.
        used: sources that some column is of.
        unknown: columns of no source, in their scopes.
    """

    context: Context
    sources: Sources
    partitions: list[Partition] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    unknown: list[tuple[exp.Column, Scope]] = field(default_factory=list)


def resolve(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give every column the source it is of, and let what stands for our table be our table.

    Raises:
        QueryError: a table or a column that is none of ours, with its place.
    """
    sources = Sources(context)
    resolution = _Resolution(context, sources)
    try:
        scopes = traverse_scope(tree)
    except OptimizeError as wrong:
        raise context.refuse(" ".join(str(wrong).split()).lower(), tree) from wrong
    name_tables(scopes, sources)
    for scope in scopes:
        for column in list(_columns(scope)):
            _resolve_column(column, scope, resolution)
    substitute(resolution.partitions, context)
    for column, scope in resolution.unknown:
        _settle_unknown(column, scope, resolution)
    for scope in scopes:
        for source in sources.of(scope).values():
            if id(source) not in resolution.used:
                refuse_other_logs(source, context)
    return tree


def _columns(scope: Scope) -> Iterator[exp.Column]:
    for column in scope.find_all(exp.Column):
        if not isinstance(column.this, exp.Star):
            yield column


def _parts(column: exp.Column) -> list[exp.Identifier]:
    return [part for part in column.parts if isinstance(part, exp.Identifier)]


def _resolve_column(column: exp.Column, scope: Scope, resolution: _Resolution) -> None:
    if _is_of_the_result(column, scope):
        return
    found = _find(_parts(column), scope, resolution)
    if found is None:
        resolution.unknown.append((column, scope))
        return
    source, (name, *fields) = found
    whole, outer = _with_fields(column)
    fields += outer
    resolution.used.add(id(source))
    owner = quoted(source.alias) if source.alias and not _is_shared(column, scope) else None
    new = exp.Column(this=name.copy(), table=owner)
    if source.kind is Kind.FACTS and name.name.lower() not in (source.names or ()):
        _replace_unlisted(whole, new, fields, source, resolution)
        return
    is_ours = source.kind is Kind.FACTS and name.name.lower() in resolution.context.types
    if is_ours:
        new.meta["facts"] = True  # what functions of an event's time go by
    mended = mend_field(new, fields, resolution.context) if is_ours and fields else None
    whole.replace(mended or _dotted(new, fields))


def _with_fields(column: exp.Column) -> tuple[exp.Expr, list[exp.Identifier]]:
    """Return a name with all its dots, and the fields beyond its first four parts.

    A column of sqlglot's has at most four parts; what follows stands around it.
    """
    whole: exp.Expr = column
    fields: list[exp.Identifier] = []
    while isinstance(whole.parent, exp.Dot) and whole.parent.this is whole:
        if not isinstance(whole.parent.expression, exp.Identifier):
            break
        whole = whole.parent
        fields.append(whole.expression)
    return whole, fields


def _replace_unlisted(
    column: exp.Expr,
    new: exp.Column,
    fields: list[exp.Identifier],
    source: Source,
    resolution: _Resolution,
) -> None:
    """Replace a column that our table does not have: a hidden one, or a partition of Athena's."""
    context, name = resolution.context, new.name.lower()
    hidden = hidden_column(name, new, context)
    if hidden is not None:
        column.replace(hidden)
    elif is_partition(name, context) and not fields:
        column.replace(new)
        resolution.partitions.append(Partition(new, name))
    else:
        raise _no_column(column, source, context, [new.name])


def _is_of_the_result(column: exp.Column, scope: Scope) -> bool:
    """Tell whether ORDER BY names a column of the result, which goes before those of tables."""
    query = scope.expression
    if column.table or not isinstance(query, exp.Query):
        return False
    order = column.find_ancestor(exp.Order, exp.Window, exp.Query)
    if not isinstance(order, exp.Order) or order.parent is not query:
        return False
    if isinstance(query, exp.SetOperation):
        return True
    name = column.name.lower()
    return any(
        isinstance(item, exp.Alias) and item.alias.lower() == name and not _is_same(item, name)
        for item in query.selects
    )


def _is_same(item: exp.Alias, name: str) -> bool:
    """Tell whether an item of SELECT is a column under its own name."""
    return isinstance(item.this, exp.Column) and item.this.name.lower() == name


def _is_shared(column: exp.Column, scope: Scope) -> bool:
    """Tell whether a join merged the column with another's by USING."""
    if column.table or not isinstance(scope.expression, exp.Select):
        return False
    joins = scope.expression.args.get("joins") or ()
    merged = {part.name.lower() for join in joins for part in (join.args.get("using") or ())}
    return column.name.lower() in merged


def _dotted(column: exp.Expr, fields: list[exp.Identifier]) -> exp.Expr:
    for part in fields:
        column = exp.Dot(this=column, expression=part.copy())
    return column


def _find(
    parts: list[exp.Identifier], scope: Scope, resolution: _Resolution
) -> tuple[Source, list[exp.Identifier]] | None:
    """Return the source of a name and what of the name is left: the column, then fields."""
    within: Scope | None = scope
    while within is not None:
        found = _find_in(parts, resolution.sources.of(within), resolution.context)
        if found:
            return found
        within = within.parent
    return None


def _find_in(
    parts: list[exp.Identifier], sources: dict[str, Source], context: Context
) -> tuple[Source, list[exp.Identifier]] | None:
    first = parts[0].name.lower()
    if len(parts) > 1 and first in sources:
        return sources[first], parts[1:]
    listed = [s for s in sources.values() if s.names is not None and first in s.names]
    if listed:
        return listed[0], parts
    for n_owners in (2, 3):  # schema.table.column, catalog.schema.table.column
        source = sources.get(parts[n_owners - 1].name.lower()) if len(parts) > n_owners else None
        if source and source.table is not None:
            return source, parts[n_owners:]
    facts = [s for s in sources.values() if s.kind is Kind.FACTS]
    if facts and (is_partition(first, context) or first.startswith("$")):
        return facts[0], parts
    unsure = [s for s in sources.values() if s.names is None]
    return (unsure[0], parts) if len(unsure) == 1 else None


def _settle_unknown(column: exp.Column, scope: Scope, resolution: _Resolution) -> None:
    """Mend a name that is no column, or refuse it with what it may have meant."""
    context = resolution.context
    sources = list(_in_sight(scope, resolution))
    if any(source.names is None for source in sources):
        return  # of which of several tables it is, DuckDB tells
    if mend_alias(column, scope, context) or mend_name(column, context):
        return
    facts = [source for source in sources if source.kind is Kind.FACTS]
    asked = next((source for source in facts if source.asked), facts[0] if facts else None)
    raise _no_column(column, asked, context, _strange(scope, resolution))


def _in_sight(scope: Scope, resolution: _Resolution) -> Iterator[Source]:
    within: Scope | None = scope
    while within is not None:
        yield from resolution.sources.of(within).values()
        within = within.parent


def _no_column(
    column: exp.Expr, source: Source | None, context: Context, names: list[str]
) -> Exception:
    table = context.dialect.table
    step = f"columns are listed by: trailhouse sql 'describe {table}'"
    if source and source.asked:
        what = f"there is no table {asked_name(source, context)}, and it cannot be {table}, "
        return context.refuse(f"{what}which has no column {', '.join(names)}", column, step)
    parts = (
        _parts(column) if isinstance(column, exp.Column) else list(column.find_all(exp.Identifier))
    )
    name = ".".join(part.name for part in parts)
    return context.refuse(f"there is no column {name}", column, step)


def _strange(scope: Scope, resolution: _Resolution) -> list[str]:
    """Return the names of a scope that are no columns."""
    names = [
        _parts(column)[0].name
        for column in _columns(scope)
        if _find(_parts(column), scope, resolution) is None
    ]
    return list(dict.fromkeys(names))
