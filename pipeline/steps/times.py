"""Times as people write them, for those who call the steps."""

from __future__ import annotations

from pipeline.settings.age import LONGEST, parse_age
from pipeline.settings.times import ACCEPTED, parse_time, write_time

__all__ = ["ACCEPTED", "LONGEST", "parse_age", "parse_time", "write_time"]
