"""Write what makes the lake's tables known to Athena."""

from __future__ import annotations

from pipeline.ask.athena.glue import find_place, glue_tables, register
from pipeline.ask.athena.statements import Carried, carry_views
from pipeline.lake.catalog import Lake

__all__ = ["Carried", "write_registration", "write_views"]


def write_views(lake: Lake, database: str, prefix: str = "") -> Carried:
    """Return the views in Athena's SQL; see `pipeline.ask.athena.statements`."""
    return carry_views(lake, find_place(lake, database, prefix))


def write_registration(lake: Lake, database: str, prefix: str = "") -> str:
    """Return a shell script that makes Glue know the tables; see `pipeline.ask.athena.glue`."""
    place = find_place(lake, database, prefix)
    return register(glue_tables(lake, place), place)
