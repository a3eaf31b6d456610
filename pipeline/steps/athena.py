"""Write what makes the lake's tables known to Athena."""

from __future__ import annotations

from pipeline.ask.athena import glue_tables, register, views
from pipeline.lake.catalog import Lake

__all__ = ["write_ddl", "write_registration"]


def write_ddl(lake: Lake, database: str, place: str = "") -> str:
    """Return the views in Athena's SQL; see `pipeline.ask.athena`."""
    glue_tables(lake, place)  # refuses a lake that Athena cannot read
    return views(lake, database)


def write_registration(lake: Lake, database: str, place: str = "") -> str:
    """Return a shell script that makes Glue know the tables; see `pipeline.ask.athena`."""
    return register(glue_tables(lake, place), database)
