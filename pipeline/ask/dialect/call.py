"""One call of a function in a query, and how to build what it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from pipeline.ask.dialect.context import Context
from pipeline.ask.dialect.kinds import set_kind
from pipeline.errors import QueryError


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call.

    Attributes:
        name: in lower case.
        args: what it is given; may have `exp.Lambda`s among it.
        node: the call in the tree.
        context: the translation's.
    """

    name: str
    args: list[exp.Expr]
    node: exp.Expr
    context: Context

    def refuse(self, what: str, step: str = "") -> QueryError:
        """Return the error for this call; `what` goes on from its name."""
        return self.context.refuse(f"{self.name} {what}", self.node, step)

    def text(self, place: int, meaning: str) -> str:
        """Return an argument that must be written out as text.

        Raises:
            QueryError: it is an expression, or missing.
        """
        found = self.args[place] if place < len(self.args) else None
        if not isinstance(found, exp.Literal) or not found.is_string:
            raise self.refuse(f"needs its {meaning} written out as text")
        return str(found.this)


def function(name: str, *args: exp.Expr, kind: str = "") -> exp.Expr:
    """Return the call of a DuckDB function or of a macro of ours."""
    made = exp.Anonymous(this=name, expressions=list(args))
    return set_kind(made, kind) if kind else made


def text(value: str) -> exp.Expr:
    """Return a text literal."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """Return a number literal."""
    return exp.Literal.number(value)


def cast(node: exp.Expr, kind: str) -> exp.Expr:
    """Return a cast to a DuckDB type."""
    return exp.Cast(this=node, to=exp.DataType.build(kind, dialect="duckdb"))


def is_facts_column(node: exp.Expr, name: str) -> bool:
    """Tell whether an expression is a column of our table, by the mark that resolving left."""
    return isinstance(node, exp.Column) and node.name.lower() == name and "facts" in node.meta


def event_time(column: exp.Expr) -> exp.Expr:
    """Return the time that an `eventtime` of our table is the text of: it chooses files."""
    found = exp.column("event_time", table=column.args["table"].copy())
    return set_kind(found, "zoned")
