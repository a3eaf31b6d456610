"""Write a DuckDB file of views over the lake, for clients other than ours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipeline.ask.connect import Connected, connect_file
from pipeline.lake.catalog import Lake

__all__ = ["Connected", "connect"]


def connect(lake: Lake, file: Path, grace: timedelta) -> Connected:
    """Write the views, the functions and what they are of; see `pipeline.ask.connect`."""
    return connect_file(lake, file, grace)
