"""Hashing side by side gives what hashing one by one gives."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.digest import sha256_hex


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_each_text_has_its_own_digest(texts: list[bytes]) -> None:
    """Whatever the number and the lengths, empty ones included."""
    assert sha256_hex(texts) == [sha256(text).hexdigest() for text in texts]


def test_texts_of_very_different_lengths() -> None:
    """A long text beside short ones is hashed to its end."""
    texts = [b"a" * size for size in (0, 5_000_000, 1, 64, 100_000, 55, 56)]
    assert sha256_hex(texts) == [sha256(text).hexdigest() for text in texts]
