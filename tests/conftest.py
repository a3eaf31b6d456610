"""What holds for all tests: Hypothesis judges results, never time; one flag writes files anew."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("trailhouse", deadline=None)
settings.load_profile("trailhouse")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag that writes golden files anew: pytest tests/cli --refresh-golden."""
    parser.addoption(
        "--refresh-golden", action="store_true", help="write golden files and documents anew"
    )
