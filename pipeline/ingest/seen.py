"""Remember the keys of a batch and the content first met under each, as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
_FIRST_BITS = 16
_FREE = np.int64(-1)  # no event key is negative


class Seen:
    """A hash table of event keys with open addressing, asked and filled a column at a time.

    A dict does the same; but a batch has a million keys, and a dict of them takes three times
    the memory and holds the interpreter while it is filled.
    """

    def __init__(self) -> None:
        self._count = 0
        self._clear(_FIRST_BITS)

    def sort_out(self, keys: Integers, contents: Integers) -> tuple[Booleans, Booleans]:
        """Say which rows are the first of their key, and which differ from that first one.

        What is neither has key and content of a row seen before: a duplicate. Those that are
        the first are seen from now on.

        Args:
            keys: event keys, none negative.
            contents: content hashes of the same rows.
        """
        while 2 * (self._count + len(keys)) > len(self._keys):
            self._grow()
        fresh, slots = self._place(keys, contents)
        self._count += int(np.count_nonzero(fresh))
        return fresh, ~fresh & (self._contents[slots] != contents)

    def _place(self, keys: Integers, contents: Integers) -> tuple[Booleans, Integers]:
        """Find or take a slot for each key; of several rows of one key, the first takes it."""
        fresh = np.zeros(len(keys), np.bool_)
        slots = ((keys.view(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)
        open_rows = np.arange(len(keys))
        while len(open_rows):
            at = slots[open_rows]
            free = open_rows[self._keys[at] == _FREE][::-1]  # backwards: the first writes last
            self._keys[slots[free]] = keys[free]
            self._owners[slots[free]] = free
            won = free[self._owners[slots[free]] == free]
            self._contents[slots[won]] = contents[won]
            fresh[won] = True
            open_rows = open_rows[self._keys[at] != keys[open_rows]]
            slots[open_rows] = (slots[open_rows] + 1) & (len(self._keys) - 1)
        return fresh, slots

    def _clear(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._keys = np.full(1 << bits, _FREE)
        self._contents = np.empty(1 << bits, np.int64)
        self._owners = np.empty(1 << bits, np.int32)

    def _grow(self) -> None:
        taken = self._keys != _FREE
        keys, contents = self._keys[taken], self._contents[taken]
        self._clear(len(self._keys).bit_length())
        self._place(keys, contents)
