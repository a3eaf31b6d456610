"""Formats of dates: MySQL's and Joda's patterns as strftime's, which DuckDB has.

Facts: trino.io/docs/current/functions/datetime.html lists MySQL's specifiers, and those of them
that Trino refuses; Joda's pattern letters are in its DateTimeFormat documentation.
"""

from __future__ import annotations

import re

_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I",
    "I": "%I", "i": "%M", "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p",
    "r": "%I:%M:%S %p", "S": "%S", "s": "%S", "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G",
    "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_REFUSED_BY_TRINO = frozenset("DUuVwX")
_JODA = {
    "yyyy": "%Y", "yyy": "%Y", "y": "%Y", "YYYY": "%Y", "YYY": "%Y", "Y": "%Y", "yy": "%y",
    "YY": "%y", "xxxx": "%G", "x": "%G", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "DDD": "%j", "D": "%-j", "ww": "%V", "w": "%-V", "e": "%u",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "SSSSSSSSS": "%n", "a": "%p",
}  # fmt: skip
_ZONES = {"Z": "+0000", "ZZ": "+00:00", "ZZZ": "UTC", "z": "UTC", "zzz": "UTC"}
"""What Joda writes of a zone, of times in UTC."""
_WORDS = {"E": ("%a", "%A"), "M": ("%b", "%B")}
"""Letters that stand for a word: short up to three of them, in full from four on."""
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
        if found[1] in _REFUSED_BY_TRINO:
            raise UnknownFormat(f"%{found[1]}")
        return _MYSQL.get(found[1], found[1])  # a letter of no meaning stands for itself

    return re.sub(r"%(.)", convert, pattern, flags=re.S)


def from_joda(pattern: str, zone: str | None = None) -> str:
    """Return the strftime format of a pattern of format_datetime and parse_datetime.

    >>> from_joda("yyyy-MM-dd'T'HH:mm:ss'Z'")
    '%Y-%m-%dT%H:%M:%SZ'
    >>> from_joda("HH:mm Z", "UTC")
    '%H:%M +0000'

    Args:
        pattern: Joda's.
        zone: of the times to be written; None: they are to be read.

    Raises:
        UnknownFormat: naming the letters.
    """
    parts = []
    for found in _PIECES.finditer(pattern):
        if found["letters"]:
            parts.append(_letters(found["letters"], zone))
        elif found["text"] is not None:
            parts.append(found["text"].replace("''", "'").replace("%", "%%"))
        else:
            parts.append("'" if found[0] == "''" else found[0].replace("%", "%%"))
    return "".join(parts)


def _letters(letters: str, zone: str | None) -> str:
    if letters in _JODA:
        return _JODA[letters]
    if letters[0] in _WORDS and (letters[0] == "E" or len(letters) > 2):
        short, full = _WORDS[letters[0]]
        return full if len(letters) > 3 else short
    if letters in _ZONES:
        return _zone(letters, zone)
    raise UnknownFormat(letters)


def _zone(letters: str, zone: str | None) -> str:
    if zone is None:
        return "%Z" if letters == "ZZZ" else "%z"
    if zone == "UTC":
        return _ZONES[letters]
    if letters == "ZZZ":
        return zone.replace("%", "%%")
    raise UnknownFormat(letters)
