"""Take log objects into the lake, once each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from pipeline.ingest import quarantine
from pipeline.ingest.run import Counts, Ingest, IngestOptions
from pipeline.ingest.settle import settle
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import follow
from pipeline.lake.damage import naming_damage
from pipeline.lake.state import record_run
from pipeline.sources.object import Source

Report = Callable[[Counts], None]


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """What an ingest came to.

    records_read = rows_added + duplicates + conflicts + quarantined, always.

    Attributes:
        objects_found: objects in the listing.
        objects_new: of them, those the lake did not know in this form.
        objects_failed: of the new ones, those that could not be read whole; by state in
            failures. They are tried again by the next run.
        objects_taken_by_others: of the new ones, those that another writer put on record
            first; what came of them is in that writer's counts, and in none here.
        not_cloudtrail: new objects that hold something else; by kind in lookalikes.
        bytes_read: stored bytes of the new objects.
        problems: what the sources met besides objects that cannot be read, a sentence each.
    """

    objects_found: int = 0
    objects_new: int = 0
    objects_failed: int = 0
    bytes_read: int = 0
    records_read: int = 0
    rows_added: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    not_cloudtrail: int = 0
    seconds: float = 0.0
    failures: Mapping[str, int] = field(default_factory=dict)
    lookalikes: Mapping[str, int] = field(default_factory=dict)
    problems: Sequence[str] = ()
    objects_taken_by_others: int = 0


def ingest(
    lake: Lake,
    sources: Sequence[Source],
    options: IngestOptions | None = None,
    report: Report = lambda _: None,
) -> IngestSummary:
    """Take in everything the sources have that the lake does not know.

    Can be run again at any time, beside other ingests, and after any crash.

    Raises:
        SourceError: a source cannot be listed at all.
        LakeBusy: other writers kept winning; running again is safe.
        LakeError: a file of the lake is missing or damaged.
    """
    started = time.monotonic()
    with naming_damage(lake):
        follow(lake)
        settle(lake)
    counts = Counts()
    names = [source.name for source in sources]
    with record_run(lake, "ingest", {"sources": names}) as run, naming_damage(lake):
        for source in sources:
            counts = Ingest(lake, source, options or IngestOptions(), report, counts).run()
        problems = tuple(text for source in sources for text in source.problems())
        summary = replace(_summary(counts, time.monotonic() - started), problems=problems)
        run.summary = asdict(summary)
    return summary


def retry_quarantine(
    lake: Lake, reason: str | None = None, ids: Sequence[str] = ()
) -> IngestSummary:
    """Try quarantined records again; those that can be read by now become events.

    Args:
        lake: the lake.
        reason: only entries with this reason.
        ids: only these entries, by id or an unambiguous beginning of it.

    Raises:
        LakeError: an id names no entry, or several.
    """
    started = time.monotonic()
    with naming_damage(lake):
        entries = (
            [quarantine.get_entry(lake, name) for name in ids]
            if ids
            else quarantine.open_entries(lake, reason)
        )
    told = {"entries": len(entries)}
    with record_run(lake, "quarantine retry", told) as run, naming_damage(lake):
        summary = _summary(
            quarantine.retry(lake, entries, IngestOptions()), time.monotonic() - started
        )
        run.summary = asdict(summary)
    return summary


def dismiss_quarantine(lake: Lake, ids: Sequence[str], because: str) -> int:
    """Close quarantined records that need no reading any more, and return how many were open.

    Args:
        lake: the lake.
        ids: the entries, by id or an unambiguous beginning of it.
        because: why, which is kept with them.

    Raises:
        LakeError: an id names no entry, or several.
    """
    with naming_damage(lake):
        entries = [quarantine.get_entry(lake, name) for name in ids]
    told = {"ids": [entry.quarantine_id for entry in entries], "because": because}
    with record_run(lake, "quarantine dismiss", told) as run, naming_damage(lake):
        n_dismissed = quarantine.dismiss(lake, entries, because)
        run.summary = {"records_dismissed": n_dismissed}
    return n_dismissed


def _summary(counts: Counts, seconds: float) -> IngestSummary:
    return IngestSummary(
        objects_found=counts.objects_found,
        objects_new=counts.objects_new,
        objects_failed=counts.objects_failed,
        bytes_read=counts.bytes_read,
        records_read=counts.records_read,
        rows_added=counts.rows_added,
        duplicates=counts.duplicates,
        conflicts=counts.conflicts,
        quarantined=counts.quarantined,
        not_cloudtrail=counts.not_cloudtrail,
        seconds=round(seconds, 3),
        failures=dict(counts.failures),
        lookalikes=dict(counts.lookalikes),
        objects_taken_by_others=counts.objects_taken_by_others,
    )
