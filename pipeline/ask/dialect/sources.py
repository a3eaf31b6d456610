"""What stands in the FROM clauses of a query: our table, another one, or something derived."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from pipeline.ask.dialect.context import Context

_OTHER_LOGS = re.compile(
    r"vpc.?flow|flow.?logs?|(^|_)[aegn]lb(_|$)|load.?balanc|waf|cloud.?front|access.?logs?|guard.?duty"
    r"|route.?53|resolver|config(_|$)|cost|billing|inventory|security.?hub|athena_query"
)
"""Names of tables of other logs, where no column tells."""

_OF_A_TABLE = re.compile(r"\w\$\w")
"""What Athena knows about a table, such as "t$partitions"; a placeholder "${table}" is none."""


class Kind(Enum):
    """What an item of a FROM clause is.

    FACTS: the dialect's table, or rows of it with all its columns.
    OTHER: another table of the lake.
    DERIVED: made in the query itself.
    """

    FACTS = "facts"
    OTHER = "other"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Source:
    """One item of a FROM clause.

    Attributes:
        alias: what its columns are qualified with; empty: nothing.
        names: its columns in lower case; None: not known here.
        table: its node, of a table.
        asked: the table's name as the query has it; empty: a name of ours.
    """

    alias: str
    kind: Kind
    names: frozenset[str] | None
    table: exp.Table | None = None
    asked: str = ""


@dataclass(slots=True)
class Sources:
    """The sources of all scopes of one query."""

    context: Context
    known: dict[int, dict[str, Source]] = field(default_factory=dict)

    def of(self, scope: Scope) -> dict[str, Source]:
        """Return the sources of a scope by alias in lower case.

        What UNNEST and LATERAL read is what stands beside them.
        """
        owner = scope.parent if scope.is_udtf and scope.parent else scope
        if id(owner) not in self.known:
            found = [self._source(alias, pair) for alias, pair in owner.selected_sources.items()]
            self.known[id(owner)] = {source.alias.lower(): source for source in found}
        return self.known[id(owner)]

    def _source(self, alias: str, pair: tuple[exp.Expr, exp.Table | Scope]) -> Source:
        node, source = pair
        if isinstance(source, exp.Table):
            return self._table(alias, source)
        if names := _given_names(node):
            return Source(alias, Kind.DERIVED, names)
        return self._derived(alias, source)

    def _derived(self, alias: str, scope: Scope) -> Source:
        query = scope.expression
        if not isinstance(query, exp.Query):
            return Source(alias, Kind.DERIVED, None)
        if names := _renamed(query):
            return Source(alias, Kind.DERIVED, names)
        names = frozenset(name.lower() for name in query.named_selects)
        stars = [item for item in query.selects if item.is_star]
        if not stars:
            return Source(alias, Kind.DERIVED, names)
        if len(stars) == 1 and isinstance(query, exp.Select):
            inner = self.of(scope)
            owner = stars[0].args.get("table")
            behind = inner.get(owner.name.lower()) if owner else next(iter(inner.values()), None)
            is_one = owner or len(inner) == 1
            if behind and is_one and behind.kind is Kind.FACTS:
                return Source(alias, Kind.FACTS, frozenset(self.context.types) | names)
        parts = [self._derived(alias, part) for part in scope.set_operation_scopes or ()]
        if parts and all(part.kind is Kind.FACTS for part in parts):
            return parts[0]
        return Source(alias, Kind.DERIVED, None)

    def _table(self, alias: str, table: exp.Table) -> Source:
        context, name = self.context, table.name.lower()
        if name in context.names and name != context.dialect.table:
            return Source(alias, Kind.OTHER, None, table)
        asked = "" if name == context.dialect.table else table.name
        return Source(alias, Kind.FACTS, frozenset(context.types), table, asked)


def _renamed(query: exp.Expr) -> frozenset[str]:
    """Return the names that `with name (columns) as …` gives to the columns of a query."""
    above = query.parent
    while isinstance(above, exp.SetOperation | exp.Subquery):
        above = above.parent
    return _given_names(above) if isinstance(above, exp.CTE) else frozenset()


def _given_names(node: exp.Expr) -> frozenset[str]:
    """Return the names that an alias gives to columns, those of WITH ORDINALITY included."""
    alias = node.args.get("alias")
    names = [column.name.lower() for column in (alias.args.get("columns") or ())] if alias else []
    offset = node.args.get("offset")
    if names and isinstance(offset, exp.Identifier):
        names.append(offset.name.lower())
    return frozenset(names)


def name_tables(scopes: list[Scope], sources: Sources) -> None:
    """Rename tables to ours, under the aliases that the query knows them by.

    Raises:
        QueryError: a table that Athena makes up, or one that is plainly of other logs.
    """
    defined = {
        name.lower() for scope in scopes for name in (cte.alias for cte in _definitions(scope))
    }
    for scope in scopes:
        for source in sources.of(scope).values():
            if source.table is not None:
                _name_table(source, source.table, sources.context, defined)


def _definitions(scope: Scope) -> list[exp.Expr]:
    return list(getattr(scope.expression, "ctes", ()))


def _name_table(source: Source, table: exp.Table, context: Context, defined: set[str]) -> None:
    _refuse_hidden(table, context)
    name = context.dialect.table if source.kind is Kind.FACTS else table.name.lower()
    if source.asked:
        asked = asked_name(source, context)
        context.note(f"{asked} is taken for {name}", table)
    table.set("this", _in_place_of(table.this, name))
    is_hidden = name in defined
    table.set("db", exp.to_identifier("main") if is_hidden else None)
    table.set("catalog", exp.to_identifier("temp") if is_hidden else None)
    if not table.args.get("alias"):
        table.set("alias", exp.TableAlias(this=quoted(source.alias)))


def _in_place_of(written: exp.Expr, name: str) -> exp.Identifier:
    """Return a name that is known to stand where another one was written."""
    made = exp.to_identifier(name)
    made.meta.update(written.meta)
    return made


def asked_name(source: Source, context: Context) -> str:
    """Return a table's name as the query has it, of a placeholder the placeholder."""
    return context.written.get(source.asked.lower(), source.asked)


def refuse_other_logs(source: Source, context: Context) -> None:
    """Refuse a table that is of other logs by its name, where the query names no column of it."""
    if source.asked and source.table and _OTHER_LOGS.search(source.asked.lower()):
        raise context.refuse(
            f"there is no table {source.asked}, which by its name is not of CloudTrail",
            source.table,
            "tables are listed by: trailhouse models",
        )


def _refuse_hidden(table: exp.Table, context: Context) -> None:
    if table.args.get("version") or table.args.get("when"):
        raise context.refuse(
            "a table as it was is not asked for in the query here",
            table,
            "leave FOR … AS OF out and give --at SNAPSHOT or --at TIME",
        )
    if not isinstance(table.this, exp.Identifier | exp.Literal):
        raise context.refuse(
            f"{context.dialect.title} has no table function {table.this.name}",
            table,
            "leave --dialect out to ask in DuckDB's SQL",
        )
    if _OF_A_TABLE.search(table.name) and table.this.args.get("quoted"):
        raise context.refuse(
            f"{table.name} is what Athena knows about a table, and not here",
            table,
            "snapshots and files are shown by: trailhouse status",
        )
    if table.db.lower() == "information_schema":
        raise context.refuse(
            f"information_schema.{table.name} is not here",
            table,
            "tables and columns are listed by: trailhouse models",
        )


def quoted(name: str) -> exp.Identifier:
    """Return a name in double quotes."""
    return exp.to_identifier(name, quoted=True)
