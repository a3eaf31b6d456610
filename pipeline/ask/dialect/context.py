"""What rewrites of a query share: its dialect, what tables there are, and what they had to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sqlglot import exp

from pipeline.errors import QueryError, UsageError

FACTS = "cloudtrail_logs"
"""Our table under the name that AWS documents for Athena."""

STORE = "event_data_store"
"""Our view that stands for an event data store of CloudTrail Lake."""


class Dialect(Enum):
    """Where a query was written for."""

    ATHENA = "athena"
    LAKE = "lake"

    @classmethod
    def named(cls, name: Dialect | str) -> Dialect:
        """Return the dialect of a name.

        Raises:
            UsageError: there is none of that name.
        """
        try:
            return cls(name)
        except ValueError:
            known = " or ".join(dialect.value for dialect in cls)
            raise UsageError(f"there is no dialect {name}", f"give {known}") from None

    @property
    def table(self) -> str:
        """The table of ours that its queries are about."""
        return FACTS if self is Dialect.ATHENA else STORE

    @property
    def title(self) -> str:
        """Its name in a sentence."""
        return "Athena" if self is Dialect.ATHENA else "CloudTrail Lake"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was resolved or changed, to be said beside the answer.

    Attributes:
        text: what, as a clause without a full stop.
        line: where in the query as it was written, from 1; 0: nowhere in particular.
        column: the same in its line, from 1.
    """

    text: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.text} (line {self.line} column {self.column})" if self.line else self.text


@dataclass(slots=True)
class Context:
    """One translation on its way.

    Attributes:
        dialect: what the query was written for.
        source: the query as it was written.
        names: the tables there are, in lower case.
        types: the columns of the dialect's table with their types, nested ones included.
        is_lenient: whether common mistakes are mended and said rather than refused.
        written: names as the query had them, by what stands for them in the tree.
        given: the parameters that come with values, by their names in lower case.
        values: the names of parameters by what stands in for them in the tree.
        notes: what was resolved or changed so far.
    """

    dialect: Dialect
    source: str
    names: Collection[str]
    types: Mapping[str, exp.DataType]
    is_lenient: bool = False
    written: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, text: str, node: exp.Expr | None = None) -> None:
        """Say something of a part of the query, once."""
        self.note_at(text, *(place(node, self.source) if node else (0, 0)))

    def note_at(self, text: str, line: int, column: int) -> None:
        """Say something of a place in the query, once."""
        if all(known.text != text for known in self.notes):
            self.notes.append(Note(text, line, column))

    def refuse(self, text: str, node: exp.Expr | None = None, step: str = "") -> QueryError:
        """Return the error for a part of the query that cannot be run."""
        line, column = place(node, self.source) if node else (0, 0)
        where = f", at line {line} column {column}" if line else ""
        return QueryError(f"{text}{where}", step)

    def mend(self, problem: str, change: str, node: exp.Expr | None = None) -> None:
        """Say what a common mistake was changed to, or refuse it.

        Args:
            problem: what Athena would refuse.
            change: what is done about it, said as done.
            node: where.

        Raises:
            QueryError: the translation is not lenient.
        """
        if not self.is_lenient:
            raise self.refuse(problem, node, "give --lenient to run it as it was meant")
        self.note(f"{problem}: {change}", node)


def place(node: exp.Expr, source: str) -> tuple[int, int]:
    """Return line and column, from 1, of the first name in a part of a query; 0, 0: none known."""
    starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    if not starts:
        return 0, 0
    return locate(source, min(starts))


def locate(source: str, offset: int) -> tuple[int, int]:
    r"""Return line and column, from 1, of an offset into a text.

    >>> locate("select\n  x", 9)
    (2, 3)
    """
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
