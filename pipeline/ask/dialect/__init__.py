"""Queries written for Athena or CloudTrail Lake, as DuckDB SQL that gives the same answer."""

from __future__ import annotations

from pipeline.ask.dialect.context import Dialect, Note
from pipeline.ask.dialect.translate import Translation, translate

__all__ = ["Dialect", "Note", "Translation", "translate"]
