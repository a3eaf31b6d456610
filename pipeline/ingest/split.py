"""Split text into JSON values without believing that it is JSON.

One malformed value must not cost its neighbours, so where the fast parser refuses, the text
is walked by brackets and strings alone and each piece is judged by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw

_WINDOW = 8 << 20
_STRUCTURE = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'(?:[^"\\]|\\.)*"', re.DOTALL)
_RECORDS = re.compile(rb'\s*\{(?:[^{}\[\]]*,)?\s*"Records"\s*:\s*\[')
JSON_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the JSON decoder raises for text that is no JSON it can read."""

_any = msgspec.json.Decoder(Raw)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A piece of text that is no JSON value."""

    text: bytes
    detail: str


def split_values(text: bytes) -> Iterator[bytes | Malformed]:
    """Yield the JSON values of a text: one document, lines, or values run together.

    The pieces cover the whole text but for white space and separators.
    """
    if _is_value(text):
        yield text.strip()
        return
    broken = _RECORDS.match(text)
    if broken:
        yield from split_broken(text[broken.end() :])
        return
    for window in _windows(text):
        for line in window.split(b"\n"):
            line = line.strip()
            if not line:
                continue
            if _is_value(line):
                yield line
            else:
                yield from _run_together(line)


def split_broken(text: bytes) -> Iterator[bytes | Malformed]:
    """Yield the elements of an array whose document does not parse, each judged by itself."""
    start = 0
    while True:
        opening = text.find(b"{", start)
        if opening < 0:
            yield from _leftover(text[start:])
            return
        yield from _leftover(text[start:opening])
        end = value_end(text, opening)
        if end < 0:
            yield Malformed(text[opening:], "the text ends inside a value")
            return
        piece = text[opening:end]
        yield piece if _is_value(piece) else Malformed(piece, _why(piece))
        start = end


def value_end(text: bytes, start: int) -> int:
    """Return where the object or array that starts here ends, or -1."""
    depth = 0
    position = start
    while True:
        mark = _STRUCTURE.search(text, position)
        if mark is None:
            return -1
        position = mark.end()
        character = mark.group()
        if character == b'"':
            string = _STRING_END.match(text, position)
            if string is None:
                return -1
            position = string.end()
            continue
        depth += 1 if character in b"{[" else -1
        if depth == 0:
            return position


def _windows(text: bytes) -> Iterator[bytes]:
    """Cut a text at line ends into pieces of a few megabytes, to bound what is copied."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _WINDOW)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end


def _run_together(line: bytes) -> Iterator[bytes | Malformed]:
    """Yield the values of a line that holds several, as CloudWatch's Firehose objects do."""
    if line[:1] not in (b"{", b"["):
        yield Malformed(line, _why(line))
        return
    end = value_end(line, 0)
    if end < 0:
        yield Malformed(line, _why(line))
        return
    piece = line[:end]
    yield piece if _is_value(piece) else Malformed(piece, _why(piece))
    rest = line[end:].lstrip(b" \t\r,")
    if rest:
        yield from split_values(rest)


def _leftover(text: bytes) -> Iterator[Malformed]:
    """Yield what stands between elements if it is more than separators."""
    rest = text.strip(b" \t\r\n,]}")
    if rest:
        yield Malformed(rest, "text between values")


def _is_value(text: bytes) -> bool:
    try:
        _any.decode(text)
    except JSON_ERRORS:
        return False
    return True


def _why(text: bytes) -> str:
    try:
        _any.decode(text)
    except JSON_ERRORS as error:
        return str(error)
    return ""
