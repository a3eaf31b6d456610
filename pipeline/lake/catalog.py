"""Open a lake: its Iceberg catalog, its tables and its storage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table
from sqlalchemy import URL
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipeline.errors import LakeError
from pipeline.lake.schema import TABLES, TableSpec
from pipeline.lake.storage import LocalStorage, S3Storage, Storage, check_location

NAMESPACE = "trailhouse"

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
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    cache: Path = Path("~/.cache/trailhouse")


@dataclass(frozen=True, slots=True)
class Lake:
    """One lake: tables in a catalog, files in a storage."""

    catalog: Catalog
    storage: Storage

    @property
    def location(self) -> str:
        """Where the lake is."""
        return self.storage.location

    @retry(
        retry=retry_if_exception_type(FileNotFoundError),
        wait=wait_random_exponential(0.01, max=0.5),
        stop=stop_after_attempt(8),
        reraise=True,
    )
    def table(self, name: str) -> Table:
        """Load a table as it is now.

        Tried again when its metadata file is gone: a writer replaced it in between.
        """
        return self.catalog.load_table((NAMESPACE, name))


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
    storage = _storage(place, options)
    lake = Lake(_catalog(place, options, create), storage)
    if create:
        lake.catalog.create_namespace_if_not_exists(NAMESPACE)
        for spec in TABLES.values():
            _ensure_table(lake, spec)
    _check_place(lake)
    return lake


def _catalog(place: str, options: CatalogOptions, create: bool) -> Catalog:
    if options.properties:
        return load_catalog("trailhouse", **{"warehouse": place, **options.properties})
    if place.startswith("s3://"):
        raise LakeError(
            f"lake {place}: a lake on S3 needs a catalog to commit to",
            "set catalog.uri (PostgreSQL or SQLite), or catalog.type to rest or glue",
        )
    database = Path(place, "catalog.db")
    if create:
        database.parent.mkdir(parents=True, exist_ok=True)
    elif not database.exists():
        raise LakeError(f"no lake at {place}", "make one with: trailhouse ingest SOURCE")
    uri = URL.create("sqlite", database=str(database)).render_as_string(hide_password=False)
    return SqlCatalog("trailhouse", uri=uri, warehouse=place)


def _storage(place: str, options: CatalogOptions) -> Storage:
    if not place.startswith("s3://"):
        return LocalStorage(place)
    from pipeline.lake.bucket import open_bucket

    cache = options.cache.expanduser() / sha256(place.encode()).hexdigest()[:16]
    return S3Storage(place, open_bucket(place, options.properties), cache)


def _ensure_table(lake: Lake, spec: TableSpec) -> None:
    metrics = {
        f"write.metadata.metrics.column.{name}": "full"
        for name in _TIME_METRICS
        if name in spec.schema.column_names
    }
    try:
        lake.catalog.load_table((NAMESPACE, spec.name))
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
        where = lake.table(next(iter(TABLES))).location()
    except NoSuchTableError:
        raise LakeError(f"no lake at {lake.location}", "make one with: trailhouse ingest SOURCE")
    except FileNotFoundError as missing:
        where = str(missing.filename or missing)
    if not where.startswith(lake.location + os.sep):
        raise LakeError(
            f"lake {lake.location}: its tables point to {where}; it was moved or restored",
            f"run: trailhouse maintain --relocate --lake {lake.location}",
        )
