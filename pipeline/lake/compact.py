"""Compact: small files of a day become few sorted ones, beside running ingests.

Files are replaced by name, so what an ingest adds meanwhile stays; if it was committed first,
the commit is tried again without rewriting anything. Only files of like size are merged: a
large one is not written again for a few late events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.manifest import DataFile

from pipeline.lake.catalog import Lake
from pipeline.lake.commit import replace_files
from pipeline.lake.content import ContentFile, content_files
from pipeline.lake.rewrite import Rewrite, rewrite
from pipeline.lake.schema import LOGS, TABLES
from pipeline.lake.snapshot import read_lake

_LIKE = 4
"""A file is merged with smaller ones when it is at most so many times as large as they are."""


@dataclass(frozen=True, slots=True)
class CompactOptions:
    """What is worth compacting.

    Attributes:
        target_bytes: size of a good file of facts; half of it is not small any more.
        ledger_bytes: the same for the tables that follow; smaller, since they are pruned by
            their files' smallest and largest days only.
        min_files: fewer small files of a day are left as they are.
    """

    target_bytes: int = 128 << 20
    ledger_bytes: int = 32 << 20
    min_files: int = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are to become one, or as few as they fill.

    Attributes:
        sequence: the greatest content sequence of the files; see `pipeline.lake.content`.
    """

    table: str
    files: tuple[DataFile, ...]
    target_bytes: int
    sequence: int | None = None

    @property
    def n_bytes(self) -> int:
        """Bytes of all its files."""
        return sum(file.file_size_in_bytes for file in self.files)

    @property
    def rows_per_file(self) -> int:
        """Rows that fill a file, going by the size of the rows so far."""
        rows = sum(file.record_count for file in self.files)
        return max(1, -(-rows * self.target_bytes // max(self.n_bytes, 1)))


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of one group.

    Attributes:
        is_done: False where another writer had replaced a file of it first.
    """

    table: str
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    is_done: bool = True


def plan_groups(lake: Lake, options: CompactOptions) -> list[Group]:
    """Return what is worth compacting now, the facts first."""
    view = read_lake(lake)
    return [
        group
        for name in TABLES
        for group in _groups(name, content_files(view.tables[name]), options)
    ]


def compact(lake: Lake, group: Group) -> Compacted:
    """Write the files of a group anew and put the new ones in their place."""
    task = Rewrite(
        table=group.table,
        schema=lake.table(group.table).schema(),
        locations=[file.file_path for file in group.files],
        rows_per_file=group.rows_per_file,
        sequence=group.sequence,
    )
    locations = rewrite(lake, task)
    before = len(group.files)
    if not replace_files(lake, group.table, group.files, locations, "compact"):
        lake.storage.remove(locations)
        return Compacted(group.table, before, before, group.n_bytes, group.n_bytes, is_done=False)
    written = sum(Path(path).stat().st_size for path in lake.storage.local(locations))
    return Compacted(group.table, before, len(locations), group.n_bytes, written)


def choose(files: Sequence[DataFile], target_bytes: int, min_files: int) -> list[DataFile]:
    """Return the files of one partition that are worth merging; none if too few are."""
    small = sorted(
        (file for file in files if file.file_size_in_bytes < target_bytes // 2),
        key=lambda file: file.file_size_in_bytes,
    )
    sizes = [file.file_size_in_bytes for file in small]
    while len(sizes) > 1 and sizes[-1] > _LIKE * sum(sizes[:-1]):
        sizes.pop()
    return small[: len(sizes)] if len(sizes) >= max(2, min_files) else []


def _groups(name: str, found: Sequence[ContentFile], options: CompactOptions) -> Iterator[Group]:
    is_facts = name == LOGS.name
    target = options.target_bytes if is_facts else options.ledger_bytes
    room = target if is_facts else 8 * target
    partitions: dict[Any, list[DataFile]] = defaultdict(list)
    sequences = {held.file.file_path: held.sequence for held in found}
    for held in found:
        partitions[held.file.partition].append(held.file)
    for part in partitions.values():
        for chosen in _packed(choose(part, target, options.min_files), room):
            newest = max(sequences[file.file_path] for file in chosen)
            yield Group(name, tuple(chosen), target, newest)


def _packed(files: Sequence[DataFile], room: int) -> Iterator[list[DataFile]]:
    """Split files into groups that fit a room, oldest first: names begin with their batch."""
    group: list[DataFile] = []
    held = 0
    for file in sorted(files, key=lambda file: file.file_path.rsplit("/", 1)[-1]):
        if group and held + file.file_size_in_bytes > room:
            yield group
            group, held = [], 0
        group.append(file)
        held += file.file_size_in_bytes
    if len(group) > 1:
        yield group
