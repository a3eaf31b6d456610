"""Resolve tables and columns: what stands for our table, and which column each name means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from pipeline.ask.dialect.context import Context, Dialect
from pipeline.ask.dialect.lenient import mend_alias, mend_field, mend_name
from pipeline.ask.dialect.partitions import is_partition, substitute
from pipeline.ask.dialect.path import hidden_column

_FACTS = "facts"
_OTHER = "other"
_DERIVED = "derived"
_CATALOGS = frozenset({"awsdatacatalog", "hive", "lakehouse"})


@dataclass(frozen=True, slots=True)
class Source:
    """One item of a FROM clause.

    Attributes:
        alias: what its columns are qualified with.
        kind: facts, another table of ours, or something derived in the query.
        names: its columns in lower case; None: not known here.
        table: its node, of a table.
        asked: the table's name as the query has it; empty: a name of ours.
    """

    alias: str
    kind: str
    names: frozenset[str] | None
    table: exp.Table | None = None
    asked: str = ""


@dataclass(slots=True)
class _Resolution:
    """The names of one query on the way."""

    context: Context
    sources: dict[int, dict[str, Source]] = field(default_factory=dict)
    partitions: list[tuple[exp.Column, str]] = field(default_factory=list)

    def of_scope(self, scope: Scope) -> dict[str, Source]:
        """Return the sources of a scope, by alias in lower case."""
        owner = scope.parent if scope.is_udtf and scope.parent else scope
        if id(owner) not in self.sources:
            found = [self._source(alias, pair) for alias, pair in owner.selected_sources.items()]
            self.sources[id(owner)] = {source.alias.lower(): source for source in found}
        return self.sources[id(owner)]

    def _source(self, alias: str, pair: tuple[exp.Expr, exp.Table | Scope]) -> Source:
        node, source = pair
        if isinstance(source, exp.Table):
            return self._table(alias, source)
        columns = node.args.get("alias") and node.args["alias"].args.get("columns")
        if columns:
            return Source(alias, _DERIVED, frozenset(c.name.lower() for c in columns))
        return self._derived(alias, source)

    def _derived(self, alias: str, scope: Scope) -> Source:
        query = scope.expression
        if not isinstance(query, exp.Query):
            return Source(alias, _DERIVED, None)
        names = frozenset(name.lower() for name in query.named_selects)
        if "*" not in names and not any(s.is_star for s in query.selects):
            return Source(alias, _DERIVED, names)
        inner = self.of_scope(scope) if isinstance(query, exp.Select) else {}
        if len(inner) == 1 and next(iter(inner.values())).kind == _FACTS:
            return Source(alias, _FACTS, frozenset(self.context.types) | names)
        return Source(alias, _DERIVED, None)

    def _table(self, alias: str, table: exp.Table) -> Source:
        context, name = self.context, table.name.lower()
        own = context.dialect.table
        if name in context.names and name != own:
            return Source(alias, _OTHER, None, table)
        facts = frozenset(context.types)
        return Source(alias, _FACTS, facts, table, "" if name == own else table.name)


def resolve(tree: exp.Expr, context: Context) -> exp.Expr:
    """Give every column the table it is of, and let what stands for our table be our table.

    Raises:
        QueryError: a table or a column that is none of ours, with its place.
    """
    resolution = _Resolution(context)
    scopes = traverse_scope(tree)
    for scope in scopes:
        _name_tables(resolution.of_scope(scope).values(), context)
    for scope in scopes:
        for column in list(_columns(scope)):
            _resolve_column(column, scope, resolution)
    substitute(resolution.partitions, context)
    return tree


def _columns(scope: Scope) -> Iterator[exp.Column]:
    for column in scope.find_all(exp.Column):
        if not isinstance(column.this, exp.Star):
            yield column


def _name_tables(sources: object, context: Context) -> None:
    """Rename tables to ours, under the aliases that the query knows them by."""
    for source in sources:  # type: ignore[attr-defined]  # values of a dict
        if source.table is None:
            continue
        name = context.dialect.table if source.kind == _FACTS else source.table.name.lower()
        if source.asked:
            asked = context.written.get(source.asked.lower(), source.asked)
            context.note(f"{asked} is taken for {name}", source.table)
        _refuse_hidden(source.table, context)
        alias = source.table.args.get("alias")
        source.table.set("this", exp.to_identifier(name))
        source.table.set("db", None)
        source.table.set("catalog", None)
        if alias is None:
            source.table.set("alias", exp.TableAlias(this=_quoted(source.alias)))


def _refuse_hidden(table: exp.Table, context: Context) -> None:
    if "$" in table.name and table.this.args.get("quoted"):
        raise context.refuse(
            f"{table.name} is a table of Athena's own about a table",
            table,
            "snapshots and files are shown by: trailhouse status --snapshots",
        )
    if table.db.lower() == "information_schema":
        raise context.refuse(
            f"information_schema.{table.name} is not here", table, "see: trailhouse models"
        )


def _resolve_column(column: exp.Column, scope: Scope, resolution: _Resolution) -> None:
    """Qualify one column with its source, and turn dots into fields."""
    parts: list[exp.Identifier] = [p for p in column.parts if isinstance(p, exp.Identifier)]
    found = _find(parts, scope, resolution)
    if found is None:
        _unresolved(column, parts, scope, resolution)
        return
    source, (name, *fields) = found
    context = resolution.context
    low = name.name.lower()
    new = exp.column(name.copy(), table=_quoted(source.alias))
    new.this.update_positions(name) if hasattr(new.this, "update_positions") else None
    if source.kind != _FACTS:
        _replace(column, _dotted(new, fields))
        return
    if low not in context.types and low not in (source.names or ()):
        hidden = hidden_column(low, source.alias, context, column)
        if hidden is not None:
            _replace(column, hidden)
            return
        replaced = _replace(column, _dotted(new, fields))
        assert isinstance(replaced, exp.Column)
        resolution.partitions.append((replaced, low))
        return
    if fields:
        _replace(column, mend_field(new, low, fields, context) or _dotted(new, fields))
        return
    _replace(column, new)


def _replace(column: exp.Column, new: exp.Expr) -> exp.Expr:
    """Put an expression where a column was, under the column's comments."""
    column.replace(new)
    return new


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
        sources = resolution.of_scope(within)
        found = _find_in(parts, sources, resolution.context)
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
    for length in (2, 3):
        if len(parts) > length and (source := sources.get(parts[length - 1].name.lower())):
            is_path = source.table is not None and first not in context.types
            if is_path:
                return source, parts[length:]
    sure = [s for s in sources.values() if s.names is not None and first in s.names]
    if not sure:
        is_ours = is_partition(first, context) or first.startswith("$")
        sure = [s for s in sources.values() if s.kind == _FACTS and is_ours]
    unsure = [s for s in sources.values() if s.names is None]
    if sure or len(unsure) == 1:
        return (sure or unsure)[0], parts
    return None


def _unresolved(
    column: exp.Column, parts: list[exp.Identifier], scope: Scope, resolution: _Resolution
) -> None:
    """Mend a name that is no column, or refuse it with what it may have meant."""
    context = resolution.context
    sources = list(resolution.of_scope(scope).values())
    if any(source.names is None for source in sources):
        return  # several tables whose columns are not known here: DuckDB tells
    if mend_alias(column, scope, context) or mend_name(column, context):
        return
    name = ".".join(part.name for part in parts)
    asked = [source for source in sources if source.kind == _FACTS and source.asked]
    if asked:
        wanted = _strange(scope, resolution)
        raise context.refuse(
            f"no table {context.written.get(asked[0].asked.lower(), asked[0].asked)}; "
            f"{context.dialect.table} has no column {', '.join(wanted)}",
            column,
            "columns are listed by: trailhouse sql 'describe " + context.dialect.table + "'",
        )
    raise context.refuse(
        f"there is no column {name}",
        column,
        "columns are listed by: trailhouse sql 'describe " + context.dialect.table + "'",
    )


def _strange(scope: Scope, resolution: _Resolution) -> list[str]:
    """Return the names of a scope that are no columns."""
    names = []
    for column in _columns(scope):
        parts = [p for p in column.parts if isinstance(p, exp.Identifier)]
        if _find(parts, scope, resolution) is None and parts[0].name not in names:
            names.append(parts[0].name)
    return names


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def is_facts(dialect: Dialect, table: exp.Table) -> bool:
    """Tell whether a table is the dialect's own, once tables are resolved."""
    return table.name == dialect.table
