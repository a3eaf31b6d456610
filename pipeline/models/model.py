"""A model: one SQL file that makes one table of the audit, and what its header says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Literal

from pipeline.errors import UsageError

Materialize = Literal["view", "daily", "rollup"]

EVERY = "*"
"""In `lookback` and `lookahead`: of every source."""


@dataclass(frozen=True, slots=True)
class Merge:
    """How the partial values of a rollup's column become one.

    Attributes:
        how: min, max, sum, union, any, all, latest, earliest or cut.
        by: the column that says which value is the latest or earliest.
        keeps_null: whether null can be the latest or earliest value, not known as of then.
        limit: how many values a union keeps, the smallest; 0: all. The smallest of the smallest
            are the smallest of all, so the order of merging does not matter.
        lists: columns of which `cut` tells whether one has lost values.
    """

    how: str
    by: str = ""
    keeps_null: bool = False
    limit: int = 0
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """What must hold of a model's rows.

    Attributes:
        unique: lists of columns of which no two rows have the same values.
        not_null: columns that are never null.
        accepted: the values a column may have, null beside them.
        relationships: for a column the table and column that know its every value.
        rows: SQL conditions that every row meets, by name.
        reconciles: SQL that yields one boolean over this table and others, by name.
    """

    unique: Sequence[Sequence[str]] = ()
    not_null: Sequence[str] = ()
    accepted: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    relationships: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    reconciles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        name: of its table in SQL, and of its file.
        layer: the folder it is in: staging, intermediate or marts.
        grain: what one row is.
        materialize: view, daily or rollup.
        day: the DATE column that says which day a row is of.
        lookback: days before its own that a row depends on, by source; `*` for all of them. Its
            SQL names them by their dates: days built together see more of their neighbours.
        lookahead: the same of later days.
        key: of a rollup's rows.
        merge: how a rollup's other columns are merged.
        columns: what each column means, in their order.
        sources: the tables it reads, in lower case.
        compared: other tables that its checks read.
        place: its file, for messages.
        first_line: the line of the file on which the SQL begins.
    """

    name: str
    layer: str
    grain: str
    description: str
    materialize: Materialize
    day: str
    lookback: Mapping[str, int]
    lookahead: Mapping[str, int]
    key: Sequence[str]
    merge: Mapping[str, Merge]
    checks: Checks
    columns: Mapping[str, str]
    sql: str
    sources: frozenset[str]
    compared: frozenset[str]
    place: str
    first_line: int

    @property
    def definition(self) -> str:
        """A digest of all that decides on its rows; words about them are left out."""
        parts = [
            self.sql,
            self.materialize,
            self.day,
            sorted(self.lookback.items()),
            sorted(self.lookahead.items()),
            list(self.key),
            [(name, asdict(merge)) for name, merge in self.merge.items()],
            asdict(self.checks),
        ]
        return sha256(json.dumps(parts, default=str).encode()).hexdigest()

    def reach(self, source: str) -> tuple[int, int]:
        """Return how many days before and after its own a row depends on a source."""
        return tuple(  # type: ignore[return-value]  # two by construction
            days.get(source, days.get(EVERY, 0)) for days in (self.lookback, self.lookahead)
        )


def check_columns(model: Model, found: Sequence[str]) -> None:
    """Refuse a model whose SQL yields other columns than its header tells of.

    Raises:
        UsageError: with the first that differs.
    """
    is_rollup = model.materialize == "rollup"
    results = [name for name in found if not (is_rollup and name == model.day)]
    line = f"{model.place}:{model.first_line}"
    if is_rollup and len(results) == len(found):
        raise UsageError(f"{line}: the partial rows have no {model.day}", f"select {model.day}")
    told = list(model.columns)
    for column in results:
        if column not in told:
            raise UsageError(f"{line}: column {column or '?'} is not told of", "add it to columns")
    for column in told:
        if column not in results:
            raise UsageError(f"{line}: there is no column {column}", "take it out of columns")
    if results != told:
        column = next(a for a, b in zip(results, told, strict=False) if a != b)
        raise UsageError(
            f"{line}: columns are told of in another order than selected, from {column} on",
            "give both one order",
        )
