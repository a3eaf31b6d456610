"""Find which of many keys the lake's files hold already, reading two narrow columns of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.ingest.seen import Integers

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads keys over all bits
_SLOTS_A_KEY = 32


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of the lake whose key was asked for: their keys and their content hashes."""

    keys: Integers
    hashes: Integers


class _Wanted:
    """Keys to look for; a bitmap sorts out at once nearly all that are not among them."""

    def __init__(self, keys: Integers) -> None:
        self._keys = np.unique(keys)
        bits = max(int(len(self._keys) * _SLOTS_A_KEY).bit_length(), 10)
        self._shift = np.uint64(64 - bits)
        self._bitmap = np.zeros(1 << bits, np.bool_)
        self._bitmap[self._slots(self._keys)] = True

    def find(self, keys: Integers) -> npt.NDArray[np.int64]:
        """Return the places of wanted keys."""
        places = np.flatnonzero(self._bitmap[self._slots(keys)])
        candidates = keys[places]  # few: sorting them in costs less than np.isin, which sorts all
        nearest = np.searchsorted(self._keys, candidates).clip(max=len(self._keys) - 1)
        found: npt.NDArray[np.int64] = places[self._keys[nearest] == candidates]
        return found

    def _slots(self, keys: Integers) -> npt.NDArray[np.uint64]:
        slots: npt.NDArray[np.uint64] = (keys.view(np.uint64) * _SPREAD) >> self._shift
        return slots


def find_known(paths: Sequence[str], keys: Integers) -> Known:
    """Return the rows of these files that have one of these keys.

    Args:
        paths: Parquet files of the lake.
        keys: event keys of rows that are about to be added.
    """
    nothing = np.empty(0, np.int64)
    if not paths or not len(keys):
        return Known(nothing, nothing)
    wanted = _Wanted(keys)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda path: _find_in_file(path, wanted), paths))
    return Known(
        np.concatenate([part.keys for part in found]),
        np.concatenate([part.hashes for part in found]),
    )


def _find_in_file(path: str, wanted: _Wanted) -> Known:
    keys: list[Integers] = [np.empty(0, np.int64)]
    hashes: list[Integers] = [np.empty(0, np.int64)]
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            here = _integers(file, group, "event_key")
            places = wanted.find(here)
            if len(places):
                keys.append(here[places])
                hashes.append(_integers(file, group, "content_hash")[places])
    return Known(np.concatenate(keys), np.concatenate(hashes))


def _integers(file: pq.ParquetFile, group: int, name: str) -> Integers:
    """Read a column; a null becomes a zero, which stands for no event and no content."""
    column = file.read_row_group(group, [name]).column(0)
    values: Integers = pc.fill_null(column, 0).to_numpy()
    return values
