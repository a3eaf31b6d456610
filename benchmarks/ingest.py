"""How fast ingest is, side by side with DuckDB's own JSON reader, and what memory it takes.

python -m benchmarks.ingest [--parts abcd] [--rounds N] [--memory MILLIONS…] [--day-events N]

(a) 1,000 simulated objects of 500 events, (b) 3,872 small objects, (c) peak memory at growing
sizes, (d) the last hundredth into a day that is full already, against the first. Prints
Markdown; what was last published is in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.contest import Run, ratio, run_module, table, take_turns
from benchmarks.ways import OURS
from pipeline.simulate import Plan, simulate

_SMALL_TRAIL = Path(__file__).parent.parent.parent / "shared" / "data" / "s3-trail"
_DAY = datetime(2026, 3, 2, tzinfo=UTC)
_EVENTS_OF_A = 490_000  # with doubles, 500,000 records


def main() -> None:
    """Run the parts asked for, and print what came of them."""
    asked = _arguments()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as for anyone who runs a program twice
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}\n")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as folder:
        for part in asked.parts:
            print("\n".join(_PARTS[part](Path(folder), asked)), flush=True)


def large_objects(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(a): 1,000 objects of 500 events."""
    trail = _simulated(folder, "a", Plan(events=_EVENTS_OF_A, records_per_file=500))
    return _contest("(a) 1,000 objects of 500 events", trail, folder, asked.rounds)


def small_objects(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(b): 3,872 small objects, the real ones where they are at hand."""
    if _SMALL_TRAIL.is_dir():
        return _contest(
            "(b) 3,872 small objects of a real trail", _SMALL_TRAIL, folder, asked.rounds
        )
    trail = _simulated(folder, "b", Plan(accounts=1, days=2, events=30_000, records_per_file=8))
    return _contest("(b) 3,900 small simulated objects", trail, folder, asked.rounds)


def memory(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(c): peak memory at growing sizes."""
    lines = ["### (c) memory at growing sizes", "", "| events | wall s | events/s | peak MiB |"]
    lines.append("|---:|---:|---:|---:|")
    for millions in asked.memory:
        events = int(millions * 1_000_000)
        trail = _simulated(folder, "c", Plan(accounts=8, days=30, events=events))
        run = _go(OURS, trail, folder)
        lines.append(f"| {events:,} | {run.wall:.1f} | {events / run.wall:,.0f} | {run.peak:.0f} |")
        shutil.rmtree(trail)
    return [*lines, ""]


def full_day(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(d): the last hundredth into a day that is full, against the first."""
    from benchmarks.day import fill_day

    events = asked.day_events
    plan = Plan(days=1, start=_DAY, events=events // 100, records_per_file=500, late=0)
    trail = _simulated(folder, "d", plan)
    full = folder / "full"
    fill_day(full / "lake", _DAY.date(), events - events // 100)
    into = {
        "the first 1%, into an empty lake": lambda: _go(OURS, trail, folder),
        "the last 1%": lambda: _go_into_copy(full, trail, folder),
    }
    runs = take_turns(into, asked.rounds)
    first, last = runs.values()
    return [
        f"### (d) into a day of {events:,} events",
        "",
        *table(runs, "the first 1%, into an empty lake"),
        "",
        f"The last takes {ratio(last, first):.2f}x the time of the first.",
        "",
    ]


_PARTS = {"a": large_objects, "b": small_objects, "c": memory, "d": full_day}


def _contest(title: str, trail: Path, folder: Path, rounds: int) -> list[str]:
    ways = ("floor", "decode", OURS, "read_json")
    runs = take_turns(
        {way: lambda way=way: _go(way, trail, folder) for way in ways},  # type: ignore[misc]
        rounds,
    )
    ours = [json.loads(run.output) for run in runs[OURS]]
    inside = median(run["seconds"] for run in ours)
    counted = {name: ours[0][name] for name in ("objects_new", "records_read", "rows_added")}
    return [
        f"### {title}",
        "",
        *table(runs, OURS),
        "",
        f"Ours is {ratio(runs['read_json'], runs[OURS]):.1f}x as fast as read_json, whole process "
        f"against whole process; of its time {inside:.2f} s are the ingest itself. {counted}",
        "",
    ]


def _go(way: str, trail: Path, folder: Path) -> Run:
    out = folder / "out"
    out.mkdir()
    try:
        return run_module("benchmarks.ways", way, str(trail), str(out))
    finally:
        shutil.rmtree(out)


def _go_into_copy(full: Path, trail: Path, folder: Path) -> Run:
    """Ingest into the full lake, and put it back as it was: files are never changed in place."""
    kept = folder / "kept"
    _copy_links(full, kept)
    try:
        return run_module("benchmarks.ways", OURS, str(trail), str(full))
    finally:
        shutil.rmtree(full)
        kept.rename(full)


def _copy_links(source: Path, target: Path) -> None:
    """Copy a lake: data files as links, what a database or a catalog changes as files."""
    for path in source.rglob("*"):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif path.suffix == ".parquet":
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)


def _simulated(folder: Path, name: str, plan: Plan) -> Path:
    trail = folder / name
    print(f"simulating {plan.events:,} events", file=sys.stderr)
    simulate(plan, trail)
    return trail / "AWSLogs"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--parts", default="abcd", help="which parts, default all")
    parser.add_argument("--rounds", type=int, default=5, help="counted turns of each way")
    parser.add_argument("--memory", type=float, nargs="+", default=[0.5, 2.5], metavar="MILLIONS")
    parser.add_argument("--day-events", type=int, default=50_000_000, metavar="N")
    parser.add_argument("--folder", type=Path, help="where the data is made, default the system's")
    return parser.parse_args()


if __name__ == "__main__":
    main()
