"""Tell when the content of a table's files was last new, whatever upkeep did to them since.

A file's content sequence is Iceberg's data sequence number: that of the commit that added it.
Compaction adds files too, but nothing new, so a file it wrote carries in its name the greatest
content sequence of those it was made from. What asks for news since a number thus never
mistakes tidying up for events, and needs no snapshot of the past to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pyiceberg.manifest import DataFile

from pipeline.lake.snapshot import UNREADABLE, TableView

_COMPACTED = re.compile(r"/compact-(\d+)-[0-9a-f]{32}\.parquet$")
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A data file and the number of the commit that brought its content.

    Attributes:
        sequence: compares with the sequence numbers of the table's snapshots.
    """

    file: DataFile
    sequence: int


def content_files(view: TableView) -> list[ContentFile]:
    """Return every data file of a table at a snapshot.

    Raises:
        LakeError: a file of metadata is missing or damaged.
    """
    snapshot = view.table.snapshot_by_id(view.snapshot_id) if view.snapshot_id else None
    if snapshot is None:
        return []
    io = view.table.io
    try:
        return [
            ContentFile(entry.data_file, _sequence(entry.data_file, entry.sequence_number or 0))
            for manifest in snapshot.manifests(io)
            for entry in manifest.fetch_manifest_entry(io, discard_deleted=True)
        ]
    except UNREADABLE as failed:
        view.check()
        raise failed


def compacted_name(sequence: int | None, name: str) -> str:
    """Return the name of a file that compaction wrote.

    Args:
        sequence: the greatest content sequence of what it was made from; None: not known, so
            that the file counts as new.
        name: a name of its own.
    """
    return f"compact-{name}" if sequence is None else f"compact-{sequence}-{name}"


def newest(files: Iterable[ContentFile]) -> int:
    """Return the greatest content sequence; 0 of none."""
    return max((file.sequence for file in files), default=0)


def file_day(file: DataFile) -> date | None:
    """Return the day a file holds, which is its partition; None: its rows name none."""
    number = file.partition[0]
    return _EPOCH + timedelta(days=number) if isinstance(number, int) else number


def _sequence(file: DataFile, added: int) -> int:
    compacted = _COMPACTED.search(file.file_path)
    return int(compacted[1]) if compacted else added
