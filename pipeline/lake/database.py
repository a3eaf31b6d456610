"""The lake's SQL database: what is neither facts nor metadata of tables, such as runs and leases.

Where it is: `state.db` in the folder of a lake on disk; the catalog's own database when the
catalog is SQL; else, for REST and Glue, what the setting `catalog.state` names, by default a
SQLite file in the cache folder. That default is private to a machine: with it leases hold only
there, so name a shared database where several machines maintain one lake.

SQLite runs with its rollback journal and not with WAL: WAL needs memory shared between the
processes, which network file systems do not give, and a folder that can be written, which a
reader may not have.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipeline.errors import LakeError

VERSION = 1
"""Version of the tables here; a lake of a newer one is refused rather than misread."""

_BUSY_SECONDS = 30
_POSTGRES = ("postgres", "postgresql")
_metadata = MetaData()

RUNS = Table(
    "trailhouse_runs",
    _metadata,
    Column("lake", String(500), primary_key=True),
    Column("run_id", String(64), primary_key=True),
    Column("command", String(200), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("seen_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("state", String(20), nullable=False),
    Column("summary", Text),
    Column("error", Text),
    Column("machine", String(300), nullable=False),
    Column("pid", Integer, nullable=False),
)

LEASES = Table(
    "trailhouse_leases",
    _metadata,
    Column("lake", String(500), primary_key=True),
    Column("purpose", String(100), primary_key=True),
    Column("owner", String(300), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", String(40), nullable=False),
)

UNREFERENCED = Table(
    "trailhouse_unreferenced",
    _metadata,
    Column("lake", String(500), primary_key=True),
    Column("location", String(1000), primary_key=True),
    Column("seen_at", String(40), nullable=False),
)
"""Files that no snapshot names any more, and since when that has been known."""

_VERSIONS = Table(
    "trailhouse_state",
    _metadata,
    Column("name", String(50), primary_key=True),
    Column("version", Integer, nullable=False),
)


@dataclass(slots=True)
class Database:
    """The lake's database, connected to when it is first asked.

    Attributes:
        url: where it is, as SQLAlchemy writes it.
        lake: which lake's rows are meant; empty where the database lies in the lake's own
            folder, so that they stay right when the folder is moved.
    """

    url: URL
    lake: str = ""
    _engine: Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction; the tables are made first where there are none.

        Raises:
            LakeError: the database cannot be reached or written, or is of a newer version.
        """
        with self._explained(), self._writable().begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection | None]:
        """Open a connection for reading; None where there is no database or no right to it.

        Nothing is written, made or locked for long, so a lake can be looked at on a medium
        that cannot be written.
        """
        engine = self._readable()
        if engine is None:
            yield None
            return
        try:
            with engine.connect() as connection:
                found = connection.execute(select(_VERSIONS.c.version)).scalar()
                yield connection if found is not None and found <= VERSION else None
        except DBAPIError:
            yield None
        finally:
            if engine is not self._engine:
                engine.dispose()

    def close(self) -> None:
        """Close its connections."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()

    @property
    def file(self) -> Path | None:
        """The database's file where it is SQLite."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        return Path(str(self.url.database)) if is_file else None

    def _writable(self) -> Engine:
        with self._lock:
            if self._engine is None:
                if self.file:
                    self.file.parent.mkdir(parents=True, exist_ok=True)
                engine = _connect(self.url)
                _make_tables(engine)
                self._engine = engine
            return self._engine

    def _readable(self) -> Engine | None:
        if self._engine is not None or self.file is None:
            return self._engine or _connect(self.url)
        if not self.file.exists():
            return None
        query = {"mode": "ro", "uri": "true", "timeout": str(_BUSY_SECONDS)}
        return _connect(URL.create("sqlite", database=self.file.resolve().as_uri(), query=query))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise  # another process was first, which is for the caller to know
        except DBAPIError as failed:
            raise LakeError(
                f"the lake's database {self.url.render_as_string()}: {failed.orig}",
                "check that it can be reached and written",
            ) from failed
        except OSError as failed:
            raise LakeError(
                f"the lake's database {self.url.render_as_string()}: {failed.strerror}",
                "check that its folder can be written",
            ) from failed


def database_url(text: str) -> URL:
    """Return a database's URL in the form its driver knows.

    SQLite is told to wait for other writers rather than fail at once.

    >>> database_url("postgres://u@db/lake").drivername
    'postgresql+psycopg'
    """
    url = make_url(text)
    if url.get_backend_name() == "sqlite" and url.database and "timeout" not in url.query:
        return url.update_query_dict({"timeout": str(_BUSY_SECONDS)})
    return url.set(drivername="postgresql+psycopg") if url.drivername in _POSTGRES else url


def sqlite_url(path: Path) -> URL:
    """Return the URL of a SQLite file."""
    return database_url(URL.create("sqlite", database=str(path)).render_as_string())


def private_url(url: URL) -> str:
    """Return a URL with its password, for a driver and nobody else."""
    return url.render_as_string(hide_password=False)


def _connect(url: URL) -> Engine:
    return create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")


@retry(
    retry=retry_if_exception_type(DBAPIError),
    wait=wait_random_exponential(0.05, max=1),
    stop=stop_after_attempt(4),
    reraise=True,
)
def _make_tables(engine: Engine) -> None:
    """Make what is missing; tried again because two may make the same table at once.

    Raises:
        LakeError: the tables are of a newer version.
    """
    with engine.begin() as connection:
        for table in _metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
    with engine.begin() as connection:
        found = connection.execute(select(_VERSIONS.c.version)).scalar()
    if found is None:
        try:
            with engine.begin() as connection:
                connection.execute(insert(_VERSIONS).values(name="state", version=VERSION))
        except IntegrityError:
            return
    elif found > VERSION:
        raise LakeError(
            f"the lake's database {engine.url.render_as_string()} is of version {found}, "
            f"this Trailhouse knows {VERSION}",
            "install a newer Trailhouse",
        )
