"""Ask a lake one SQL query."""

from __future__ import annotations

from datetime import datetime

from pipeline.ask.answer import Answer
from pipeline.ask.session import Parameters, open_session
from pipeline.lake.catalog import Lake


def query(
    lake: Lake,
    sql: str,
    parameters: Parameters | None = None,
    *,
    at: int | datetime | None = None,
    dialect: str | None = None,
    lenient: bool = False,
) -> Answer:
    """Ask one query of the newest snapshot, or of an older one.

    See `pipeline.ask.session.Session.sql`, which this is with a session of its own.

    Raises:
        QueryError: DuckDB refused the query, or it would write.
        SnapshotNotFound: there is no snapshot of that id or time.
    """
    return open_session(lake).sql(sql, parameters, at=at, dialect=dialect, lenient=lenient)
