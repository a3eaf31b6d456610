"""Regular expressions: Java's in Trino, RE2's in DuckDB."""

from __future__ import annotations

import re

from sqlglot import exp

from pipeline.ask.dialect.call import Call, function, number, text
from pipeline.ask.dialect.javaregex import UnknownPattern, groups, may_skip_groups, to_re2
from pipeline.ask.dialect.kinds import INTEGER, LIST, TEXT, TRUTH, set_kind

_GROUP = re.compile(r"\\(.)|\$(\d|\{\w+\})|(\$)", re.DOTALL)


def translate_regex(call: Call) -> exp.Expr:
    """Return a call of one of the regexp_ functions in DuckDB's terms.

    Raises:
        QueryError: the pattern has something that RE2 lacks, or the call is a form not known here.
    """
    if len(call.args) < 2:
        raise call.refuse("needs a text and a pattern")
    subject, written, *rest = call.args
    pattern = _pattern(call, written)
    match call.name, len(rest):
        case "regexp_like", 0:
            return function("regexp_matches", subject, pattern, kind=TRUTH)
        case "regexp_extract", 0:
            return function("trino_regexp_extract", subject, pattern, kind=TEXT)
        case "regexp_extract", 1:
            return _group(call, subject, pattern, rest[0])
        case "regexp_extract_all", 0 | 1:
            if rest:
                _check_group(call, written, rest[0])
            return function("regexp_extract_all", subject, pattern, *rest, kind=LIST)
        case "regexp_split", 0:
            return function("string_split_regex", subject, pattern, kind=LIST)
        case "regexp_count", 0:
            return function("len", function("regexp_extract_all", subject, pattern), kind=INTEGER)
        case "regexp_position", 0:
            return function("trino_regexp_position", subject, pattern, kind=INTEGER)
        case "regexp_replace", 1 if isinstance(rest[0], exp.Lambda):
            return _replaced_by(call, subject, pattern)
        case "regexp_replace", 0 | 1:
            by = _replacement(call, written) if rest else text("")
            return function("regexp_replace", subject, pattern, by, text("g"), kind=TEXT)
    raise call.refuse(f"with {len(call.args)} arguments is not supported here")


def _pattern(call: Call, written: exp.Expr) -> exp.Expr:
    if not isinstance(written, exp.Literal):
        return written
    try:
        return text(to_re2(str(written.this)))
    except UnknownPattern as unknown:
        raise call.refuse(
            f"has {unknown} in its pattern, which the engine here (RE2) does not know",
            "write it as two conditions, one of them with NOT",
        ) from unknown


def _check_group(call: Call, written: exp.Expr, group: exp.Expr) -> None:
    """Refuse a group that a pattern has not, as Trino does."""
    if not isinstance(written, exp.Literal) or not isinstance(group, exp.Literal):
        return
    known = len(groups(str(written.this)))
    if int(group.name) > known:
        raise call.refuse(f"asks for group {group.name} of a pattern that has {known}")


def _group(call: Call, subject: exp.Expr, pattern: exp.Expr, group: exp.Expr) -> exp.Expr:
    """Extract a group; one that a match leaves out is null, which only a list of all tells."""
    _check_group(call, call.args[1], group)
    if isinstance(pattern, exp.Literal) and may_skip_groups(str(pattern.this)):
        found = function("regexp_extract_all", subject, pattern, group)
        return set_kind(exp.Bracket(this=found, expressions=[number(0)]), TEXT)
    return function("trino_regexp_extract_group", subject, pattern, group, kind=TEXT)


def _replaced_by(call: Call, subject: exp.Expr, pattern: exp.Expr) -> exp.Expr:
    """Replace by what a function makes of each match's groups.

    What stands between the matches and the matches themselves are lists; the text is put together
    from them. The function's `x[1]` is that match's first group.
    """
    written, by = call.args[1:]
    (name,) = by.expressions
    place = exp.to_identifier("place_")
    groups_of = exp.to_identifier("match_")

    def substitute(node: exp.Expr) -> exp.Expr:
        is_group = isinstance(node, exp.Anonymous) and node.name == "trino_list_subscript"
        if not is_group or node.expressions[0].name != name.name:
            return node
        _check_group(call, written, node.expressions[1])
        group = function("regexp_extract_all", subject.copy(), pattern.copy(), node.expressions[1])
        return exp.Anonymous(this="list_extract", expressions=[group, place.copy()])

    between = function("string_split_regex", subject, pattern)
    before = exp.Anonymous(this="list_extract", expressions=[between.copy(), place.copy()])
    made = exp.DPipe(
        this=before, expression=exp.paren(by.this.copy().transform(substitute)), safe=False
    )
    pieces = function(
        "list_transform",
        function("regexp_extract_all", subject.copy(), pattern.copy()),
        exp.Lambda(this=made, expressions=[groups_of, place]),
    )
    last = exp.Anonymous(this="list_extract", expressions=[between, number(-1)])
    whole = function("list_append", pieces, last)
    return function("array_to_string", whole, text(""), kind=TEXT)


def _replacement(call: Call, written: exp.Expr) -> exp.Expr:
    r"""Return a replacement with `$1` as `\1`, and what a backslash keeps as it is, as it is."""
    if isinstance(call.args[2], exp.Null):
        return call.args[2]
    names = groups(str(written.this)) if isinstance(written, exp.Literal) else []

    def convert(found: re.Match[str]) -> str:
        if found[1] is not None:
            return "\\\\" if found[1] == "\\" else found[1]
        if found[2] is None:
            raise call.refuse("has a $ in its replacement that names no group", r"write it as \$")
        place = found[2]
        if place.startswith("{"):
            if place[1:-1] not in names:
                raise call.refuse(f"knows no group {place[1:-1]}")
            place = str(names.index(place[1:-1]) + 1)
        if int(place) > len(names) and isinstance(written, exp.Literal):
            raise call.refuse(f"asks for group {place} of a pattern that has {len(names)}")
        return "\\" + place

    return text(_GROUP.sub(convert, call.text(2, "replacement")))
