"""Regular expressions: Java's in Trino, RE2's in DuckDB."""

from __future__ import annotations

import re

from sqlglot import exp

from pipeline.ask.dialect.call import Call, function, text
from pipeline.ask.dialect.kinds import LIST, TEXT, TRUTH

_UNKNOWN = {
    r"\(\?=": "a lookahead (?=",
    r"\(\?!": "a negative lookahead (?!",
    r"\(\?<=": "a lookbehind (?<=",
    r"\(\?<!": "a negative lookbehind (?<!",
    r"\(\?>": "an atomic group (?>",
    r"(?<!\\)\\[1-9]": "a back reference",
    r"[*+?}]\+": "a possessive quantifier",
}
_GROUP = re.compile(r"\\(.)|\$(\d|\{\w+\})|(\$)")


def translate_regex(call: Call) -> exp.Expr:
    """Return a call of one of the regexp_ functions in DuckDB's terms.

    Raises:
        QueryError: the pattern has something that RE2 lacks, or the call is a form not known here.
    """
    _check_pattern(call)
    subject, pattern, *rest = call.args
    if any(isinstance(arg, exp.Lambda) for arg in rest):
        raise call.refuse("with a function is not supported here")
    match call.name, len(rest):
        case "regexp_like", 0:
            return function("regexp_matches", subject, pattern, kind=TRUTH)
        case "regexp_extract", 0:
            return function("trino_regexp_extract", subject, pattern, kind=TEXT)
        case "regexp_extract", 1:
            return function("trino_regexp_extract_group", subject, pattern, *rest, kind=TEXT)
        case "regexp_extract_all", 0 | 1:
            return function("regexp_extract_all", subject, pattern, *rest, kind=LIST)
        case "regexp_split", 0:
            return function("string_split_regex", subject, pattern, kind=LIST)
        case "regexp_count", 0:
            return function("len", function("regexp_extract_all", subject, pattern), kind="integer")
        case "regexp_position", 0:
            return function("trino_regexp_position", subject, pattern, kind="integer")
        case "regexp_replace", 0 | 1:
            by = _replacement(call) if rest else text("")
            return function("regexp_replace", subject, pattern, by, text("g"), kind=TEXT)
    raise call.refuse(f"with {len(call.args)} arguments is not supported here")


def _check_pattern(call: Call) -> None:
    if len(call.args) < 2:
        raise call.refuse("needs a text and a pattern")
    pattern = call.args[1]
    if not isinstance(pattern, exp.Literal):
        return
    for sign, name in _UNKNOWN.items():
        if re.search(sign, pattern.this):
            raise call.refuse(
                f"has {name} in its pattern, which the engine here (RE2) does not know",
                "write it as two conditions, one of them with NOT",
            )


def _replacement(call: Call) -> exp.Expr:
    r"""Return a replacement with `$1` as `\1`, and what a backslash keeps as it is, as it is."""
    written = call.text(2, "replacement")

    def convert(found: re.Match[str]) -> str:
        if found[1] is not None:
            return "\\\\" if found[1] == "\\" else found[1]
        if found[2] is None or found[2].startswith("{"):
            raise call.refuse("knows groups by number only: $1")
        return "\\" + found[2]

    return text(_GROUP.sub(convert, written))
