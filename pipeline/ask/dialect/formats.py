"""Formats of dates: MySQL's and Joda's patterns as strftime's, which DuckDB has.

Facts: trino.io/docs/current/functions/datetime.html lists MySQL's specifiers; Joda's pattern
letters are in its DateTimeFormat documentation.
"""

from __future__ import annotations

import re

_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I",
    "I": "%I", "i": "%M", "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p",
    "r": "%I:%M:%S %p", "S": "%S", "s": "%S", "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G",
    "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_JODA = {
    "yyyy": "%Y", "y": "%Y", "YYYY": "%Y", "yy": "%y", "xxxx": "%G", "x": "%G",
    "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "DDD": "%j", "D": "%-j", "ww": "%V", "w": "%-V", "e": "%u", "EEEE": "%A",
    "EEE": "%a", "E": "%a",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "a": "%p", "Z": "%z", "ZZ": "%z", "z": "%Z",
}  # fmt: skip
_PIECES = re.compile(r"''|'(?P<text>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.S)


class UnknownFormat(ValueError):
    """A part of a format that has no counterpart."""


def from_mysql(pattern: str) -> str:
    """Return the strftime format of a pattern of date_format and date_parse.

    >>> from_mysql("%Y-%m-%d %H:%i:%s")
    '%Y-%m-%d %H:%M:%S'

    Raises:
        UnknownFormat: naming the specifier.
    """

    def convert(found: re.Match[str]) -> str:
        if found[1] not in _MYSQL:
            raise UnknownFormat(f"%{found[1]}")
        return _MYSQL[found[1]]

    return re.sub(r"%(.)", convert, pattern)


def from_joda(pattern: str) -> str:
    """Return the strftime format of a pattern of format_datetime and parse_datetime.

    >>> from_joda("yyyy-MM-dd'T'HH:mm:ss'Z'")
    '%Y-%m-%dT%H:%M:%SZ'

    Raises:
        UnknownFormat: naming the letters.
    """
    parts = []
    for found in _PIECES.finditer(pattern):
        if found["letters"]:
            if found["letters"] not in _JODA:
                raise UnknownFormat(found["letters"])
            parts.append(_JODA[found["letters"]])
        elif found["text"] is not None:
            parts.append(found["text"].replace("''", "'").replace("%", "%%"))
        else:
            parts.append("'" if found[0] == "''" else found[0].replace("%", "%%"))
    return "".join(parts)
