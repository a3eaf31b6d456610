"""The tables a build reads: each at one snapshot, those it makes itself as just committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pipeline.errors import UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.content import ContentFile, content_files, file_day, newest
from pipeline.lake.derived import PART, built_from, find_table, view_of
from pipeline.lake.schema import TABLES
from pipeline.lake.snapshot import LakeView, TableView, read_lake, scan_sql
from pipeline.models.graph import Models
from pipeline.models.state import Seen, from_json


@dataclass(frozen=True)
class Source:
    """A table at one snapshot.

    Attributes:
        is_daily: whether its files are of one day each; a table of months has their first.
    """

    name: str
    view: TableView
    is_daily: bool

    @cached_property
    def files(self) -> Sequence[ContentFile]:
        """All its data files."""
        return content_files(self.view)

    @cached_property
    def days(self) -> Mapping[date, Sequence[ContentFile]]:
        """Its files by day."""
        found: dict[date, list[ContentFile]] = defaultdict(list)
        for file in self.files:
            if self.is_daily and (day := file_day(file.file)):
                found[day].append(file)
        return found

    @property
    def seen(self) -> Seen:
        """What a build that reads it now has seen of it."""
        if not self.is_daily:
            return Seen(version=self._version)
        snapshot = self.view.table.snapshot_by_id(self.view.snapshot_id or 0)
        number = snapshot.sequence_number or 0 if snapshot else 0
        return Seen(frozenset(self.days), number, self.view.snapshot_id)

    def is_continued_from(self, seen: Seen) -> bool:
        """Tell whether it went on from what was seen; False: it was set back, or made anew."""
        for snapshot in self.view.table.metadata.snapshots:
            if snapshot.sequence_number == seen.sequence:
                return snapshot.snapshot_id == seen.snapshot
        return self.seen.sequence >= seen.sequence

    def newest(self, day: date) -> int:
        """Return when the content of a day was last new."""
        return newest(self.days.get(day, ()))

    def n_rows(self, day: date) -> int:
        """Return the rows of a day."""
        return sum(file.file.record_count for file in self.days.get(day, ()))

    def scan(self, lake: Lake, wanted: Callable[[date], bool] | None = None) -> str:
        """Return a FROM item of the files of wanted days; of all, if it is whole."""
        files = self.files
        if self.is_daily and wanted:
            files = [file for day, held in self.days.items() if wanted(day) for file in held]
        paths = lake.storage.local([file.file.file_path for file in files])
        return scan_sql(self.view.schema, sorted(paths))

    @property
    def _version(self) -> str:
        built = from_json(built_from(self.view.table))
        if built:
            return built.version
        rows = sum(file.file.record_count for file in self.files)
        return f"{newest(self.files)}:{rows}"


class Sources:
    """All sources of a build, loaded as they are needed.

    Args:
        lake: the lake, whose facts are fixed now for the whole build.
        models: tells which are kept by days.
    """

    def __init__(self, lake: Lake, models: Models) -> None:
        self._lake = lake
        self._models = models
        self._facts: LakeView = read_lake(lake)
        self._known: dict[str, Source] = {}

    def find(self, name: str) -> Source | None:
        """Return a source; None: its table is not made yet."""
        if name not in self._known:
            view = self._facts.tables[name] if name in TABLES else self._derived(name)
            if view is None:
                return None
            self._known[name] = Source(name, view, self._is_daily(name))
        return self._known[name]

    def get(self, name: str) -> Source:
        """Return a source.

        Raises:
            UsageError: its table is not made yet.
        """
        found = self.find(name)
        if found is None:
            step = "run: trailhouse build" if name in self._models else "give the build its table"
            raise UsageError(f"lake {self._lake.location}: there is no table {name} yet", step)
        return found

    def put(self, name: str, view: TableView) -> None:
        """Have a table read as it was just committed."""
        self._known[name] = Source(name, view, self._is_daily(name))

    def _derived(self, name: str) -> TableView | None:
        table = find_table(self._lake, name)
        return view_of(table) if table is not None and built_from(table) is not None else None

    def _is_daily(self, name: str) -> bool:
        return PART in name or self._models.is_daily(name)
