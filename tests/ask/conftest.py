"""Small lakes to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.ask.session import Session, open_session
from pipeline.lake.catalog import Lake, open_lake
from tests.lakerows import at, commit_rows, event


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return open_lake(str(tmp_path / "lake"), create=True)


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of ten days, a file each, and on the last day a second file."""
    lake = open_lake(str(tmp_path_factory.mktemp("days") / "lake"), create=True)
    files = [[event(at(day, hour), hour) for hour in (0, 12, 23)] for day in range(10)]
    commit_rows(lake, *files, [event(at(9, 13), 13)])
    return lake


@pytest.fixture
def session(ten_days: Lake) -> Iterator[Session]:
    """The ten days, open for questions."""
    with open_session(ten_days) as opened:
        yield opened
