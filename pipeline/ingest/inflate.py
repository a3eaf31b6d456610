"""Turn stored bytes into text: gzip checked to its last byte, anything else as it is."""

from __future__ import annotations

from dataclasses import dataclass

from isal import isal_zlib

GZIP = b"\x1f\x8b"
LIMIT_BYTES = 400_000_000
"""Default bound on one object's inflated size, with which an ingest stays below 1 GiB of memory."""

_WITH_GZIP_HEADER = 31
_BEST_RATIO = 1032  # deflate cannot do better
_STEP = 1 << 20
_HELD = 64 << 20


class BrokenGzip(Exception):
    """The stored bytes end early or fail their checksum; reading them again may help."""


class TooLarge(Exception):
    """The object inflates to more than the limit."""


@dataclass(frozen=True, slots=True)
class Inflated:
    """An object's text.

    Attributes:
        text: the first member, or all members where several are usual.
        members: gzip members read; 0 for plain text.
        rest: what follows the first member where only one may be: a second member, or
            bytes that are no gzip at all.
    """

    text: bytes
    members: int
    rest: bytes = b""


def inflate(stored: bytes, *, single: bool, limit: int = LIMIT_BYTES) -> Inflated:
    """Return an object's text.

    Args:
        stored: its bytes as they lie in the bucket.
        single: whether the object may hold only one gzip member, as those that CloudTrail
            writes do; Firehose and CloudWatch Logs write many.
        limit: most bytes that may come out.

    Raises:
        BrokenGzip: cut short, or a checksum is wrong.
        TooLarge: more than `limit` bytes come out.
    """
    if stored[:2] != GZIP:
        if len(stored) > limit:
            raise TooLarge
        return Inflated(stored, 0)
    text, rest = _member(stored, limit)
    if not rest or single:
        return Inflated(text, 1, rest)
    texts = [text]
    while rest[:2] == GZIP:
        text, rest = _member(rest, limit - sum(map(len, texts)))
        texts.append(text)
    return Inflated(b"".join(texts), len(texts), rest.lstrip(b"\0"))


def text_size(stored: bytes) -> int:
    """Return the size of the text as the trailer has it: a hint, since a trailer may lie."""
    if stored[:2] != GZIP:
        return len(stored)
    hint = int.from_bytes(stored[-4:], "little")
    return hint if hint <= len(stored) * _BEST_RATIO else len(stored)


def _member(stored: bytes, limit: int) -> tuple[bytes, bytes]:
    """Inflate one member; return its text and the bytes behind it.

    The size in the trailer is only a hint: a crafted one must neither cut the text nor
    make us allocate at its word. A text of just that size comes out in one piece, a third
    faster; what turns out longer is tried once more, and beyond that measured before it is held.
    """
    hint = text_size(stored)
    for bound in (hint, min(_HELD, limit)):
        if hint <= bound <= limit:
            try:
                return _inflate(stored, bound)
            except TooLarge:
                continue
    return _inflate(stored, _measure(stored, limit))


def _inflate(stored: bytes, limit: int) -> tuple[bytes, bytes]:
    engine = isal_zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        text = engine.decompress(stored, limit + 1)
    except isal_zlib.error as error:  # type: ignore[misc]  # an exception by any other name
        raise BrokenGzip(str(error)) from error
    if len(text) > limit:
        raise TooLarge
    if not engine.eof:
        raise BrokenGzip("the gzip stream ends early")
    return text, engine.unused_data


def _measure(stored: bytes, limit: int) -> int:
    """Return the size of a member's text without holding it.

    Raises:
        BrokenGzip: cut short, or a checksum is wrong.
        TooLarge: it is more than `limit` bytes.
    """
    engine = isal_zlib.decompressobj(_WITH_GZIP_HEADER)
    size = 0
    try:
        for start in range(0, len(stored), _STEP):
            waiting = stored[start : start + _STEP]
            while waiting and not engine.eof:
                size += len(engine.decompress(waiting, _STEP))
                waiting = engine.unconsumed_tail
                if size > limit:
                    raise TooLarge
        while not engine.eof and (piece := engine.decompress(b"", _STEP)):
            size += len(piece)
    except isal_zlib.error as error:  # type: ignore[misc]  # an exception by any other name
        raise BrokenGzip(str(error)) from error
    if size > limit:
        raise TooLarge
    return size
