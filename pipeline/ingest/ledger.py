"""The ledger of objects: what was read of each, and which are new in a listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from pyiceberg.expressions import (
    AlwaysFalse,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThanOrEqual,
    Or,
)

from pipeline.lake.catalog import Lake
from pipeline.lake.schema import OBJECTS
from pipeline.lake.snapshot import connect, read_lake, scan_sql
from pipeline.sources.layout import key_facts
from pipeline.sources.object import LogObject

SETTLED = ("done", "tampered")
"""States after which an unchanged object is not read again."""

KEY_DATE = r"/(\d{4})/(\d{2})/(\d{2})/[^/]*$"
"""Where a trail's object name has its day."""

_MOST_DAYS = 200  # PyIceberg skips no file by a longer list of values

_DATED = f"""
select
    *,
    coalesce(
        try_cast(
            regexp_replace(
                nullif(regexp_extract(uri, '{KEY_DATE}'), ''), '{KEY_DATE}', '\\1-\\2-\\3'
            )
            as date
        ),
        modified::date
    ) as log_date
from listed
"""

_UNKNOWN = """
select listed.*
from dated as listed
anti join known
    on listed.uri = known.uri
    and listed.size is not distinct from known.size_bytes
    and listed.etag is not distinct from known.etag
    and listed.version is not distinct from known.version
    and (listed.etag is not null or listed.modified is not distinct from known.modified)
"""


@dataclass(slots=True)
class ObjectResult:
    """What came of one object: a row of `ingest_objects`.

    records = rows_added + duplicates + conflicts + quarantined, always.
    """

    uri: str
    version: str | None = None
    etag: str | None = None
    size_bytes: int | None = None
    storage_class: str | None = None
    modified: datetime | None = None
    log_date: date | None = None
    account_id: str | None = None
    region: str | None = None
    kind: str = "cloudtrail"
    sha256: str | None = None
    inflated_bytes: int = 0
    members: int = 0
    records: int = 0
    rows_added: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    first_event_time: datetime | None = None
    last_event_time: datetime | None = None
    state: str = "done"
    reason: str | None = None
    ingested_at: datetime | None = None
    batch_id: str | None = None


def start_result(item: LogObject, log_date: date | None) -> ObjectResult:
    """Return the ledger row of an object that is about to be read."""
    facts = key_facts(item.uri)
    return ObjectResult(
        uri=item.uri,
        version=item.version,
        etag=item.etag,
        size_bytes=item.size,
        storage_class=item.storage_class,
        modified=item.modified,
        log_date=log_date,
        account_id=facts.account,
        region=facts.region,
    )


def results_table(results: Sequence[ObjectResult], schema: pa.Schema) -> pa.Table:
    """Return ledger rows as Arrow, in the lake's schema, by day so that days can be skipped."""
    columns = [[getattr(result, name) for result in results] for name in schema.names]
    rows = pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
    return rows.sort_by([("log_date", "ascending"), ("uri", "ascending")])


class Ledger:
    """The objects a lake knows, as of when it was opened or refreshed.

    Only the days that a listing names are looked at, so the cost of finding nothing new
    follows the listing and not the history.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._connection = connect()
        self.refresh()

    def refresh(self) -> None:
        """See what has been committed since."""
        self._view = read_lake(self._lake)

    def unknown(self, listed: pa.Table) -> pa.Table:
        """Return the objects of a listing that have not been read in this form yet.

        Returns:
            The listing's columns and log_date: the day in the object's name, else the day it
            was last modified.
        """
        connection = self._connection
        connection.register("listed", listed)
        connection.sql(_DATED).to_table("dated")
        try:
            days = [
                row[0] for row in connection.sql("select distinct log_date from dated").fetchall()
            ]
            known = self._known(days)
            connection.sql(
                f"select uri, size_bytes, etag, version, modified from {known} "
                f"where state in {SETTLED}"
            ).to_view("known")
            return connection.sql(_UNKNOWN).to_arrow_table()
        finally:
            connection.execute("drop view if exists known; drop table dated")
            connection.unregister("listed")

    def unknown_of(self, results: Sequence[ObjectResult]) -> set[str]:
        """Return which of these objects are not on record as read."""
        listed = pa.table(
            {
                "uri": pa.array([r.uri for r in results], pa.string()),
                "size": pa.array([r.size_bytes for r in results], pa.int64()),
                "modified": pa.array([r.modified for r in results], pa.timestamp("us", "UTC")),
                "etag": pa.array([r.etag for r in results], pa.string()),
                "version": pa.array([r.version for r in results], pa.string()),
            }
        )
        return set(self.unknown(listed).column("uri").to_pylist())

    def _known(self, days: list[date | None]) -> str:
        view = self._view.tables[OBJECTS.name]
        return scan_sql(view.schema, self._view.paths(OBJECTS.name, _on_days(days)))


def _on_days(days: list[date | None]) -> BooleanExpression:
    dated = {day.isoformat() for day in days if day is not None}
    where: BooleanExpression = AlwaysFalse()
    if len(dated) > _MOST_DAYS:
        where = And(
            GreaterThanOrEqual(term="log_date", value=min(dated)),
            LessThanOrEqual(term="log_date", value=max(dated)),
        )
    elif dated:
        where = In(term="log_date", literals=dated)
    return Or(where, IsNull(term="log_date")) if None in days else where
