"""The table of seen keys answers as a dict would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.seen import Seen

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(-2, 2)), max_size=30)


@given(st.lists(PAIRS, max_size=6))
def test_it_answers_as_a_dict(parts: list[list[tuple[int, int]]]) -> None:
    """The first row of a key is fresh; a later one repeats or differs from that first."""
    seen, known = Seen(), dict[int, int]()
    for part in parts:
        fresh, differing = seen.sort_out(
            np.array([key for key, _ in part], np.int64),
            np.array([content for _, content in part], np.int64),
        )
        for n, (key, content) in enumerate(part):
            assert fresh[n] == (key not in known)
            assert differing[n] == (known.setdefault(key, content) != content)


def test_it_grows() -> None:
    """Keys are found again after the table has been made larger, however they collide."""
    seen = Seen()
    keys = np.arange(300_000, dtype=np.int64) << 20
    for start in range(0, len(keys), 50_000):
        part = keys[start : start + 50_000]
        assert seen.sort_out(part, part)[0].all()
    fresh, differing = seen.sort_out(keys, keys)
    assert not fresh.any()
    assert not differing.any()
