"""Lengths of time as people write them, in settings and in flags."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

from pipeline.errors import UsageError

LONGEST = timedelta(days=366_000)
"""Longer than there are years to count back: what is older than that is nothing."""
AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_age(text: str) -> timedelta:
    """Return the length of time a text names.

    Raises:
        UsageError: it is none; says what is.

    >>> parse_age("36h"), parse_age("1.5d"), parse_age("2w")
    (datetime.timedelta(days=1, seconds=43200), datetime.timedelta(days=1, seconds=43200), \
datetime.timedelta(days=14))
    """
    found = AGE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text!r} is no length of time", "give one such as 45m, 12h, 7d or 2w")
    with suppress(OverflowError):
        age = timedelta(**{_UNITS[found[2]]: float(found[1])})
        if age <= LONGEST:
            return age
    raise UsageError(f"{text!r} is too long", "give one such as 45m, 12h, 7d or 2w")
