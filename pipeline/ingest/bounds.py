"""Bounds on JSON, beyond which not every reader can read it: nesting and length of numbers.

Python's own reader, for one, gives up at about a thousand levels and at integers of 4,300
digits. AWS writes nothing near either. A record beyond the bounds is quarantined: were it let
in, whoever reads its row later would fail on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.lake.record import Field, Kind

DEPTH = 400
"""Most levels of objects and arrays in each other."""

DIGITS = 4000
"""Most digits of a number."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NUMBER = re.compile(rb"[0-9]{%d}" % (DIGITS + 1))
_SHORT = 2 * DEPTH  # no text below this many bytes can exceed a bound
_STEPS = np.zeros(256, np.int64)
_STEPS[[ord("{"), ord("[")]] = 1
_STEPS[[ord("}"), ord("]")]] = -1


def exceeds(text: bytes) -> str:
    """Say which bound a JSON text exceeds; empty for none.

    >>> exceeds(b'{"a": [1, 2, 3]}'), exceeds(b"[" * 401 + b"]" * 401)
    ('', 'nested more than 400 deep')
    """
    if len(text) <= _SHORT:
        return ""
    if text.count(b"{") + text.count(b"[") > DEPTH and _depth(text) > DEPTH:
        return f"nested more than {DEPTH} deep"
    if len(text) > DIGITS and _NUMBER.search(text) and _NUMBER.search(_STRING.sub(b"", text)):
        return f"a number of more than {DIGITS} digits"
    return ""


def exceeding(rows: pa.StructArray, record: Sequence[Field]) -> npt.NDArray[np.bool_] | None:
    """Say which decoded records hold JSON beyond a bound; None if no record does.

    Only columns of JSON are looked at: whatever is kept as something else is short or flat.
    """
    found: npt.NDArray[np.bool_] | None = None
    for position, field in enumerate(record):
        if field.kind is not Kind.JSON:
            continue
        column = rows.field(position)
        is_long = np.asarray(pc.fill_null(pc.greater(pc.binary_length(column), _SHORT), False))
        for n in np.flatnonzero(is_long).tolist():
            if exceeds(column[n].as_buffer().to_pybytes()):
                found = np.zeros(len(rows), bool) if found is None else found
                found[n] = True
    return found


def _depth(text: bytes) -> int:
    bare = np.frombuffer(_STRING.sub(b"", text), np.uint8)
    return int(np.cumsum(_STEPS[bare]).max(initial=0))
