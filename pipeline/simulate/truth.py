"""What a simulation really wrote, so that whatever reads the trail can be compared with it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from time import gmtime, strftime

from pipeline.simulate.event import Event
from pipeline.simulate.lineage import SESSIONS_FILE

FILE = "truth.json"
KEYS_FILE = "truth-keys.parquet"


@dataclass(frozen=True, slots=True)
class Label:
    """An event that belongs to a scenario."""

    label: str
    account_id: str
    event_id: str
    event_time: str


@dataclass(frozen=True, slots=True)
class Truth:
    """The counts of a simulation.

    records counts every delivery, events the distinct ones, duplicates their difference.
    inflated_bytes are of the JSON, stored_bytes of the objects. by_day is distinct events by
    "account/region/day" of their eventTime, services by eventSource and actions by
    "eventSource/eventName" (both empty for insights). keys names the Parquet file beside with
    one row, account_id and event_id, for each distinct event; sessions the one with where each
    session's credentials come from.
    """

    objects: int
    records: int
    events: int
    duplicates: int
    late: int
    stored_bytes: int
    inflated_bytes: int
    first_time: str
    last_time: str
    by_day: dict[str, int]
    services: dict[str, int]
    actions: dict[str, int]
    labels: tuple[Label, ...]
    keys: str = KEYS_FILE
    sessions: str = SESSIONS_FILE


def read_truth(folder: Path) -> Truth:
    """Return the truth a simulation left in its folder."""
    raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
    labels = tuple(Label(**label) for label in raw.pop("labels"))
    return Truth(labels=labels, **raw)


class Tally:
    """Counts what is emitted and written."""

    def __init__(self) -> None:
        self.objects = self.records = self.stored = self.inflated = self.late = 0
        self._days: Counter[tuple[str, str, int]] = Counter()
        self._actions: Counter[tuple[str, str]] = Counter()
        self._labels: list[Label] = []
        self._first = self._last = 0

    def see(self, event: Event) -> None:
        """Count an event."""
        self._days[event.account, event.region, event.time // 86400] += 1
        self._actions[event.source, event.name] += 1
        if event.delay:
            self.late += 1
        if not self._first:
            self._first = event.time
        self._last = max(self._last, event.time)
        if event.label:
            label = Label(event.label, event.account, event.event_id, _write_time(event.time))
            self._labels.append(label)

    def see_object(self, records: int, inflated: int, stored: int) -> None:
        """Count an object."""
        self.objects += 1
        self.records += records
        self.inflated += inflated
        self.stored += stored

    def conclude(self, duplicates: int) -> Truth:
        """Return the truth."""
        services: Counter[str] = Counter()
        for (source, _), count in self._actions.items():
            services[source] += count
        days = {
            f"{account}/{region}/{strftime('%Y-%m-%d', gmtime(day * 86400))}": count
            for (account, region, day), count in self._days.items()
        }
        actions = {f"{source}/{name}": count for (source, name), count in self._actions.items()}
        return Truth(
            objects=self.objects,
            records=self.records,
            events=self._actions.total(),
            duplicates=duplicates,
            late=self.late,
            stored_bytes=self.stored,
            inflated_bytes=self.inflated,
            first_time=_write_time(self._first),
            last_time=_write_time(self._last),
            by_day=dict(sorted(days.items())),
            services=dict(sorted(services.items())),
            actions=dict(sorted(actions.items())),
            labels=tuple(self._labels),
        )


def write_truth(truth: Truth, folder: Path) -> None:
    """Write the truth beside the trail."""
    text = json.dumps(asdict(truth), indent=1, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _write_time(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))
