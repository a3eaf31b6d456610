"""Simulate a small organisation and take its trails into a lake, all in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.ingest.run import Counts
from pipeline.lake.catalog import Lake, open_lake
from pipeline.simulate import Plan, Truth, simulate
from pipeline.sources.open import open_source
from pipeline.steps.ingest import IngestSummary, ingest

EVENTS = 120_000
DAYS = 14
QUESTION = "demo/refused"
_MARK = ".trailhouse-demo"
_PARTS = ("trail", "lake")


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The folder of a demo: trails in one part of it, the lake in another."""

    path: Path

    @property
    def trail(self) -> Path:
        """Where the trails are."""
        return self.path / "trail"

    @property
    def lake(self) -> Path:
        """Where the lake is."""
        return self.path / "lake"

    @property
    def is_foreign(self) -> bool:
        """Whether it holds something and no demo made it."""
        if not self.path.exists():
            return False
        is_empty = self.path.is_dir() and next(self.path.iterdir(), None) is None
        return not is_empty and not (self.path / _MARK).exists()

    def clear(self) -> None:
        """Remove what an earlier demo left, nothing else, and mark the folder as a demo's."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / _MARK).write_text("made by trailhouse demo, which replaces it\n")
        for part in _PARTS:
            if (self.path / part).exists():
                shutil.rmtree(self.path / part)


def simulate_demo(folder: DemoFolder, progress: Callable[[int], None]) -> Truth:
    """Write two weeks of an organisation of four accounts, the last day of them yesterday.

    Nothing is late: an object delivered after the end would make the end look like a gap.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    plan = Plan(
        accounts=4, seed=7, start=today - timedelta(days=DAYS), days=DAYS, events=EVENTS, late=0
    )
    return simulate(plan, folder.trail, progress)


def ingest_demo(folder: DemoFolder, report: Callable[[Counts], None]) -> tuple[Lake, IngestSummary]:
    """Take the demo's trails into the demo's own lake, whatever lake the settings name."""
    lake = open_lake(str(folder.lake), create=True)
    source = open_source(str(folder.trail / "AWSLogs"))
    return lake, ingest(lake, [source], report=report)
