"""A fresh lake for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lake.catalog import Lake, open_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake in a folder of the test's own."""
    return open_lake(str(tmp_path / "lake"), create=True)
