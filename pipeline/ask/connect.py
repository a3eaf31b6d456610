"""Write a small DuckDB database of views over the current snapshot, for any DuckDB client.

It holds no rows but a few about itself: its views name the lake's files. It is written beside its
place and moved there in one step, so that a client which has the old one open goes on with that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb

from pipeline.ask.dialect.macros import definitions
from pipeline.ask.models import Named, view_names
from pipeline.ask.session import Snapshot, open_session
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import list_derived
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import TableView, scan_sql

ABOUT = "trailhouse_about"
"""The one table in the file: what it shows, and until when."""

_OWN = ("trino_", "lake_")
"""How the macros begin that only translated queries and other macros call."""

_STORAGE = "v1.4.0"
"""The oldest DuckDB whose files can hold what is written; older clients cannot open it."""


@dataclass(frozen=True, slots=True)
class Connected:
    """What was written.

    Attributes:
        file: where.
        snapshot_id: the snapshot of the facts; None while there are none.
        committed_at: when that was committed.
        valid_until: files of the lake that the views name stay at least until then.
        tables: the views that are tables of the lake, with what models and CSV files made.
        views: the views that are models' SQL.
        macros: the functions, without those that only help others.
    """

    file: Path
    snapshot_id: int | None
    committed_at: datetime | None
    valid_until: datetime
    tables: tuple[str, ...]
    views: tuple[str, ...]
    macros: tuple[str, ...]


def connect_file(lake: Lake, file: Path, grace: timedelta) -> Connected:
    """Write the database, in place of what is there.

    Args:
        lake: on a local disk.
        file: where to; must be named as a DuckDB database is.
        grace: how long `trailhouse maintain` keeps files that nothing names any more.

    Raises:
        LakeError: the lake is on S3.
        UsageError: the file is something else than a database, or cannot be written.
    """
    if lake.location.startswith("s3://"):
        raise LakeError(
            f"lake {lake.location}: its files are not on this machine, where a client reads them",
            "ask it with: trailhouse sql, or on Athena: trailhouse athena ddl",
        )
    _check(file)
    with open_session(lake) as session, _beside(file) as place:
        snapshot = session.snapshot()
        tables, views = _found(snapshot)
        facts = snapshot.view.tables[LOGS.name]
        made = Connected(
            file=file,
            snapshot_id=facts.snapshot_id,
            committed_at=_committed_at(facts),
            valid_until=datetime.now(UTC).replace(microsecond=0) + grace,
            tables=tuple(sorted(tables)),
            views=tuple(sorted(views)),
            macros=public_names(),
        )
        _write(place, snapshot, tables, views, made)
    return made


def public_names() -> tuple[str, ...]:
    """Return the functions that a client gets by the names that queries for Athena call them by."""
    return tuple(sorted(name for name in definitions() if not name.startswith(_OWN)))


def _check(file: Path) -> None:
    """Refuse to replace what is no database, or what a database cannot be written to."""
    if file.is_dir():
        raise UsageError(f"{file} is a folder", "name a file, such as trailhouse.duckdb")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", "make it, or name another file")
    if file.exists() and not _is_database(file):
        raise UsageError(f"{file} is no DuckDB database and stays as it is", "name another file")


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        head = opened.read(12)
    return head == b"" or head[8:12] == b"DUCK"


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Give a place beside a file, and move what is written there to the file."""
    place = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        yield place
        os.replace(place, file)
    except OSError as failed:
        raise UsageError(
            f"cannot write {file}: {failed.strerror}", "name another place"
        ) from failed
    finally:
        place.unlink(missing_ok=True)
        place.with_name(place.name + ".wal").unlink(missing_ok=True)


def _found(snapshot: Snapshot) -> tuple[dict[str, TableView], dict[str, str]]:
    """Return the tables there are, and the SQL of views in the order to make them."""
    lake = snapshot.view.lake
    named = Named(lake)
    derived = set(list_derived(lake))
    with duckdb.connect() as parser:
        for name in [*sorted(derived), *view_names()]:
            named.find(parser, name)
    tables = {**snapshot.view.tables, **named.tables}
    return tables, {name: view.sql for name, view in named.views.items()}


def _write(
    place: Path,
    snapshot: Snapshot,
    tables: Mapping[str, TableView],
    views: Mapping[str, str],
    about: Connected,
) -> None:
    with duckdb.connect(config={"autoload_known_extensions": False}) as connection:
        connection.execute(f"attach '{_text(str(place))}' as made (storage_version '{_STORAGE}')")
        connection.execute("use made")
        for name, rest in definitions().items():
            connection.execute(f"create macro {name}{rest}")
        local = snapshot.view.lake.storage.local
        for name, table in tables.items():
            paths = local([file.file_path for file in table.files()])
            connection.execute(f'create view "{name}" as from {scan_sql(table.schema, paths)}')
        for name, sql in views.items():
            connection.execute(f'create view "{name}" as {sql}')
        _write_about(connection, snapshot.view.lake, about)
        connection.execute("use memory")
        connection.execute("detach made")


def _write_about(connection: duckdb.DuckDBPyConnection, lake: Lake, about: Connected) -> None:
    connection.execute(
        f"create table {ABOUT} (lake varchar, snapshot_id bigint, committed_at varchar, "
        "valid_until varchar, renewed_by varchar)"
    )
    renew = f"trailhouse connect {about.file} --lake {lake.location}"
    connection.execute(
        f"insert into {ABOUT} values ($lake, $id, $committed, $until, $renew)",
        {
            "lake": lake.location,
            "id": about.snapshot_id,
            "committed": about.committed_at.isoformat() if about.committed_at else None,
            "until": about.valid_until.isoformat(),
            "renew": renew,
        },
    )


def _committed_at(facts: TableView) -> datetime | None:
    found = facts.table.snapshot_by_id(facts.snapshot_id) if facts.snapshot_id else None
    return datetime.fromtimestamp(found.timestamp_ms / 1000, UTC) if found else None


def _text(value: str) -> str:
    return value.replace("'", "''")
