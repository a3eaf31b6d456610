"""The DuckDB macros that translated queries call: what Trino has and DuckDB has not."""

from __future__ import annotations

from functools import cache

import duckdb

from pipeline.queryfile import content_root

_FOLDER = "dialects"


def make_macros(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make them for one cursor: those of `queries/dialects`, temporary, each `trino_<function>`."""
    cursor.execute(_statements())


@cache
def _statements() -> str:
    folder = content_root() / _FOLDER
    files = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]
    return "\n".join(texts) or "select 1"
