"""When actors are busy: a weight for each of the 168 hours of a week."""

from __future__ import annotations

from collections.abc import Callable

HOURS = 168
"""Hours of a week, from Monday 00:00 UTC."""

AT_THE_HOUR = frozenset({"hourly", "weekly", "daily"})
"""Rhythms of schedulers: all of an hour's work starts in its first five minutes."""

_OFFICE = {
    8: 0.4,
    9: 0.9,
    10: 1.0,
    11: 0.95,
    12: 0.55,
    13: 0.8,
    14: 1.0,
    15: 0.95,
    16: 0.8,
    17: 0.5,
}


def _office(day: int, hour: int) -> float:
    if day >= 5:
        return 0.02 if 10 <= hour < 20 else 0.002
    return _OFFICE.get(hour, 0.06 if 18 <= hour < 22 else 0.004)


def _deploys(day: int, hour: int) -> float:
    if hour == 2:
        return 0.5
    return _office(day, hour) * (0.5 if day == 4 and hour >= 14 else 1.0)


def _traffic(day: int, hour: int) -> float:
    daily = 0.3 + 0.7 * max(0.0, 1 - abs(hour - 15) / 10)
    return daily * (0.7 if day >= 5 else 1.0)


def _night(day: int, hour: int) -> float:
    return (1.0 if hour in {1, 2, 3} else 0.0) * (0.6 if day >= 5 else 1.0)


def _daily(day: int, hour: int) -> float:
    return 1.0 if hour in {5, 6, 12, 19} and (day < 5 or hour == 5) else 0.0


def _weekly(day: int, hour: int) -> float:
    return 6.0 if day == 0 and hour == 6 else 0.0


_SHAPES: dict[str, Callable[[int, int], float]] = {
    "office": _office,
    "deploys": _deploys,
    "traffic": _traffic,
    "night": _night,
    "daily": _daily,
    "weekly": _weekly,
    "hourly": lambda day, hour: 1.0,
    "flat": lambda day, hour: 1.0,
}


def week(rhythm: str, offset: int) -> tuple[float, ...]:
    """Return the weights of a week in UTC, for someone offset hours east of it.

    >>> week("office", 0)[10], week("office", 2)[8]
    (1.0, 1.0)
    """
    shape = _SHAPES[rhythm]
    local = [(hour + offset) % HOURS for hour in range(HOURS)]
    return tuple(shape(hour // 24, hour % 24) for hour in local)


def share(rhythm: str, opening: bool) -> float:
    """Return how an hour's work falls on its first five minutes, or on the rest, per time."""
    if rhythm in AT_THE_HOUR:
        return 12.0 if opening else 0.0
    return 1.0
