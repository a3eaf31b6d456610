"""Keep a lake in shape: compact, expire, sweep and retain, beside running ingests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.lake.commit import follow
from pipeline.lake.compact import Compacted, CompactOptions, compact, plan_groups
from pipeline.lake.damage import naming_damage
from pipeline.lake.expire import ExpireRule, expire
from pipeline.lake.lease import hold
from pipeline.lake.relocate import Relocated
from pipeline.lake.relocate import relocate as relocate_lake
from pipeline.lake.retain import Retained, RetainedDay, retain
from pipeline.lake.state import record_run
from pipeline.lake.sweep import GRACE, Swept, sweep

RelocateSummary = Relocated


@dataclass(frozen=True, slots=True)
class MaintainOptions:
    """What upkeep is to do.

    Attributes:
        compact: what is worth compacting; None: nothing is.
        keep_snapshots: so many of the newest snapshots stay; older ones are thinned out.
        expire_after: age at which no snapshot stays but the current one.
        grace: how long a file stays that nothing names any more; longer than any query lasts.
        retain: age at which days of events go; None: never.
        dry_run: only say what would be done.
    """

    compact: CompactOptions | None = field(default_factory=CompactOptions)
    keep_snapshots: int = 100
    expire_after: timedelta = timedelta(days=30)
    grace: timedelta = GRACE
    retain: timedelta | None = None
    dry_run: bool = False

    @property
    def snapshots(self) -> ExpireRule:
        """Which snapshots stay."""
        return ExpireRule(keep_last=self.keep_snapshots, expire_after=self.expire_after)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far upkeep is.

    Attributes:
        step: what it is at: follow, retain, compact, expire or sweep.
        done, total: groups of files, while it compacts; 0 of 0 else.
    """

    step: str
    done: int = 0
    total: int = 0


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class MaintainSummary:
    """What upkeep came to, or with dry_run would come to.

    Attributes:
        files_compacted: small files that became fewer; with dry_run, that would.
        files_written: what they became; 0 with dry_run, since that shows only when written.
        bytes_compacted, bytes_written: of those.
        groups_skipped: groups of files that another writer replaced first.
        snapshots_expired: by table.
        files_removed, bytes_removed: what nothing names any more.
        files_waiting, bytes_waiting: of the same kind, but their grace is not over.
        bytes_cleaned: freed on this machine: left in the making, or copies of removed files.
        retained_from: the first day that stays, where days are retained.
        days_removed: days of events past their time.
        events_removed, bytes_retained_away: of those days.
        conflicts_removed, quarantined_removed: rows that went with them.
    """

    dry_run: bool
    files_compacted: int = 0
    files_written: int = 0
    bytes_compacted: int = 0
    bytes_written: int = 0
    groups_skipped: int = 0
    snapshots_expired: Mapping[str, int] = field(default_factory=dict)
    files_removed: int = 0
    bytes_removed: int = 0
    files_waiting: int = 0
    bytes_waiting: int = 0
    bytes_cleaned: int = 0
    retained_from: date | None = None
    days_removed: Sequence[RetainedDay] = ()
    events_removed: int = 0
    bytes_retained_away: int = 0
    conflicts_removed: int = 0
    quarantined_removed: int = 0
    seconds: float = 0.0


def maintain(
    lake: Lake, options: MaintainOptions | None = None, report: Report = lambda _: None
) -> MaintainSummary:
    """Keep a lake in shape; safe beside ingests and queries, and to run again at any time.

    The order matters: following tables catch up first, so that no snapshot they need goes;
    what is past its time goes before effort is spent on compacting it; and files are removed
    last, when it is known what nothing names any more.

    Raises:
        LakeBusy: another process maintains the lake, or writers kept winning.
        LakeError: a file of the lake is missing or damaged.
    """
    options = options or MaintainOptions()
    if options.dry_run:
        return _foresee(lake, options)
    with (
        record_run(lake, "maintain", _described(options)) as run,
        hold(lake, "maintain") as lease,
        naming_damage(lake),
    ):
        started = time.monotonic()
        report(Progress("follow"))
        follow(lake)
        report(Progress("retain"))
        gone = retain(lake, options.retain) if options.retain is not None else None
        done = _compact(lake, options.compact, lease.check, report)
        report(Progress("expire"))
        lease.check()
        expired = expire(lake, options.snapshots)
        report(Progress("sweep"))
        lease.check()
        swept = sweep(lake, options.grace)
        summary = _summary(options, gone, done, expired, swept, time.monotonic() - started)
        run.summary = asdict(summary)
    return summary


def relocate(location: str, options: CatalogOptions | None = None) -> RelocateSummary:
    """Make a lake that was moved, copied or restored readable where it lies now.

    See `pipeline.lake.relocate`; nothing may write to the lake meanwhile.

    Raises:
        LakeError: there is no lake, or the copy is not whole.
    """
    relocated = relocate_lake(location, options)
    open_lake(location, options)
    return relocated


def _foresee(lake: Lake, options: MaintainOptions) -> MaintainSummary:
    """Say what would be done, and write nothing."""
    started = time.monotonic()
    gone = retain(lake, options.retain, dry_run=True) if options.retain is not None else None
    groups = plan_groups(lake, options.compact) if options.compact else []
    done = [Compacted(g.table, len(g.files), 0, g.n_bytes, 0) for g in groups]
    expired = expire(lake, options.snapshots, dry_run=True)
    swept = sweep(lake, options.grace, dry_run=True)
    return _summary(options, gone, done, expired, swept, time.monotonic() - started)


def _compact(
    lake: Lake, options: CompactOptions | None, check: Callable[[], None], report: Report
) -> list[Compacted]:
    if options is None:
        return []
    groups = plan_groups(lake, options)
    done: list[Compacted] = []
    for group in groups:
        check()
        report(Progress("compact", len(done), len(groups)))
        done.append(compact(lake, group))
    return done


def _summary(
    options: MaintainOptions,
    gone: Retained | None,
    compacted: Sequence[Compacted],
    expired: Mapping[str, int],
    swept: Swept,
    seconds: float,
) -> MaintainSummary:
    done = [group for group in compacted if group.is_done]
    days = gone.days if gone else ()
    return MaintainSummary(
        dry_run=options.dry_run,
        files_compacted=sum(group.files_before for group in done),
        files_written=sum(group.files_after for group in done),
        bytes_compacted=sum(group.bytes_before for group in done),
        bytes_written=sum(group.bytes_after for group in done),
        groups_skipped=len(compacted) - len(done),
        snapshots_expired=dict(expired),
        files_removed=len(swept.removed),
        bytes_removed=swept.n_bytes,
        files_waiting=len(swept.waiting),
        bytes_waiting=sum(file.n_bytes for file in swept.waiting),
        bytes_cleaned=swept.n_cached,
        retained_from=gone.before if gone else None,
        days_removed=days,
        events_removed=sum(day.n_events for day in days),
        bytes_retained_away=sum(day.n_bytes for day in days),
        conflicts_removed=gone.n_conflicts if gone else 0,
        quarantined_removed=gone.n_quarantined if gone else 0,
        seconds=round(seconds, 3),
    )


def _described(options: MaintainOptions) -> dict[str, Any]:
    return {
        "retain_days": options.retain.days if options.retain else None,
        "expire_after_days": options.expire_after.days,
        "grace_hours": options.grace.total_seconds() / 3600,
    }
