"""Times as people write them: dates, times and ages, all in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pipeline.errors import UsageError
from pipeline.settings.age import AGE, parse_age

ACCEPTED = "a date (2026-03-01), a time (2026-03-01T12:30Z) or an age (45m, 12h, 7d, 2w)"


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """Return the instant a text names; an age is that long before now.

    A date is its first instant; a time without a zone is UTC; one with a zone is turned to UTC.

    Args:
        text: a date, a time or an age.
        now: what ages are counted back from.

    Raises:
        UsageError: it is none of these; says what is.

    >>> noon = datetime(2026, 3, 8, 12, tzinfo=UTC)
    >>> parse_time("2026-03-01").isoformat()
    '2026-03-01T00:00:00+00:00'
    >>> parse_time("2026-03-01 12:30").isoformat(), parse_time("2026-03-01T12:30+02:00").isoformat()
    ('2026-03-01T12:30:00+00:00', '2026-03-01T10:30:00+00:00')
    >>> parse_time("7d", noon).isoformat(), parse_time("90m", noon).isoformat()
    ('2026-03-01T12:00:00+00:00', '2026-03-08T10:30:00+00:00')
    """
    written = text.strip()
    if AGE.fullmatch(written):
        moment = now or datetime.now(UTC)
        try:
            return moment - parse_age(written)
        except OverflowError:
            raise UsageError(f"{text!r} is before the first year", f"give {ACCEPTED}") from None
    if re.match(r"\d{4}-\d\d-\d\d(?:$|[T ])", written):
        try:
            found = datetime.fromisoformat(written)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    raise UsageError(f"{text!r} is no time", f"give {ACCEPTED}")


def write_time(moment: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, without a fraction that is zero.

    >>> write_time(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T12:00:00Z'
    >>> write_time(datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC))
    '2026-03-01T12:00:00.25Z'
    """
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"
