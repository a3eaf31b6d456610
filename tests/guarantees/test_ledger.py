"""Finding nothing new costs what the listing's days cost, not what the history does."""

from __future__ import annotations

from pathlib import Path

from pipeline.lake.catalog import Lake
from tests.events import event, gzipped, take_in, trail_name

DAYS = [f"2026/03/{day:02d}" for day in range(1, 11)]


def test_only_files_of_the_listed_days_are_opened(lake: Lake) -> None:
    """With the ledger's other files gone from the disk, a listing of a day still finds its own."""
    trails = {day: {trail_name(1, day=day): gzipped(event(day))} for day in DAYS}
    written: dict[str, set[Path]] = {}
    folder = Path(lake.location, "tables", "ingest_objects", "data")
    for day, objects in trails.items():
        before = set(folder.glob("*.parquet"))
        take_in(lake, objects)
        written[day] = set(folder.glob("*.parquet")) - before
    for day in DAYS[1:]:
        for file in written[day]:
            file.unlink()
    counts = take_in(lake, trails[DAYS[0]])
    assert (counts.objects_found, counts.objects_new) == (1, 0)


def test_a_listing_of_many_days_is_compared_by_each(lake: Lake) -> None:
    """Days beyond any list of values are compared as a range, and none is missed."""
    names = [trail_name(n, day=f"20{n // 300:02d}/01/{1 + n % 28:02d}") for n in range(3000)]
    objects = dict.fromkeys(names, b"")
    assert take_in(lake, objects).objects_new == len(objects)
    assert take_in(lake, objects).objects_new == 0
    assert take_in(lake, objects | {trail_name(9999): b""}).objects_new == 1
