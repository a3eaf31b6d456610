"""Tell duplicates from conflicts: compare rows that share a key with what is there already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.schema import Schema

from pipeline.ingest.content import CONTENT_HASH
from pipeline.ingest.repair import canonical, canonical_hash
from pipeline.ingest.restore import restore
from pipeline.lake.snapshot import connect, scan_sql

# An event's identity: the account that received it, else the caller's; its id, else the hash
# of its canonical JSON; and its day, so that looking for it touches that day's files only.
_ACCOUNT = "coalesce(recipientaccountid, useridentity.accountid, '')"
_EVENT = "coalesce(record_hash, eventid)"

_PRINT = f"""
select
    event_key,
    event_date,
    {_ACCOUNT} as account,
    {_EVENT} as event,
    {CONTENT_HASH} as content,
    source_object,
    source_position
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One content of an event that was delivered with differing contents."""

    account_id: str
    event_id: str
    event_date: Any
    record_hash: str
    record: str
    uri: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the suspects turned out to be.

    Attributes:
        duplicates: how many records of each object are in the lake already.
        conflicts: how many records of each object have a known key and other content.
        versions: all contents of the events in conflict.
        fresh: rows that are no duplicates after all, whose key met another's by chance.
    """

    duplicates: dict[str, int]
    conflicts: dict[str, int]
    versions: list[Version]
    fresh: pa.Table | None


def judge(
    suspects: Sequence[Path], originals: Sequence[str], schema: Schema, folder: Path
) -> Verdict:
    """Compare suspects with the rows that may share their identity.

    Args:
        suspects: files of rows whose event_key is known already.
        originals: files of the lake, and of this batch, that may hold the row they repeat.
        schema: the lake's schema.
        folder: where DuckDB may spill to.
    """
    with connect() as connection:
        connection.execute("set memory_limit = '512MB'")
        connection.execute("set temp_directory = ?", [str(folder / "spill")])
        _compare(connection, schema, [str(path) for path in suspects], originals)
        counts = connection.sql(
            "select source_object, count(*) from pairs where is_same group by all"
        ).fetchall()
        verdict = Verdict(dict(counts), {}, [], None)
        differing = connection.sql(
            "select count(*) from pairs where is_same is null or not is_same"
        )
        if differing.fetchall()[0][0] == 0:
            return verdict
        return _look_closer(connection, verdict)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    schema: Schema,
    suspects: Sequence[str],
    originals: Sequence[str],
) -> None:
    """Make the table `pairs`: one row per suspect, is_same null where nothing has its identity."""
    connection.execute(f"create view suspect_rows as from {scan_sql(schema, suspects)}")
    connection.execute(f"create view original_rows as from {scan_sql(schema, originals)}")
    connection.execute(f"create table suspect_prints as {_PRINT} from suspect_rows")
    connection.execute(
        f"create table original_prints as {_PRINT} from original_rows "
        "semi join suspect_prints using (event_key)"
    )
    connection.execute(
        """
        create table pairs as
        select
            s.*,
            bool_or(s.content = o.content) as is_same
        from suspect_prints as s
        left join original_prints as o
            on s.event_key = o.event_key
            and s.account = o.account
            and s.event = o.event
            and s.event_date = o.event_date
        group by all
        """
    )


def _look_closer(connection: duckdb.DuckDBPyConnection, verdict: Verdict) -> Verdict:
    """Judge by canonical JSON what differs as rows, and find what only shares a key by chance."""
    known = _known_versions(connection)
    fresh: list[dict[str, Any]] = []
    versions: dict[tuple[Any, ...], Version] = {}
    for row in _differing(connection):
        version = version_of(row)
        identity = version.account_id, version.event_id, version.event_date
        if identity not in known:
            known[identity] = {version.record_hash: version}
            fresh.append(row)
        elif version.record_hash in known[identity]:
            _add(verdict.duplicates, version.uri)
        else:
            known[identity][version.record_hash] = version
            _add(verdict.conflicts, version.uri)
            versions |= {(*identity, h): v for h, v in known[identity].items()}
    columns = connection.sql("select * from suspect_rows limit 0").to_arrow_table().schema
    rows = pa.Table.from_pylist(fresh, schema=columns) if fresh else None
    return Verdict(verdict.duplicates, verdict.conflicts, list(versions.values()), rows)


def _differing(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    found = connection.sql(
        """
        select suspect_rows.*
        from suspect_rows
        semi join (select * from pairs where is_same is null or not is_same) as differing
            using (event_key, source_object, source_position)
        order by source_object, source_position
        """
    )
    for batch in found.to_arrow_reader(2000):
        yield from batch.to_pylist()


def _known_versions(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[Any, ...], dict[str, Version]]:
    found = connection.sql(
        """
        select original_rows.*
        from original_rows
        semi join (select * from pairs where is_same is null or not is_same) as differing
            using (event_key)
        """
    )
    known: dict[tuple[Any, ...], dict[str, Version]] = {}
    for batch in found.to_arrow_reader(2000):
        for row in batch.to_pylist():
            version = version_of(row)
            identity = version.account_id, version.event_id, version.event_date
            known.setdefault(identity, {})[version.record_hash] = version
    return known


def version_of(row: dict[str, Any]) -> Version:
    """Return a row's content in canonical form, with its identity."""
    record = restore(row)
    identity = row["useridentity"] or {}
    account = row["recipientaccountid"] or ""
    if row["recipientaccountid"] is None:
        account = identity.get("accountid") or ""
    return Version(
        account,
        row["record_hash"] if row["record_hash"] is not None else row["eventid"],
        row["event_date"],
        canonical_hash(record),
        canonical(record),
        row["source_object"],
    )


def _add(counts: dict[str, int], uri: str) -> None:
    counts[uri] = counts.get(uri, 0) + 1
