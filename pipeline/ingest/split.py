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
_STRING_END = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ENTRIES = re.compile(
    rb'\s*(?:\[(?=\s*\{)|\{(?:[^{}\[\]]*,)?\s*"(?:[Rr]ecords|[Ee]vents|logEvents|Messages)"\s*:\s*\[)'
)
_BORDER = re.compile(rb',\s*(?=\{\s*"eventVersion"\s*:)')
_BETWEEN = b" \t\r\n,"
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_VALUE_START = re.compile(rb"[^ \t\r,]")
JSON_ERRORS = (msgspec.DecodeError, ValueError, RecursionError)
"""What JSON decoders raise for text that is no JSON they can read."""

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
    if _ENTRIES.match(text) and _first_value_end(text.lstrip(), 0) < 0:
        yield from _broken(text)
        return
    for window in windows(text):
        for line in window.split(b"\n"):
            line = line.strip()
            if not line:
                continue
            if _is_value(line):
                yield line
            else:
                yield from _run_together(line)


def split_broken(text: bytes, start: int = 0) -> Iterator[bytes | Malformed]:
    """Yield the elements, from a place on, of an array that does not parse, each judged by itself.

    An element that lacks a bracket or a quote ends at the latest where the next event begins
    as AWS begins them, so that it does not take its neighbours along.
    """
    border = 0
    while True:
        opening = text.find(b"{", start)
        if opening < 0:
            yield from _leftover(text[start:])
            return
        yield from _leftover(text[start:opening])
        if border <= opening:
            found = _BORDER.search(text, opening)
            border = found.end() if found else len(text)
        start = value_end(text, opening, border)
        if start < 0:
            yield Malformed(text[opening:border].rstrip(_BETWEEN), "it ends inside a value")
            start = border
        else:
            yield _judged(text[opening:start])


def value_end(text: bytes, start: int, limit: int | None = None) -> int:
    """Return where the object or array that starts here ends, or -1 if not before the limit."""
    depth = 0
    position = start
    limit = len(text) if limit is None else limit
    while True:
        mark = _STRUCTURE.search(text, position, limit)
        if mark is None:
            return -1
        position = mark.end()
        character = mark.group()
        if character == b'"':
            string = _STRING_END.match(text, position, limit)
            if string is None:
                return -1
            position = string.end()
            continue
        depth += 1 if character in b"{[" else -1
        if depth == 0:
            return position


def windows(text: bytes) -> Iterator[bytes]:
    """Cut a text at line ends into pieces of a few megabytes, to bound what is copied."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _WINDOW)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end


def _run_together(line: bytes) -> Iterator[bytes | Malformed]:
    """Yield the values of a line that holds several, as CloudWatch's Firehose objects do."""
    start = 0
    while start < len(line):
        end = _first_value_end(line, start)
        if end > 0:
            yield line[start:end].strip(_BETWEEN)
        else:
            end = _piece_end(line, start)
            yield from _broken(line[start:end].strip(_BETWEEN))
        found = _VALUE_START.search(line, end)
        start = found.start() if found else len(line)


def _first_value_end(text: bytes, start: int) -> int:
    """Return where the object or array that starts here ends if it is JSON, else -1.

    The parser itself says where: it complains of what follows.
    """
    if text[start : start + 1] not in (b"{", b"["):
        return -1
    try:
        _any.decode(memoryview(text)[start:])
    except JSON_ERRORS as error:
        trailing = _TRAILING.search(str(error))
        return start + int(trailing[1]) - 1 if trailing else -1  # it counts from 1
    return len(text)


def _piece_end(line: bytes, start: int) -> int:
    """Return how far a piece that is no JSON goes: its brackets say, or where the next begins."""
    end = value_end(line, start) if line[start : start + 1] in (b"{", b"[") else -1
    if end < 0 and start:
        end = line.find(b'{"', start + 1)
    return end if end > 0 else len(line)


def _broken(text: bytes) -> Iterator[bytes | Malformed]:
    """Yield what can be read of a value that does not parse: the entries of its array, if any."""
    entries = _ENTRIES.match(text)
    if entries:
        yield from split_broken(text, entries.end())
    else:
        yield Malformed(text, _why(text))


def _judged(piece: bytes) -> bytes | Malformed:
    return piece if _is_value(piece) else Malformed(piece, _why(piece))


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
