"""Identifiers in AWS's shapes, cut from pools of seeded random text for speed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_POOL_BYTES = 32_768
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ALNUM = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


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
        def pool(alphabet: bytes) -> Callable[[int], str]:
            table = (alphabet * 8)[:256]
            return _Pool(lambda: random.randbytes(_POOL_BYTES).translate(table).decode()).take

        self.hex = _Pool(lambda: random.randbytes(_POOL_BYTES).hex()).take
        self.b64 = pool(_ALNUM + b"+/")
        self.upper = pool(_UPPER)
        self.lower = pool(_UPPER.lower())
        self.alnum = pool(_ALNUM)

    def uuid(self) -> str:
        """Return a version 4 UUID."""
        text = self.hex(32)
        return (
            f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:]}"
        )

    def access_key(self) -> str:
        """Return the id of temporary credentials."""
        return "ASIA" + self.upper(16)
