"""Identifiers in AWS's shapes, cut from pools of seeded random text because each event needs many."""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random

_POOL_BYTES = 30_000  # divisible by 3 and 5, so that base64 and base32 need no padding
_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_NOT_ALNUM = {ord("+"): None, ord("/"): None}


class _Pool:
    """Random text of one alphabet, handed out piece by piece."""

    __slots__ = ("_at", "_refill", "_text")

    def __init__(self, refill: Callable[[], str]) -> None:
        self._refill = refill
        self._text = ""
        self._at = 0

    def take(self, length: int) -> str:
        start = self._at
        end = start + length
        if end > len(self._text):
            self._text = self._refill()
            start, end = 0, length
        self._at = end
        return self._text[start:end]


class Ids:
    """Identifiers from one seeded generator."""

    def __init__(self, random: Random) -> None:
        def encode(encoder: Callable[[bytes], bytes]) -> Callable[[], str]:
            return lambda: encoder(random.randbytes(_POOL_BYTES)).decode("ascii")

        b64 = encode(base64.b64encode)
        upper = encode(base64.b32encode)
        self.hex = _Pool(lambda: random.randbytes(_POOL_BYTES).hex()).take
        self.b64 = _Pool(b64).take
        self.upper = _Pool(upper).take
        self.lower = _Pool(lambda: upper().lower()).take
        self.alnum = _Pool(lambda: b64().translate(_NOT_ALNUM)).take

    def uuid(self) -> str:
        """Return a version 4 UUID."""
        text = self.hex(32)
        return (
            f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:]}"
        )

    def access_key(self) -> str:
        """Return the id of temporary credentials."""
        return "ASIA" + self.upper(16)
