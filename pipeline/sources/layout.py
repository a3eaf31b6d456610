"""The facts a log object's name tells: account, region, day and kind of log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.sources.object import EVERYTHING, Selection

FIRST_YEAR = 2013
"""CloudTrail began in November 2013: no key carries an earlier day."""

_BEGINNING = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)

LATE_DAYS = 1
"""An event of a day's last minutes is delivered under the next day's prefix."""

ACCOUNT = re.compile(r"\d{12}", re.ASCII)
ORGANISATION = re.compile(r"o-[a-z0-9]{10,32}")
REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}", re.ASCII)

_DELIVERED = re.compile(
    rf"(?:^|/)AWSLogs/(?:{ORGANISATION.pattern}/)?(?P<account>{ACCOUNT.pattern})"
    rf"/(?P<kind>[A-Za-z0-9_-]+)/(?P<region>{REGION.pattern})"
    r"/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/[^/]+$",
    re.ASCII,
)
_NAMED = re.compile(
    rf"(?:^|/)(?P<account>{ACCOUNT.pattern})_(?P<kind>CloudTrail(?:-[A-Za-z]+)*)"
    rf"_(?P<region>{REGION.pattern})_(?:[^/]*_)?"
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T\d{4}(?:\d\d)?Z(?:_[^/]*)?(?:\.[^/]*)?$",
    re.ASCII,
)

_SERVICE = re.compile(
    rf"(?:^|/)AWSLogs/(?:{ORGANISATION.pattern}/)?{ACCOUNT.pattern}/(?P<kind>[^/]+)/", re.ASCII
)

_FOLDER = re.compile(
    rf"^(?P<root>(?:.*/)?AWSLogs/(?:{ORGANISATION.pattern}/)?"
    rf"(?:(?P<account>{ACCOUNT.pattern})/(?:(?P<kind>[^/]+)/(?:(?P<region>{REGION.pattern})/)?)?)?)"
    r"(?P<rest>.*)$",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a folder of a bucket is in AWS's layout.

    Attributes:
        root: as far as the layout is recognised: with a region, what the days are below.
        is_known: the folder is in the layout; below a region, anywhere.
    """

    account: str = ""
    kind: str = ""
    region: str = ""
    root: str = ""
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What an object's name claims; what is in the object decides.

    Attributes:
        account: twelve digits.
        day: UTC, of the delivery: events may be from a little before.
        kind: CloudTrail, CloudTrail-Digest, CloudTrail-Insight or another service's name;
            empty when the name tells nothing.
    """

    account: str | None = None
    region: str | None = None
    day: date | None = None
    kind: str = ""


UNKNOWN = KeyFacts()


def key_facts(uri: str) -> KeyFacts:
    """Return what the name of an object tells, in AWS's layout or in a flat bucket.

    >>> key_facts("s3://b/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/31/x.json.gz")
    KeyFacts(account='111122223333', region='eu-west-1', day=datetime.date(2026, 1, 31), \
kind='CloudTrail')
    >>> key_facts("logs/111122223333_CloudTrail_us-east-1_20260131T2355Z_aB3.json.gz").day
    datetime.date(2026, 1, 31)
    >>> key_facts("notes.txt")
    KeyFacts(account=None, region=None, day=None, kind='')
    """
    found = _DELIVERED.search(uri) or _NAMED.search(uri)
    if found is None:
        return UNKNOWN
    return KeyFacts(
        account=found["account"],
        region=found["region"],
        day=to_day(found["year"], found["month"], found["day"]),
        kind=found["kind"],
    )


def parse_folder(folder: str) -> Folder:
    """Return where a folder is.

    >>> parse_folder("p/AWSLogs/o-abcdefghij/111122223333/CloudTrail/").kind
    'CloudTrail'
    >>> parse_folder("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/").root
    'AWSLogs/111122223333/CloudTrail/eu-west-1/'
    >>> parse_folder("AWSLogs/copies/").is_known
    False
    """
    found = _FOLDER.match(folder)
    if found is None:
        return Folder()
    account, kind, region = found["account"] or "", found["kind"] or "", found["region"] or ""
    return Folder(account, kind, region, found["root"], bool(region) or not found["rest"])


def skip_ahead(key: str, selection: Selection) -> str | None:
    """Return what to go on after in a listing of a flat bucket, when all up to there is unwanted.

    Names sort by account, kind, region, then time: behind a name of an unwanted account or
    region, or of a time outside the range, everything up to the next of them is unwanted too,
    also what only begins like such a name.

    >>> skip_ahead("111122223333_CloudTrail_eu-west-1_20260105T0010Z_aB.json.gz",
    ...            Selection(accounts=frozenset({"444455556666"})))
    '111122223333`'
    """
    found = _NAMED.search(key)
    days = selected_days(selection)
    if found is None:
        return None
    if selection.accounts and found["account"] not in selection.accounts:
        return key[: found.end("account")] + "`"
    if selection.regions and found["region"] not in selection.regions:
        return key[: found.end("region")] + "`"
    day = to_day(found["year"], found["month"], found["day"])
    if days is None or day is None:
        return None
    if day < days[0]:
        return key[: found.start("year")] + f"{days[0]:%Y%m%d}"
    return key[: found.start("year")] + ":" if day > days[1] else None


def is_other_service(place: str) -> bool:
    """Tell whether a key or folder belongs to what another service delivers beside CloudTrail.

    >>> is_other_service("s3://b/AWSLogs/111122223333/elasticloadbalancing/eu-west-1/x.log")
    True
    >>> is_other_service("s3://b/AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/")
    False
    """
    found = _SERVICE.search(place)
    return found is not None and not found["kind"].startswith("CloudTrail")


def to_day(year: str, month: str, day: str) -> date | None:
    """Return a day from its digits, or None where there is no such day.

    >>> to_day("2026", "02", "30") is None
    True
    """
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def selected_days(selection: Selection) -> tuple[date, date] | None:
    """Return the first and last day of the keys to look at, or None when all are wanted.

    The day after the end is looked at too: what happens late in a day is delivered in the next.

    >>> from datetime import datetime
    >>> selected_days(Selection(start=datetime(2026, 1, 5, tzinfo=UTC),
    ...                         end=datetime(2026, 1, 6, tzinfo=UTC)))
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 6))
    """
    if selection.start is None and selection.end is None:
        return None
    first = date.min
    if selection.start is not None:
        first = selection.start.astimezone(UTC).date()
    if selection.end is None:
        return first, date.max
    end = selection.end.astimezone(UTC)
    last = (max(end, _BEGINNING) - timedelta(microseconds=1)).date()
    return first, min(last, date.max - timedelta(days=LATE_DAYS)) + timedelta(days=LATE_DAYS)


def is_selected(uri: str, selection: Selection) -> bool:
    """Tell whether an object may hold what is wanted; a name that tells nothing may."""
    if selection == EVERYTHING:
        return True
    facts = key_facts(uri)
    if selection.accounts and facts.account and facts.account not in selection.accounts:
        return False
    if selection.regions and facts.region and facts.region not in selection.regions:
        return False
    days = selected_days(selection)
    return days is None or facts.day is None or days[0] <= facts.day <= days[1]


def day_prefixes(first: date, last: date, today: date) -> Iterator[str]:
    """Yield the fewest `YYYY/`, `YYYY/MM/` and `YYYY/MM/DD/` that cover the days of real keys.

    >>> list(day_prefixes(date(2024, 12, 31), date(2026, 2, 1), date(2026, 3, 1)))
    ['2024/12/31/', '2025/', '2026/01/', '2026/02/01/']
    """
    day = max(first, date(FIRST_YEAR, 1, 1))
    last = min(last, today + timedelta(days=LATE_DAYS))
    while day <= last:
        year_end, month_end = date(day.year, 12, 31), _month_end(day)
        if (day.month, day.day) == (1, 1) and year_end <= last:
            yield f"{day:%Y}/"
            day = year_end
        elif day.day == 1 and month_end <= last:
            yield f"{day:%Y/%m}/"
            day = month_end
        else:
            yield f"{day:%Y/%m/%d}/"
        day += timedelta(days=1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
