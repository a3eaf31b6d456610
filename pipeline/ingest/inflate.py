"""Turn stored bytes into text: gzip checked to its last byte, anything else as it is."""

from __future__ import annotations

from dataclasses import dataclass

from isal import isal_zlib

GZIP = b"\x1f\x8b"
LIMIT_BYTES = 2 << 30
"""Default bound on one object's inflated size; the largest archives in use hold hundreds of MB."""

_WITH_GZIP_HEADER = 31
_BEST_RATIO = 1032  # deflate cannot do better
_STEP = 64 << 20


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
    make us allocate at its word.
    """
    engine = isal_zlib.decompressobj(_WITH_GZIP_HEADER)
    hint = text_size(stored)
    pieces: list[bytes] = []
    size = 0
    piece_limit = min(max(hint, 1), limit) + 1
    waiting = stored
    try:
        while not engine.eof:
            piece = engine.decompress(waiting, piece_limit)
            waiting = engine.unconsumed_tail
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise TooLarge
            if not piece and not waiting and not engine.eof:
                raise BrokenGzip("the gzip stream ends early")
            piece_limit = min(_STEP, limit - size) + 1
    except isal_zlib.error as error:  # type: ignore[misc]  # an exception by any other name
        raise BrokenGzip(str(error)) from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces), engine.unused_data
