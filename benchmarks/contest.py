"""Run commands in turns, each in a fresh process, and compare what they took.

Machines are noisy and shared, so no figure stands alone: the contestants take turns, and what
is quoted is the median of the ratios within one turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall and processor, peak memory in MiB, what it printed."""

    wall: float
    cpu: float
    peak: float
    output: str


def run_module(module: str, *arguments: str) -> Run:
    """Run a module of Python in a fresh process.

    Raises:
        SystemExit: it failed; what it said is shown.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"python -m {module} {' '.join(arguments)} failed: {output}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def take_turns(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run every contestant once a round; one round before, to warm the disk's cache."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, start in contestants.items():
            run = start()
            print(f"  {name}: {run.wall:.2f} s, {run.peak:.0f} MiB", file=sys.stderr)
            if number:
                runs[name].append(run)
    return runs


def ratio(slower: Sequence[Run], faster: Sequence[Run]) -> float:
    """Return how many times longer the one took: the median over the turns."""
    return median(s.wall / f.wall for s, f in zip(slower, faster, strict=True))


def table(runs: Mapping[str, Sequence[Run]], measured: str) -> list[str]:
    """Return Markdown lines: medians of each contestant, and its ratio to the measured one."""
    lines = [
        f"| | wall s | cpu s | peak MiB | wall against {measured} |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in runs.items():
        wall, cpu, peak = (
            median(values) for values in zip(*((r.wall, r.cpu, r.peak) for r in found), strict=True)
        )
        lines.append(
            f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} "
            f"| {ratio(found, runs[measured]):.2f}x |"
        )
    return lines
