"""What a build costs: one new day after a year against the same day alone, and all at once.

python -m benchmarks.build [--days N] [--events N] [--rounds N] [--full MILLIONS…]

(a) A year of simulated events is built, then one more day; the same day is built in a lake that
had none. (b) Full builds at growing sizes: time and peak memory. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.contest import Run, run_module
from pipeline.simulate import Plan, simulate

_START = datetime(2026, 3, 2, tzinfo=UTC)


def main() -> None:
    """Run both parts, or do one of the things they are made of in this process."""
    if sys.argv[1:2] == ["build"]:
        print(json.dumps(_build(Path(sys.argv[2]))))
        return
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        print("\n".join(new_day(Path(name), asked)), flush=True)
        print("\n".join(full(Path(name), asked)), flush=True)


def new_day(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(a): one new day, after a year and alone."""
    plan = Plan(days=asked.days + 1, start=_START, events=asked.events, late=0)
    trail = _simulated(folder / "trail", plan)
    last = _taken_out(trail, _START + timedelta(days=asked.days), folder / "last")
    year, alone = folder / "year", folder / "alone"
    _ingest(trail, year)
    _ingest(None, alone)
    first, none = (run_module("benchmarks.build", "build", str(lake)) for lake in (year, alone))
    rounds = [
        [_after(lake, last, folder / "copy") for lake in (year, alone)] for _ in range(asked.rounds)
    ]
    ratios = [_seconds(after) / _seconds(by_itself) for after, by_itself in rounds]
    lines = [
        f"### (a) one new day of {asked.events // (asked.days + 1):,} events",
        "",
        "| | build s | process s | peak MiB |",
        "|---|---:|---:|---:|",
        _line(f"the {asked.days} days before, from nothing", [first]),
        _line("nothing, from nothing", [none]),
        _line("the day after them", [after for after, _ in rounds]),
        _line("the day alone", [by_itself for _, by_itself in rounds]),
    ]
    return [*lines, "", f"The day after {asked.days} others: {median(ratios):.2f}x.", ""]


def full(folder: Path, asked: argparse.Namespace) -> list[str]:
    """(b): a full build at growing sizes."""
    lines = ["### (b) a full build", "", "| events | build s | process s | peak MiB |"]
    lines.append("|---|---:|---:|---:|")
    for millions in asked.full:
        events = int(millions * 1_000_000)
        trail = _simulated(
            folder / "events", Plan(accounts=8, days=30, start=_START, events=events)
        )
        _ingest(trail, folder / "full")
        shutil.rmtree(trail)
        run = run_module("benchmarks.build", "build", str(folder / "full"))
        lines.append(_line(f"{events:,}", [run]))
        shutil.rmtree(folder / "full")
    return [*lines, ""]


def _build(location: Path) -> dict[str, float]:
    """Build all models in this process."""
    from pipeline.lake.catalog import open_lake
    from pipeline.models import reference_tables
    from pipeline.models.graph import load_models
    from pipeline.models.run import build

    lake, models, references = open_lake(str(location)), load_models(), reference_tables({})
    started = time.monotonic()
    result = build(lake, models, references)
    seconds = time.monotonic() - started
    for model in result.models:
        print(
            f"  {model.name:28} {model.state:8} {len(model.days):4} days {model.rows_written:10,} "
            f"rows {model.seconds:7.2f} s  {model.reason}",
            file=sys.stderr,
        )
    if not result.is_good:
        raise SystemExit("a check failed")
    return {"seconds": seconds}


def _after(lake: Path, day: Path, copy: Path) -> Run:
    """Build a day into a copy of a lake."""
    from pipeline.lake.relocate import relocate

    shutil.copytree(lake, copy)
    relocate(str(copy))
    _ingest(day, copy)
    run = run_module("benchmarks.build", "build", str(copy))
    shutil.rmtree(copy)
    return run


def _ingest(trail: Path | None, location: Path) -> None:
    from pipeline.lake.catalog import open_lake
    from pipeline.sources.open import open_source
    from pipeline.steps.ingest import ingest

    lake = open_lake(str(location), create=True)
    if trail:
        ingest(lake, [open_source(str(trail))])
    lake.close()


def _simulated(folder: Path, plan: Plan) -> Path:
    started = time.monotonic()
    simulate(plan, folder)
    print(f"  simulated in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return folder


def _taken_out(trail: Path, day: datetime, place: Path) -> Path:
    """Move the objects of a day, and what is later, out of a trail."""
    for path in sorted(trail.rglob("*.json.gz")):
        year, month, of_month = map(int, path.parts[-4:-1])
        if datetime(year, month, of_month, tzinfo=UTC) >= day:
            target = place / path.relative_to(trail)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    return place


def _seconds(run: Run) -> float:
    return float(json.loads(run.output)["seconds"])


def _line(name: str, runs: Sequence[Run]) -> str:
    built, wall, peak = (
        median(map(what, runs)) for what in (_seconds, lambda r: r.wall, lambda r: r.peak)
    )
    return f"| {name} | {built:.2f} | {wall:.1f} | {peak:.0f} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365, help="days before the new one")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of all of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--full", type=float, nargs="*", default=[1, 20], help="millions of events")
    parser.add_argument("--folder", help="where to work; needs room")
    return parser.parse_args()


if __name__ == "__main__":
    main()
