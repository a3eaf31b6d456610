"""Write a small DuckDB database of views over the current snapshot, for any DuckDB client.

It holds no rows but a few about itself: its views name the lake's files. It is written beside its
place and moved there in one step, so that a client which has the old one open goes on with that.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb

from pipeline.ask.dialect.macros import definitions
from pipeline.ask.models import Named, find_model, view_names
from pipeline.ask.session import Snapshot, open_session
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.content import file_day
from pipeline.lake.derived import list_derived
from pipeline.lake.meanings import MEANINGS
from pipeline.lake.schema import LOGS, TABLES
from pipeline.lake.snapshot import TableView, scan_sql

ABOUT = "trailhouse_about"
"""The one table in the file: what it shows, and until when."""

_OWN = ("trino_", "lake_")
"""How the macros begin that only translated queries and other macros call."""

_STORAGE = "v1.4.0"
"""The oldest DuckDB whose files can hold what is written; older clients cannot open it."""

_PART = 512
"""So many files of the facts are read by one part of their view, where there are twice as many.

A client opens every file to see what times are in it, a millisecond each; a part whose days a
query does not ask for is left alone. Below that, parts cost more than they save: each filters.
"""


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
    file = file.absolute()
    _check(file)
    since = datetime.now(UTC).replace(microsecond=0)  # what is named now is not removed sooner
    with open_session(lake) as session, _beside(file) as place:
        snapshot = session.snapshot()
        tables, views = _found(snapshot)
        facts = snapshot.view.tables[LOGS.name]
        made = Connected(
            file=file,
            snapshot_id=facts.snapshot_id,
            committed_at=_committed_at(facts),
            valid_until=since + grace,
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
        # What a client wrote into the old file and did not fold in would keep the new one shut:
        # "WAL does not match database file". Who has it open goes on with what it has open.
        file.with_name(file.name + ".wal").unlink(missing_ok=True)
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
        connection.begin()  # or each statement would be flushed to disk by itself
        for name, rest in definitions().items():
            connection.execute(f"create macro {name}{rest}")
        local = snapshot.view.lake.storage.local
        for name, table in tables.items():
            source = facts_sql(table, local) if name == LOGS.name else _scan(table, local)
            connection.execute(f'create view "{name}" as {source}')
        for name, sql in views.items():
            connection.execute(f'create view "{name}" as {sql}')
        for name in (*tables, *views):
            _comment(connection, name)
        _write_about(connection, snapshot.view.lake, about)
        connection.commit()
        connection.execute("use memory")
        connection.execute("detach made")


def _write_about(connection: duckdb.DuckDBPyConnection, lake: Lake, about: Connected) -> None:
    connection.execute(
        f"create table {ABOUT} (lake varchar, snapshot_id bigint, committed_at varchar, "
        "valid_until varchar, renewed_by varchar)"
    )
    renew = shlex.join(["trailhouse", "connect", str(about.file), "--lake", lake.location])
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


Local = Callable[[Sequence[str]], list[str]]
"""Returns local paths of locations in a lake."""


def facts_sql(table: TableView, local: Local) -> str:
    """Return the query of all facts, in parts by time where there are many files.

    What a part says of its times is true of all its rows. DuckDB drops a part whose times
    contradict a query's before it opens a file.
    """
    files = sorted(table.files(), key=lambda file: file_day(file) or date.max)
    days = [file_day(file) for file in files]
    paths = local([file.file_path for file in files])
    dated = [(day, path) for day, path in zip(days, paths, strict=True) if day]
    if len(dated) <= 2 * _PART or len(dated) < len(files):
        return f"select * from {scan_sql(table.schema, paths)}"
    parts: list[list[tuple[date, str]]] = [[]]
    for day, path in dated:
        if len(parts[-1]) >= _PART and parts[-1][-1][0] != day:
            parts.append([])
        parts[-1].append((day, path))
    return " union all ".join(
        f"select * from {scan_sql(table.schema, [path for _, path in part])} where {_spans(part)}"
        for part in parts
    )


def _scan(table: TableView, local: Local) -> str:
    paths = local([file.file_path for file in table.files()])
    return f"select * from {scan_sql(table.schema, paths)}"


def _spans(part: Sequence[tuple[date, str]]) -> str:
    first, last = part[0][0], part[-1][0]
    return (
        f"event_date between date '{first}' and date '{last}' "
        f"and event_time >= timestamptz '{first} 00:00:00+00' "
        f"and event_time < timestamptz '{last + timedelta(days=1)} 00:00:00+00'"
    )


def _comment(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Say of a view and its columns what they are, for clients that show comments."""
    about, columns = _meanings(name)
    if about:
        connection.execute(f"comment on view \"{name}\" is '{_text(about.strip())}'")
    for column, *_ in connection.execute(f'describe "{name}"').fetchall():
        if meaning := str(columns.get(column) or "").strip():
            place = f'"{name}"."{column}"'
            connection.execute(f"comment on column {place} is '{_text(meaning)}'")


def _meanings(name: str) -> tuple[str, Mapping[str, str]]:
    """Return what a table or view is, and what its columns are."""
    if name in TABLES:
        return TABLES[name].meaning, MEANINGS[name]
    model = find_model(name)
    told = model.header if model else {}
    return str(told.get("description") or ""), told.get("columns") or {}


def _committed_at(facts: TableView) -> datetime | None:
    found = facts.table.snapshot_by_id(facts.snapshot_id) if facts.snapshot_id else None
    return datetime.fromtimestamp(found.timestamp_ms / 1000, UTC) if found else None


def _text(value: str) -> str:
    return value.replace("'", "''")
