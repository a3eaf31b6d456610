"""What a model's table was built from, as it is kept with the table's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a build saw of a source.

    Attributes:
        days: the days a source has that is kept by days.
        sequence: content up to this number was there; see `pipeline.lake.content`.
        snapshot: the snapshot of that number, by which a table that was set back is noticed.
        version: of a source that is whole: changes when its content does.
    """

    days: frozenset[date] = frozenset()
    sequence: int = 0
    snapshot: int | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What a table was built from.

    Attributes:
        definition: a digest of its SQL, and of the views it is stacked on.
        sources: what was seen of each.
        waiting: days that have changed but were left for another build.
        version: changes with every commit of rows; of a reference table, its content's digest.
    """

    definition: str
    sources: Mapping[str, Seen] = field(default_factory=dict)
    waiting: frozenset[date] = frozenset()
    version: str = ""


def to_json(built: Built) -> dict[str, Any]:
    """Return it as JSON; days as ranges, so that it stays short however long the history."""
    return {
        "definition": built.definition,
        "version": built.version,
        "waiting": _ranges(built.waiting),
        "sources": {
            name: {
                "days": _ranges(seen.days),
                "sequence": seen.sequence,
                "snapshot": seen.snapshot,
                "version": seen.version,
            }
            for name, seen in sorted(built.sources.items())
        },
    }


def from_json(given: Mapping[str, Any] | None) -> Built | None:
    """Read what `to_json` wrote; None of nothing."""
    if given is None:
        return None
    return Built(
        definition=given["definition"],
        version=given["version"],
        waiting=_days(given["waiting"]),
        sources={
            name: Seen(_days(s["days"]), s["sequence"], s["snapshot"], s["version"])
            for name, s in given["sources"].items()
        },
    )


def contiguous(days: Iterable[date]) -> list[list[date]]:
    """Split days into runs without a gap, in order.

    >>> [len(run) for run in contiguous([date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 9)])]
    [2, 1]
    """
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] + _DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _ranges(days: Collection[date]) -> list[list[str]]:
    return [[run[0].isoformat(), run[-1].isoformat()] for run in contiguous(days)]


def _days(ranges: Sequence[Sequence[str]]) -> frozenset[date]:
    return frozenset(
        first + n * _DAY
        for first, last in ((date.fromisoformat(a), date.fromisoformat(b)) for a, b in ranges)
        for n in range((last - first).days + 1)
    )
