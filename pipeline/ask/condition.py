"""Weaken a condition on rows to one on files: true wherever a row of the file may pass.

A comparison of a time with a constant becomes one of the file's smallest or largest value; a
condition on a date alone is evaluated as it stands for files of one date; anything else may
be true. Only AND and OR are followed, never NOT, so what comes out is weaker than the
condition or equal to it, null included.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pipeline.ask.tree import (
    Tree,
    arguments,
    call,
    cast,
    column,
    comparison,
    constant,
    function_name,
    integer_literal,
    join,
    nodes,
    operator,
    text_literal,
)

_EQUAL = "COMPARE_EQUAL"
_AT_LEAST = "COMPARE_GREATERTHANOREQUALTO"
_AT_MOST = "COMPARE_LESSTHANOREQUALTO"
_FLIPPED = {
    _EQUAL: _EQUAL,
    _AT_LEAST: _AT_MOST,
    _AT_MOST: _AT_LEAST,
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
}

_PLAIN = "CONSTANT PARAMETER CAST OPERATOR COMPARISON CONJUNCTION BETWEEN CASE TYPE"
_CLASSES = frozenset(_PLAIN.split())
_STABLE = (
    "+ - * / || now today current_date current_timestamp get_current_timestamp "
    "transaction_timestamp localtimestamp current_localtimestamp "
    "date_trunc datetrunc date_part datepart date_add date_sub date_diff datediff datesub "
    "make_date make_timestamp make_timestamptz to_timestamp epoch epoch_ms epoch_us "
    "strptime try_strptime strftime last_day timezone date year quarter month week day "
    "dayofmonth dayofweek isodow dayofyear weekofyear yearweek monthname dayname "
    "to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds "
    "to_milliseconds to_microseconds greatest least left right substring substr lower upper "
    "concat replace trim lpad trunc ~~ starts_with ^@ prefix"
)
_FUNCTIONS = frozenset(_STABLE.split())
"""Functions that give one value for the same arguments throughout a transaction."""

NOW_WORDS = frozenset({"current_date", "current_timestamp", "localtimestamp"})
"""Words that the parser takes for columns, and the binder for functions."""

_GROWING_CASTS = frozenset(
    {"DATE", "TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"}
)


class ColumnKind(Enum):
    """What a column holds, which decides what may be made of its smallest and largest."""

    TIME = "time"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Mention:
    """One table in one FROM clause.

    Attributes:
        alias: what its columns may be qualified with, in lower case.
        columns: the columns whose smallest and largest values are known of each file.
        is_loose: its columns need no qualification.
        has_now: a bare `current_date` can only be the function.
    """

    alias: str
    columns: Mapping[str, ColumnKind]
    is_loose: bool
    has_now: bool

    def column(self, node: Tree) -> str | None:
        """Return which of the columns a node is; None: something else."""
        if node.get("class") != "COLUMN_REF":
            return None
        *owner, name = (part.lower() for part in node["column_names"])
        if owner != [self.alias] and (owner or not self.is_loose):
            return None
        return name if name in self.columns else None

    def kind(self, name: str | None) -> ColumnKind | None:
        """Return what a column holds."""
        return self.columns[name] if name else None


def low(name: str) -> str:
    """Name the column of the files' table that has the smallest value."""
    return f"{name}_low"


def high(name: str) -> str:
    """Name the column of the files' table that has the largest value."""
    return f"{name}_high"


def weaken(node: Tree, mention: Mention) -> Tree | None:
    """Return a condition on files that is true wherever one on rows may be; None: always."""
    if node.get("class") == "CONJUNCTION":
        parts = [weaken(child, mention) for child in node["children"]]
        known = [part for part in parts if part is not None]
        if node["type"] == "CONJUNCTION_AND":
            return join("AND", known) if known else None
        return join("OR", known) if len(known) == len(parts) else None
    return _range(node, mention) or _exact(node, mention)


def _range(node: Tree, mention: Mention) -> Tree | None:
    """Weaken a comparison of a column, or of something that grows with it, with a constant."""
    kind = node.get("type", "")
    if node.get("class") == "COMPARISON" and kind in _FLIPPED:
        left, right = node["left"], node["right"]
        return _compare(left, kind, right, mention) or _compare(
            right, _FLIPPED[kind], left, mention
        )
    if node.get("class") == "BETWEEN":
        ends = [(_AT_LEAST, node["lower"]), (_AT_MOST, node["upper"])]
        known = [p for p in _compare_each(node["input"], ends, mention) if p is not None]
        return join("AND", known) if known else None
    if kind == "COMPARE_IN":
        first, *others = node["children"]
        parts = _compare_each(first, [(_EQUAL, other) for other in others], mention)
        known = [part for part in parts if part is not None]
        return join("OR", known) if known and len(known) == len(parts) else None
    return _prefix(node, mention)


def _compare(side: Tree, kind: str, other: Tree, mention: Mention) -> Tree | None:
    return _compare_each(side, [(kind, other)], mention)[0]


def _compare_each(
    side: Tree, others: Sequence[tuple[str, Tree]], mention: Mention
) -> list[Tree | None]:
    """Compare the smallest or largest value with each of some constants; None: unknown.

    They are given together because DuckDB finds one type for all sides of a BETWEEN or IN,
    and a text is ordered as text only where every side is one.
    """
    name = _grows_with(side, mention)
    if name is None:
        return [None for _ in others]
    unknown = [operator("IS_NULL", column(low(name)))]
    if mention.kind(name) is ColumnKind.TEXT:
        if not all(_is_constant(other, mention) for _, other in others):
            return [None for _ in others]
        unknown += [operator("NOT", _is_text(other)) for _, other in others]
    smallest = _replace(side, mention, column(low(name)))
    largest = _replace(side, mention, column(high(name)))
    return [
        join("OR", [_touches(smallest, largest, kind, other), *unknown])
        if _is_constant(other, mention)
        else None
        for kind, other in others
    ]


def _touches(smallest: Tree, largest: Tree, kind: str, other: Tree) -> Tree:
    """Compare with whichever end of the file's values is the likelier to pass."""
    if kind == _EQUAL:
        inside = [
            comparison(_AT_MOST, smallest, other),
            comparison(_AT_LEAST, largest, other),
        ]
        return join("AND", inside)
    return comparison(kind, largest if "GREATER" in kind else smallest, other)


def _is_text(node: Tree) -> Tree:
    return comparison(_EQUAL, call("typeof", node), constant("VARCHAR"))


def _prefix(node: Tree, mention: Mention) -> Tree | None:
    """Weaken `column like 'text%'` and `starts_with(column, 'text')`."""
    given = arguments(node)
    name = function_name(node)
    if name not in {"~~", "starts_with", "^@", "prefix"} or len(given) != 2:
        return None
    text = text_literal(given[1])
    if text is None or mention.kind(mention.column(given[0])) is not ColumnKind.TEXT:
        return None
    if name == "~~":
        text = text[: min((text + end).index(end) for end in "%_\\")]
    if not text:
        return None
    return _compare(call("left", given[0], constant(len(text))), _EQUAL, constant(text), mention)


def _exact(node: Tree, mention: Mention) -> Tree | None:
    """Keep any condition on a date alone, for the files that hold a single date.

    Not where it is true of null: it may then be asked of a row that an outer join made up.
    """
    names = {name for part in nodes(node) if (name := mention.column(part))}
    if len(names) != 1 or not _is_constant(node, mention, names):
        return None
    (name,) = names
    if mention.kind(name) is not ColumnKind.DATE:
        return None
    smallest, largest = column(low(name)), column(high(name))
    of_null = _replace(node, mention, cast(constant(None), "DATE"))
    ways = [
        operator("IS_NULL", smallest),
        operator("NOT", comparison(_EQUAL, smallest, largest)),
        operator("COALESCE", of_null, cast(constant("false"), "BOOLEAN")),
        _replace(node, mention, smallest),
    ]
    return join("OR", ways)


def _grows_with(node: Tree, mention: Mention) -> str | None:
    """Return the column that an expression never falls with; None: not known to."""
    if node.get("class") == "COLUMN_REF":
        return mention.column(node)
    if node.get("class") == "CAST":
        kind = node["type_expr"].get("type_name", "").upper()
        name = _grows_with(node["child"], mention)
        grows = kind in _GROWING_CASTS and not node.get("try_cast")
        return name if grows and mention.kind(name) is not ColumnKind.TEXT else None
    if node.get("class") == "FUNCTION":
        return _function_grows_with(node, mention)
    return None


def _function_grows_with(node: Tree, mention: Mention) -> str | None:
    given = arguments(node)
    match function_name(node), len(given):
        case "year", 1:
            inner, wants_text = given[0], False
        case (("date_part" | "datepart"), 2) if (text_literal(given[0]) or "").lower() == "year":
            inner, wants_text = given[1], False
        case (("date_trunc" | "datetrunc"), 2) if text_literal(given[0]):
            inner, wants_text = given[1], False
        case "left", 2 if (integer_literal(given[1]) or 0) > 0:
            inner, wants_text = given[0], True
        case (("substring" | "substr"), 3) if (
            integer_literal(given[1]) == 1 and (integer_literal(given[2]) or 0) > 0
        ):
            inner, wants_text = given[0], True
        case _:
            return None
    name = _grows_with(inner, mention)
    return name if (mention.kind(name) is ColumnKind.TEXT) is wants_text else None


def _is_constant(node: Tree, mention: Mention, but: Collection[str] = ()) -> bool:
    """Tell whether an expression has one value for the whole query, but for these columns."""
    for part in nodes(node):
        kind = part.get("class")
        if kind == "COLUMN_REF":
            names = part["column_names"]
            is_now = mention.has_now and len(names) == 1 and names[0].lower() in NOW_WORDS
            if not is_now and mention.column(part) not in but:
                return False
        elif kind == "FUNCTION":
            if function_name(part) not in _FUNCTIONS:
                return False
        elif kind is not None and kind not in _CLASSES:
            return False
    return True


def _replace(node: Any, mention: Mention, value: Tree) -> Any:
    """Return an expression with the mention's columns replaced by a value."""
    if isinstance(node, list):
        return [_replace(item, mention, value) for item in node]
    if not isinstance(node, dict):
        return node
    if mention.column(node) is not None:
        return value
    return {key: _replace(item, mention, value) for key, item in node.items()}
