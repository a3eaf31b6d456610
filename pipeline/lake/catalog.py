"""Open a lake: its Iceberg catalog, its tables and its storage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.table import Table
from sqlalchemy import inspect
from sqlalchemy.exc import ArgumentError, DBAPIError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipeline.errors import LakeError
from pipeline.lake.database import Database, database_url, private_url, sqlite_url
from pipeline.lake.schema import LOGS, TABLES, TableSpec
from pipeline.lake.storage import LocalStorage, S3Storage, Storage, check_location

NAMESPACE = "trailhouse"
_ROWS = IcebergTables.__tablename__

PROPERTIES = {
    "format-version": "2",
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "50",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
    "write.metadata.metrics.default": "none",
    "write.delete.isolation-level": "snapshot",
}
"""Table properties. No retries: a commit that lost a race must look at what won it."""

_TIME_METRICS = ("event_time", "event_date", "log_date", "event_key")


@dataclass(frozen=True, slots=True)
class CatalogOptions:
    """How to reach the catalog.

    Attributes:
        properties: PyIceberg catalog properties (`type`, `uri`, `s3.endpoint`, …); empty:
            SQLite in the lake's folder.
        cache: where files of a lake on S3 are kept for reading.
        state: URL of the SQL database for runs and leases; empty: `state.db` in a lake's
            folder, the catalog's own database when the catalog is SQL, else a SQLite file in
            the cache, which other machines do not see.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    cache: Path = Path("~/.cache/trailhouse")
    state: str = ""


@dataclass(frozen=True, slots=True)
class Lake:
    """One lake: tables in a catalog, files in a storage, runs and leases in a database."""

    catalog: Catalog
    storage: Storage
    database: Database

    @property
    def location(self) -> str:
        """Where the lake is."""
        return self.storage.location

    def close(self) -> None:
        """Close the connections to its databases; they open again when it is used again."""
        self.catalog.close()
        self.database.close()

    def table(self, name: str) -> Table:
        """Load a table as it is now.

        Raises:
            LakeError: its metadata is missing or damaged.
        """
        try:
            return _load_table(self.catalog, name)
        except FileNotFoundError as missing:
            raise _missing_metadata(self.location, str(missing)) from missing
        except ValidationError as damaged:
            raise LakeError(
                f"lake {self.location}: the newest metadata of table {name} is damaged",
                "restore it from a copy of the lake",
            ) from damaged


@retry(
    retry=retry_if_exception_type(FileNotFoundError),
    wait=wait_random_exponential(0.01, max=0.5),
    stop=stop_after_attempt(8),
    reraise=True,
)
def _load_table(catalog: Catalog, name: str) -> Table:
    """Load a table; tried again when its metadata is gone: a writer replaced it in between."""
    return catalog.load_table((NAMESPACE, name))


def open_lake(
    location: str, options: CatalogOptions | None = None, *, create: bool = False
) -> Lake:
    """Open the lake at a location.

    Args:
        location: a folder or an `s3://bucket/prefix`.
        options: the catalog; default SQLite in the lake's folder.
        create: make the lake, or tables that an older version did not have.

    Raises:
        LakeError: there is no lake, it was moved, or its catalog cannot be reached.
    """
    options = options or CatalogOptions()
    place = check_location(location)
    try:
        return _open(place, options, create)
    except DBAPIError as failed:
        (said, *_) = str(failed.orig).splitlines()
        raise LakeError(
            f"lake {place}: its catalog does not answer: {said}", "check catalog.uri"
        ) from failed
    except (ArgumentError, ValueError):
        raise LakeError(
            f"lake {place}: its settings name no catalog, or no database, that is known",
            "give catalog.uri and catalog.state as postgresql://… or sqlite:///…, "
            "and catalog.type as sql, rest or glue",
        ) from None  # the library's words hold the URL with its password


def _open(place: str, options: CatalogOptions, create: bool) -> Lake:
    catalog = _make_catalog(place, options) if create else _catalog(place, options)
    lake = Lake(catalog, _storage(place, options), _database(place, options, catalog))
    try:
        if create:
            _keep_lost_tables(lake)
            _make_tables(lake)
        elif isinstance(catalog, SqlCatalog) and not inspect(catalog.engine).has_table(_ROWS):
            raise _no_lake(place)
        _check_place(lake)
    except BaseException:
        lake.close()
        raise
    return lake


def open_moved(location: str, options: CatalogOptions | None = None) -> Lake:
    """Open what is needed to relocate a lake, whose tables cannot be read yet.

    Its catalog is made anew where it was not moved with the files.
    """
    options = options or CatalogOptions()
    place = check_location(location)
    storage = _storage(place, options)
    if not any(True for _ in storage.list("tables")):
        raise _no_lake(place)
    catalog = _make_catalog(place, options)
    return Lake(catalog, storage, _database(place, options, catalog))


_AT_ONCE = retry(
    retry=retry_if_exception_type(DBAPIError),
    wait=wait_random_exponential(0.05, max=1),
    stop=stop_after_attempt(6),
    reraise=True,
)
"""Two processes may make one lake at once: who comes second finds it made."""


@_AT_ONCE
def _make_catalog(place: str, options: CatalogOptions) -> Catalog:
    database = _catalog_file(place, options)
    if database:
        database.parent.mkdir(parents=True, exist_ok=True)
    return _catalog(place, options, create=True)


def _keep_lost_tables(lake: Lake) -> None:
    """Refuse to make tables anew where events lie of which the catalog knows nothing.

    To the new tables they would be files that nothing names, which a sweep removes.

    Raises:
        LakeError: with the command that makes the catalog anew from the tables' metadata.
    """
    if _knows_facts(lake):
        return
    lies_there = next(iter(lake.storage.list(f"tables/{LOGS.name}/data")), None)
    if lies_there and not _knows_facts(lake):  # or another process made it meanwhile
        raise _lost_catalog(lake.location)


def _knows_facts(lake: Lake) -> bool:
    try:
        lake.table(LOGS.name)
    except (NoSuchTableError, NoSuchNamespaceError):
        return False
    return True


@_AT_ONCE
def _make_tables(lake: Lake) -> None:
    with suppress(NamespaceAlreadyExistsError):  # another process made it in this moment
        lake.catalog.create_namespace_if_not_exists(NAMESPACE)
    for spec in TABLES.values():
        _ensure_table(lake, spec)


def _catalog(place: str, options: CatalogOptions, create: bool = False) -> Catalog:
    database = _catalog_file(place, options)
    if database and not create and not database.exists():
        raise _no_lake(place)
    if not options.properties:
        if place.startswith("s3://"):
            raise LakeError(
                f"lake {place}: a lake on S3 needs a catalog to commit to",
                "set catalog.uri (PostgreSQL or SQLite), or catalog.type to rest or glue",
            )
        uri = private_url(sqlite_url(Path(place, "catalog.db")))
        return SqlCatalog("trailhouse", uri=uri, warehouse=place)
    given = {"warehouse": place, **file_properties(place, options)}
    if is_sql(options):
        given["uri"] = private_url(database_url(given["uri"]))
        given.setdefault("init_catalog_tables", str(create).lower())
        given.setdefault("pool_pre_ping", "true")
    return load_catalog("trailhouse", **given)


def file_properties(place: str, options: CatalogOptions) -> dict[str, str]:
    """Return the properties that PyIceberg reads and writes the lake's files with."""
    if not place.startswith("s3://"):
        return dict(options.properties)
    from pipeline.lake.bucket import bucket_properties

    return bucket_properties(options.properties)


def is_sql(options: CatalogOptions) -> bool:
    """Tell whether the catalog is a SQL database."""
    uri = options.properties.get("uri", "")
    given = options.properties.get("type", "sql" if not uri.startswith("http") else "rest")
    return given == "sql" and bool(uri)


def _catalog_file(place: str, options: CatalogOptions) -> Path | None:
    """Return the catalog's file where it is SQLite in one."""
    if not options.properties:
        return None if place.startswith("s3://") else Path(place, "catalog.db")
    return Database(database_url(options.properties["uri"])).file if is_sql(options) else None


def _no_lake(place: str) -> LakeError:
    if Path(place, "tables", LOGS.name, "data").is_dir():
        return _lost_catalog(place)
    return LakeError(f"no lake at {place}", "make one with: trailhouse ingest SOURCE")


def _lost_catalog(place: str) -> LakeError:
    return LakeError(
        f"lake {place}: there are events, but its catalog is empty or gone",
        "restore it or name it by catalog.uri, or make it anew: "
        f"trailhouse maintain --relocate --lake {place}",
    )


def _database(place: str, options: CatalogOptions, catalog: Catalog) -> Database:
    if options.state:
        return Database(database_url(options.state), place)
    if not options.properties:
        return Database(sqlite_url(Path(place, "state.db")))
    if isinstance(catalog, SqlCatalog):
        return Database(catalog.engine.url, place)
    return Database(sqlite_url(_cache(place, options) / "state.db"), place)


def _storage(place: str, options: CatalogOptions) -> Storage:
    if not place.startswith("s3://"):
        return LocalStorage(place)
    from pipeline.lake.bucket import open_bucket

    return S3Storage(place, open_bucket(place, options.properties), _cache(place, options))


def _cache(place: str, options: CatalogOptions) -> Path:
    return options.cache.expanduser() / sha256(place.encode()).hexdigest()[:16]


def _ensure_table(lake: Lake, spec: TableSpec) -> None:
    metrics = {
        f"write.metadata.metrics.column.{name}": "full"
        for name in _TIME_METRICS
        if name in spec.schema.column_names
    }
    try:
        lake.table(spec.name)
    except NoSuchTableError:
        try:
            lake.catalog.create_table(
                (NAMESPACE, spec.name),
                schema=spec.schema,
                location=f"{lake.location}/tables/{spec.name}",
                partition_spec=spec.partition,
                properties=PROPERTIES | metrics,
            )
        except TableAlreadyExistsError:
            return


def _check_place(lake: Lake) -> None:
    """Refuse a lake whose metadata names another place: it was moved or restored.

    Raises:
        LakeError: with the command that relocates it.
    """
    try:
        where = lake.table(LOGS.name).location()
    except (NoSuchTableError, NoSuchNamespaceError) as missing:
        raise _no_lake(lake.location) from missing
    if not where.startswith(lake.location + "/"):
        raise _moved(lake.location, where)


def _missing_metadata(place: str, told: str) -> LakeError:
    """Say what it means that a table's newest metadata is not where the catalog says."""
    named = re.search("'([^']+)'", told)
    where = named[1] if named else told
    if not where.startswith(place + "/"):
        return _moved(place, where)
    return LakeError(
        f"lake {place}: {where}, the newest metadata, is missing",
        "restore it, or to go back to the newest that is whole run: "
        f"trailhouse maintain --relocate --lake {place}",
    )


def _moved(place: str, where: str) -> LakeError:
    return LakeError(
        f"lake {place}: its tables point to {where}; it was moved or restored",
        f"run: trailhouse maintain --relocate --lake {place}",
    )
