"""Expire snapshots: which are kept for looking back, and which make way.

Every commit costs more the more snapshots are kept, so they cannot all stay: the newest do,
older ones thin out to one an hour and then to one a day, and past an age none is left but the
one that is current, so that what was taken out of the lake is gone from its past as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update.snapshot import ExpireSnapshots

from pipeline.lake.catalog import Lake
from pipeline.lake.commit import FOLLOWERS, pending
from pipeline.lake.derived import list_derived
from pipeline.lake.schema import LOGS, TABLES
from pipeline.lake.transaction import transaction

_TIDY_ABOVE = 200
_TRIES = 10


@dataclass(frozen=True, slots=True)
class ExpireRule:
    """Which snapshots stay.

    Attributes:
        keep_last: so many of the newest.
        keep_hourly: the last one of every hour, for so long; then of every UTC day.
        expire_after: age at which none stays but the current one; None: there is no such age.
    """

    keep_last: int = 100
    keep_hourly: timedelta = timedelta(hours=48)
    expire_after: timedelta | None = timedelta(days=30)


_THINNED = ExpireRule(expire_after=None)


def expired(
    snapshots: Iterable[Snapshot],
    rule: ExpireRule,
    now: datetime,
    protected: Collection[int] = (),
) -> list[Snapshot]:
    """Return the snapshots that a rule lets go, oldest first.

    Args:
        snapshots: all of a table.
        rule: which stay.
        now: what ages are counted from.
        protected: ids of snapshots that stay in any case.
    """
    newest_first = sorted(snapshots, key=lambda s: s.sequence_number or 0, reverse=True)
    hours: set[int] = set()
    days: set[int] = set()
    gone = []
    for place, snapshot in enumerate(newest_first):
        age = now - datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
        hour, day = snapshot.timestamp_ms // 3_600_000, snapshot.timestamp_ms // 86_400_000
        is_last_of_time = day not in days or (age <= rule.keep_hourly and hour not in hours)
        is_young = rule.expire_after is None or age <= rule.expire_after
        is_kept = is_young and (place < rule.keep_last or is_last_of_time)
        if is_kept or place == 0 or snapshot.snapshot_id in protected:
            hours.add(hour)
            days.add(day)
        else:
            gone.append(snapshot)
    return gone[::-1]


def expire(lake: Lake, rule: ExpireRule, *, dry_run: bool = False) -> Mapping[str, int]:
    """Expire the snapshots of every table that the rule lets go; return how many of each.

    Their files stay until they are swept. A snapshot that a tag or branch names stays, and so
    does one whose files a following table has not taken in yet.
    """
    names = (*TABLES, *list_derived(lake, parts=True))
    return {name: _expire_one(lake, name, rule, dry_run) for name in names}


def tidy(lake: Lake) -> None:
    """Keep the number of snapshots bounded while ingest runs; does nothing while it is small.

    Snapshots are only thinned out; none goes for its age, which is for `maintain` to decide.
    Called after commits. If another writer is in the way, the next call does it.
    """
    if len(lake.table(LOGS.name).metadata.snapshots) > _TIDY_ABOVE:
        for name in TABLES:
            _expire_one(lake, name, _THINNED, dry_run=False)


def tidy_derived(lake: Lake) -> None:
    """Do the same for the tables of models, after a build."""
    for name in list_derived(lake, parts=True):
        if len(lake.table(name).metadata.snapshots) > _TIDY_ABOVE:
            _expire_one(lake, name, _THINNED, dry_run=False)


def _expire_one(lake: Lake, name: str, rule: ExpireRule, dry_run: bool) -> int:
    for _ in range(_TRIES):
        waiting = _waiting(lake) if name == LOGS.name else set()
        table = lake.table(name)
        gone = expired(table.metadata.snapshots, rule, datetime.now(UTC), waiting | _named(table))
        if dry_run or not gone or _commit(table, gone):
            return len(gone)
    return 0


def _commit(table: Table, gone: Iterable[Snapshot]) -> bool:
    """Take snapshots out of a table; False if another writer was first."""
    try:
        with transaction(table) as change:
            ExpireSnapshots(change).by_ids([s.snapshot_id for s in gone]).commit()
    except CommitFailedException:
        return False
    except ValueError:  # how PyIceberg says that one of them has been expired since
        return False
    return True


def _waiting(lake: Lake) -> set[int]:
    """Return the facts' snapshots that a table has still to follow."""
    return {snapshot.snapshot_id for name in FOLLOWERS for snapshot in pending(lake, name)}


def _named(table: Table) -> set[int]:
    return {ref.snapshot_id for ref in table.metadata.refs.values()}
