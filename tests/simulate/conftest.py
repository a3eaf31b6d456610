"""One small simulated trail, read back with nothing but gzip and json."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pipeline.simulate import Plan, Truth, simulate

Record = dict[str, Any]


@dataclass(frozen=True)
class Trail:
    """A simulated folder and what a plain reader finds in it."""

    folder: Path
    plan: Plan
    truth: Truth

    @cached_property
    def texts(self) -> dict[str, str]:
        """Return the JSON of every object by its key."""
        return {
            str(path.relative_to(self.folder)): gzip.decompress(path.read_bytes()).decode()
            for path in sorted(self.folder.rglob("*.json.gz"))
        }

    @cached_property
    def objects(self) -> dict[str, list[Record]]:
        """Return the records of every object by its key."""
        return {key: json.loads(text)["Records"] for key, text in self.texts.items()}

    @cached_property
    def records(self) -> list[Record]:
        """Return every record delivered."""
        return [record for records in self.objects.values() for record in records]

    @cached_property
    def events(self) -> list[Record]:
        """Return every distinct event, in order of time."""
        by_key = {(r["recipientAccountId"], r["eventID"]): r for r in self.records}
        return sorted(by_key.values(), key=lambda r: (r["eventTime"], r["eventID"]))

    def named(self, *names: str) -> list[Record]:
        """Return the events of some names that worked, in order of time."""
        return [e for e in self.events if e.get("eventName") in names and "errorCode" not in e]


@pytest.fixture(scope="session")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Trail:
    """Give a week of four accounts."""
    plan = Plan(accounts=4, seed=7, days=7, events=40_000, late=0.01)
    folder = tmp_path_factory.mktemp("trail")
    return Trail(folder, plan, simulate(plan, folder))
