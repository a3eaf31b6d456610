"""What DuckDB's SQL means, said so that Trino answers the same: one rewrite per difference.

Each takes a node of a tree whose types are known and returns what stands for it. Trino's side is
its documentation of functions and operators, which Athena's engine 3 follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

_PATH = re.compile(r"\$(\.\w+|\[\d+\])*")
_OFFSET = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)(?:[ T](?P<time>[\d:.]+)(?:Z|\+00(?::00)?)?)?")
_DAY = exp.Literal.string("day")
_FIRST_ONLY = "regexp_replace that replaces the first match only"


class NotPortable(ValueError):
    """Something of a model's SQL has no counterpart in Trino's; the text says what."""


def carry_meaning(tree: exp.Expr) -> exp.Expr:
    """Return the tree with every node replaced whose answer would differ.

    Inner nodes come first, so that a rewrite sees what its operands have become.

    Raises:
        NotPortable: a node has no counterpart.
    """
    for node in reversed(list(tree.walk(bfs=False))):
        rewrite = _REWRITES.get(type(node))
        if rewrite:
            told = rewrite(node)
            if told is not node:
                told.type = told.type or node.type
                node.replace(told) if node.parent else None
                tree = told if node is tree else tree
    return tree


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments])


def _is(node: exp.Expr, *kinds: exp.DType) -> bool:
    return node.type is not None and node.type.this in kinds


def _is_text(node: exp.Expr) -> bool:
    return _is(node, *exp.DataType.TEXT_TYPES)


def _or_empty(found: exp.Expr, text: exp.Expr) -> exp.Expr:
    """Return a text that was looked for, or '' where there was none: null only of null."""
    condition = exp.Not(this=exp.Is(this=text.copy(), expression=exp.null()))
    empty = exp.Coalesce(this=found, expressions=[exp.Literal.string("")])
    return exp.If(this=condition, true=empty)


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    """Give '' for no match, which Trino gives null for."""
    return _or_empty(node.copy(), node.this)


def _split_part(node: exp.Expr) -> exp.Expr:
    """Give '' past the end, which Trino gives null for."""
    index = node.args["part_index"]
    if not (isinstance(index, exp.Literal) and int(index.this) > 0):
        raise NotPortable("split_part from the end")
    return _or_empty(_call("SPLIT_PART", node.this, node.args["delimiter"], index), node.this)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    """Replace what DuckDB does: the first match, unless told otherwise; Trino replaces all."""
    pattern, replacement = node.expression, node.args.get("replacement")
    if not isinstance(pattern, exp.Literal) or not isinstance(replacement, exp.Literal):
        raise NotPortable("regexp_replace with a pattern that is not constant")
    flags = node.args.get("modifiers")
    if (flags.this if flags else "") != "g" and not _matches_once(pattern.this, replacement.this):
        raise NotPortable(_FIRST_ONLY)
    text = re.sub(r"\\(\d)", r"$\1", replacement.this.replace("$", r"\$"))
    return _call("REGEXP_REPLACE", node.this, pattern, exp.Literal.string(text))


def _matches_once(pattern: str, replacement: str) -> bool:
    """Tell whether to replace all is to replace one: every alternative is bound to an end.

    At the end of a text an empty match may follow, which '' in its place does not show.
    """
    outer = re.sub(r"\\.|\[[^\]]*\]", "", pattern)
    while (less := re.sub(r"\([^()]*\)", "", outer)) != outer:
        outer = less
    ways = outer.split("|")
    at_start = all(way.startswith("^") for way in ways)
    return at_start or (replacement == "" and all(way.endswith("$") for way in ways))


def _json_text(node: exp.Expr) -> exp.Expr:
    """Give the JSON text of objects and arrays too, which Trino's json_extract_scalar does not."""
    path = _path(node)
    found = _call("JSON_FORMAT", _call("JSON_EXTRACT", node.this, path))
    nothing = exp.Nullif(this=found, expression=exp.Literal.string("null"))
    return exp.Coalesce(this=_call("JSON_EXTRACT_SCALAR", node.this, path), expressions=[nothing])


def _json_value(node: exp.Expr) -> exp.Expr:
    found = _call("JSON_EXTRACT", node.this, _path(node))
    found.type = exp.DataType.build("json")
    return found


def _path(node: exp.Expr) -> exp.Expr:
    """Return a JSON path as text, of the kind that both read alike."""
    path = node.expression
    text = path.sql(dialect="duckdb")[1:-1] if isinstance(path, exp.JSONPath | exp.Literal) else ""
    if not _PATH.fullmatch(text):
        raise NotPortable("a JSON path that is not constant and plain")
    return exp.Literal.string(text)


def _cast(node: exp.Expr) -> exp.Expr:
    """Read times and JSON as DuckDB does: Trino's casts refuse `…T…Z`, and quote JSON."""
    to, tries = node.args["to"], isinstance(node, exp.TryCast)
    json = exp.DType.JSON
    if to.this == exp.DType.TIMESTAMPTZ and _is_text(node.this):
        return _try(_call("FROM_ISO8601_TIMESTAMP", _iso(node.this)), tries)
    if to.this == json and _is_text(node.this):
        return _try(_call("JSON_PARSE", node.this), tries)
    if not _is(node.this, json) or to.sql("duckdb") == "JSON[]":
        if to.this == json:
            raise NotPortable("a cast to JSON of what is no text")
        return node
    if not to.is_type(*exp.DataType.TEXT_TYPES):
        raise NotPortable("a cast from JSON")
    return _call("JSON_FORMAT", node.this)


def _iso(node: exp.Expr) -> exp.Expr:
    """Return a time that is written out as ISO 8601 has it."""
    if not isinstance(node, exp.Literal):
        return node
    written = _OFFSET.fullmatch(node.this)
    if written is None:
        raise NotPortable(f"the time {node.this!r}")
    return exp.Literal.string(f"{written['date']}T{written['time'] or '00:00:00'}Z")


def _try(node: exp.Expr, tries: bool) -> exp.Expr:
    return _call("TRY", node) if tries else node


def _subtract(node: exp.Expr) -> exp.Expr:
    """Count days between dates, and take days from one: in Trino only intervals do that."""
    if not _is_date(node.this) or node.expression.find(exp.Interval):
        return node
    if _is_date(node.expression):
        return _call("DATE_DIFF", _DAY, node.expression, node.this)
    if _is(node.expression, *exp.DataType.INTEGER_TYPES):
        return _call("DATE_ADD", _DAY, exp.Neg(this=exp.paren(node.expression)), node.this)
    raise NotPortable("what is taken from a date")


def _add(node: exp.Expr) -> exp.Expr:
    """Add days to a date, on whichever side it stands."""
    sides: tuple[exp.Expr, exp.Expr] = (node.this, node.expression)
    for date, days in (sides, sides[::-1]):
        if _is_date(date) and not days.find(exp.Interval):
            if _is(days, *exp.DataType.INTEGER_TYPES):
                return _call("DATE_ADD", _DAY, days, date)
            raise NotPortable("what is added to a date")
    return node


def _is_date(node: exp.Expr) -> bool:
    return _is(node, exp.DType.DATE)


def _joined(node: exp.Expr) -> exp.Expr:
    """Put lists together by a function: written as an operator, sqlglot takes them for text."""
    if _is_list(node.this) or _is_list(node.expression):
        return _call("CONCAT", node.this, node.expression)
    return node


def _is_list(node: exp.Expr) -> bool:
    return _is(node, exp.DType.ARRAY, exp.DType.LIST)


def _contains(node: exp.Expr) -> exp.Expr:
    """Say no of a list with nulls, of which Trino says it does not know."""
    list_, wanted = node.this, node.expression
    known = [
        exp.Not(this=exp.Is(this=each.copy(), expression=exp.null())) for each in (list_, wanted)
    ]
    found = exp.Coalesce(this=_call("CONTAINS", list_, wanted), expressions=[exp.false()])
    return exp.If(this=exp.and_(*known), true=found)


def _ends_with(node: exp.Expr) -> exp.Expr:
    end = exp.Neg(this=_call("LENGTH", node.expression))
    return exp.EQ(this=_call("SUBSTR", node.this, end), expression=node.expression.copy())


def _greatest(node: exp.Expr) -> exp.Expr:
    """Pass over nulls, which make Trino's greatest and least null."""
    others = node.expressions
    if len(others) != 1:
        raise NotPortable(f"{node.key} of more than two")
    pair = [node.this, others[0]]
    return exp.Coalesce(
        this=_call(node.key.upper(), *pair), expressions=[each.copy() for each in pair]
    )


def _extreme(node: exp.Expr) -> exp.Expr:
    """Pass over rows whose value is null, which Trino's max_by and min_by do not."""
    if node.args.get("count") or isinstance(node.parent, exp.Filter | exp.Window):
        raise NotPortable(f"{node.key} of several, or with a filter")
    name = "MAX_BY" if isinstance(node, exp.ArgMax) else "MIN_BY"
    known = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.null()))
    found = _call(name, node.this, node.expression)
    return exp.Filter(this=found, expression=exp.Where(this=known))


def _bracket(node: exp.Expr) -> exp.Expr:
    """Give null past the end of a list, where Trino's subscript fails."""
    (index,) = node.expressions
    if not _is_list(node.this):
        raise NotPortable("a subscript of what is no list")
    if isinstance(index, exp.Literal):  # sqlglot counts from 0 in its tree
        index = exp.Literal.number(int(index.this) + 1)
    return _call("ELEMENT_AT", node.this, index)


def _anonymous(node: exp.Expr) -> exp.Expr:
    if node.name.upper() != "TRY_STRPTIME":
        return node
    text, pattern = node.expressions
    read = exp.func("STRPTIME", text.copy(), pattern.copy(), dialect="duckdb")
    return exp.Anonymous(this="TRY", expressions=[read])


def _refused(what: str) -> Callable[[exp.Expr], exp.Expr]:
    def refuse(node: exp.Expr) -> exp.Expr:
        raise NotPortable(what)

    return refuse


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Add: _add,
    exp.Anonymous: _anonymous,
    exp.ArgMax: _extreme,
    exp.ArgMin: _extreme,
    exp.ArrayContains: _contains,
    exp.Bracket: _bracket,
    exp.Cast: _cast,
    exp.DPipe: _joined,
    exp.EndsWith: _ends_with,
    exp.Explode: _refused("unnest among the columns"),
    exp.Greatest: _greatest,
    exp.JSONExtract: _json_value,
    exp.JSONExtractScalar: _json_text,
    exp.Least: _greatest,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.SplitPart: _split_part,
    exp.Sub: _subtract,
    exp.TryCast: _cast,
}
