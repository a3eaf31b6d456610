"""Patterns of Java's regular expressions, which Trino has, as RE2's, which DuckDB has.

Facts: trino.io/docs/current/functions/regexp.html says where Trino is Java's; what RE2 knows is in
its own syntax page (github.com/google/re2/wiki/Syntax).
"""

from __future__ import annotations

import re

_UNKNOWN = {
    "(?=": "a lookahead (?=",
    "(?!": "a negative lookahead (?!",
    "(?<=": "a lookbehind (?<=",
    "(?<!": "a negative lookbehind (?<!",
    "(?>": "an atomic group (?>",
}
_PIECE = re.compile(
    r"""\\Q(?P<quoted>.*?)(?:\\E|$)|\\u(?P<code>[0-9A-Fa-f]{4})|\\(?P<class>[pP])\{(?P<name>\w+)\}"""
    r"""|\\k<(?P<named>\w+)>|\\(?P<escaped>.)|(?P<group>\(\?<?[=!>]|\(\?<)|(?P<both>&&)"""
    r"""|(?P<greedy>[*+?}])\+|(?P<open>\[)|(?P<close>\])|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_CLASSES = {
    "Alpha": "alpha", "Digit": "digit", "Alnum": "alnum", "Upper": "upper", "Lower": "lower",
    "Punct": "punct", "Space": "space", "XDigit": "xdigit", "Blank": "blank", "Cntrl": "cntrl",
    "Graph": "graph", "Print": "print", "ASCII": "ascii",
}  # fmt: skip
_PROPERTIES = {
    "IsAlphabetic": "L", "IsLetter": "L", "IsDigit": "Nd", "IsUppercase": "Lu", "IsLowercase": "Ll",
    "IsPunctuation": "P",
}  # fmt: skip
_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(?P<name>[A-Za-z]\w*)>", re.DOTALL)


class UnknownPattern(ValueError):
    """A part of a pattern that RE2 does not know."""


def to_re2(pattern: str) -> str:
    r"""Return a pattern as RE2 takes it.

    >>> to_re2(r"(?<year>\d{4})\h\u0041")
    '(?P<year>\\d{4})[ \\t]\\x{0041}'

    Raises:
        UnknownPattern: naming the part.
    """
    parts = []
    depth = 0
    for found in _PIECE.finditer(pattern):
        if found["open"] or found["close"]:
            depth += 1 if found["open"] else -min(depth, 1)
        parts.append(_piece(found, is_class=depth > 0))
    return "".join(parts)


def _piece(found: re.Match[str], *, is_class: bool) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    if found["code"]:
        return rf"\x{{{found['code']}}}"
    if found["class"]:
        return _property(found["class"], found["name"], is_class=is_class)
    if found["named"]:
        raise UnknownPattern("a back reference")
    if found["escaped"]:
        return _escaped(found["escaped"], is_class=is_class)
    if is_class and not found["both"]:
        return found[0]
    if found["group"]:
        if found["group"] in _UNKNOWN:
            raise UnknownPattern(_UNKNOWN[found["group"]])
        return "(?P<" if found["group"] == "(?<" else found[0]
    if found["greedy"]:
        raise UnknownPattern("a possessive quantifier")
    if found["both"] and is_class:
        raise UnknownPattern("an intersection of classes (&&)")
    return found[0]


def _escaped(letter: str, *, is_class: bool) -> str:
    if letter == "h":
        return r" \t" if is_class else r"[ \t]"
    if letter == "Z":
        return r"\z"
    if letter == "R":
        return r"(?:\r\n|[\n\r\f\v])"
    if letter.isdigit() and letter != "0" and not is_class:
        raise UnknownPattern("a back reference")
    return "\\" + letter


def _property(sign: str, name: str, *, is_class: bool) -> str:
    posix = _CLASSES.get(name)
    if posix:
        part = f"[:{'^' if sign == 'P' else ''}{posix}:]"
        return part if is_class else f"[{part}]"
    return rf"\{sign}{{{_PROPERTIES.get(name, name.removeprefix('Is'))}}}"


def groups(pattern: str) -> list[str]:
    """Return the names of a pattern's groups, in order; empty: one without a name.

    >>> groups(r"(a)(?:b)(?<c>d)")
    ['', 'c']
    """
    found = _GROUP.finditer(pattern)
    return [hit["name"] or "" for hit in found if hit[0][0] == "("]


def may_skip_groups(pattern: str) -> bool:
    """Tell whether a match may leave a group out, which is null then and not empty."""
    return bool(re.search(r"\||\)[?*]|\)\{0?,", pattern))
