"""What a query reads: the snapshot, and the files, days, rows and bytes of each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.ask.files import TableFiles


@dataclass(frozen=True, slots=True)
class Extent:
    """Some files of a table, by what their metadata say.

    Attributes:
        n_days: the days that the files' times span; 0 where they carry none.
    """

    n_files: int
    n_rows: int
    n_bytes: int
    n_days: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """How one table is read.

    Attributes:
        table: its name.
        snapshot_id: the snapshot of it; None while it is empty.
        committed_at: when that snapshot was committed.
        condition: what the files' smallest and largest values had to meet, as SQL; empty:
            every file is read.
        read: the files that are read.
        whole: all its files at the snapshot.
    """

    table: str
    snapshot_id: int | None
    committed_at: datetime | None
    condition: str
    read: Extent
    whole: Extent


@dataclass(frozen=True, slots=True)
class Plan:
    """What a query reads, table by table; empty when it reads none."""

    tables: tuple[TablePlan, ...]


def measure(files: TableFiles, numbers: Sequence[int] | None, day_column: str) -> Extent:
    """Add up some files of a table; None: all of them."""
    chosen = range(len(files.files)) if numbers is None else numbers
    found = [files.files[number] for number in chosen]
    days = files.days(list(chosen), day_column) if day_column else []
    return Extent(
        n_files=len(found),
        n_rows=sum(file.record_count for file in found),
        n_bytes=sum(file.file_size_in_bytes for file in found),
        n_days=len(days),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
    )


def plan_table(
    files: TableFiles, numbers: Sequence[int] | None, condition: str, day_column: str
) -> TablePlan:
    """Describe the reading of some files of a table; None: all of them."""
    view = files.view
    snapshot = view.table.snapshot_by_id(view.snapshot_id) if view.snapshot_id else None
    whole = measure(files, None, day_column)
    return TablePlan(
        table=view.table.name()[-1],
        snapshot_id=view.snapshot_id,
        committed_at=(
            datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC) if snapshot else None
        ),
        condition=condition,
        read=whole if numbers is None else measure(files, numbers, day_column),
        whole=whole,
    )
