"""How the Glue Data Catalog, and with it Athena, comes to know the lake's tables.

Athena's own DDL makes Iceberg tables only empty, and none with a time zone in its times (AWS:
Athena user guide, Creating Iceberg tables). A table that is there becomes known by an entry in
Glue that names its current metadata file. Where the lake's catalog is Glue the entries are there.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    StringType,
    StructType,
    TimestamptzType,
)

from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import NAMESPACE, Lake
from pipeline.lake.derived import list_derived
from pipeline.lake.schema import LOGS, TABLES
from pipeline.models.rollup import DAYS, MONTHS

FACTS = "cloudtrail_facts"
"""The facts' name in Glue, since `cloudtrail_logs` is the view with the documented columns."""

_GLUE: dict[type[IcebergType], str] = {
    BooleanType: "boolean",
    DateType: "date",
    DoubleType: "double",
    IntegerType: "int",
    LongType: "bigint",
    StringType: "string",
    TimestamptzType: "timestamp",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class GlueTable:
    """A table as Glue has to know it.

    Attributes:
        name: in Glue.
        location: the table's folder.
        metadata: its current metadata file; another one after every commit.
        columns: name and Glue type of each.
    """

    name: str
    location: str
    metadata: str
    columns: Sequence[tuple[str, str]]

    def entry(self) -> dict[str, object]:
        """Return it as the TableInput of Glue's CreateTable and UpdateTable."""
        return {
            "Name": self.name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"table_type": "ICEBERG", "metadata_location": self.metadata},
            "StorageDescriptor": {
                "Location": self.location,
                "Columns": [{"Name": name, "Type": kind} for name, kind in self.columns],
            },
        }


@dataclass(frozen=True, slots=True)
class Place:
    """Where the lake's tables and views are on Athena.

    Attributes:
        database: Glue's database with the views, and with the tables but where `is_known`.
        is_known: the lake's catalog is Glue, so that its tables are there under their own names.
        prefix: where the lake would be on S3; empty: where it is.
    """

    database: str
    is_known: bool = False
    prefix: str = ""

    def table(self, name: str) -> str:
        """Return what a table is called on Athena."""
        if self.is_known:
            return f"{NAMESPACE}.{name}"
        return f"{self.database}.{FACTS if name == LOGS.name else name}"


def find_place(lake: Lake, database: str, prefix: str = "") -> Place:
    """Return where a lake's tables and views are to be.

    Args:
        lake: on S3, or to be seen as if it were.
        database: Glue's database for them.
        prefix: where the lake would be on S3, for one that is elsewhere; empty: where it is.

    Raises:
        LakeError: the lake is on a local disk and no prefix is given.
        UsageError: the prefix is not on S3, or the database's name does not do.
    """
    if not _NAME.fullmatch(database):
        raise UsageError(
            f"{database!r} is no name for a database of Glue's",
            "take lower-case letters, digits and underscores, a letter first",
        )
    if prefix and not prefix.startswith("s3://"):
        raise UsageError(f"{prefix} is not on S3", "give s3://bucket/prefix")
    if not prefix and not lake.location.startswith("s3://"):
        raise LakeError(
            f"lake {lake.location}: Athena reads from S3 only",
            "ingest into an s3:// lake, or see how it would be with: --for s3://bucket/prefix",
        )
    is_known = lake.catalog.properties.get("type") == "glue"
    if is_known and database == NAMESPACE:
        raise UsageError(
            f"the lake's catalog is Glue, whose database {NAMESPACE} has its tables",
            "name another one for the views with --database",
        )
    return Place(database, is_known, prefix.rstrip("/"))


def glue_tables(lake: Lake, place: Place) -> list[GlueTable]:
    """Return every table of the lake as Glue has to know it.

    Raises:
        UsageError: Glue knows them already.
    """
    if place.is_known:
        raise UsageError(
            f"the lake's catalog is Glue: database {NAMESPACE} has its tables already",
            "leave out --register",
        )
    helpers = (DAYS, MONTHS)
    names = [*TABLES, *sorted(n for n in list_derived(lake) if not n.endswith(helpers))]
    return [_glue_table(lake, name, place.prefix) for name in names]


def register(tables: Sequence[GlueTable], place: Place) -> str:
    """Return a shell script that makes Glue know the tables, or know their newest state."""
    database = place.database
    lines = ["#!/bin/sh"]
    if place.prefix:
        lines += [
            "# A preview, of a lake that is elsewhere. One that was copied there and relocated has",
            "# other metadata files: print this from that lake.",
        ]
    lines += [
        "# Tells the Glue Data Catalog of the lake's tables. Run it again after ingest and build:",
        "# an entry names one metadata file, and every commit writes another.",
        "set -eu",
        f"aws glue get-database --name {database} > /dev/null 2>&1 ||",
        f'    aws glue create-database --database-input \'{{"Name": "{database}"}}\'',
    ]
    for table in tables:
        entry = shlex.quote(json.dumps(table.entry(), separators=(",", ":")))
        given = f'--database-name {database} --table-input "$entry"'
        lines += [
            "",
            f"entry={entry}",
            f"aws glue update-table {given} 2> /dev/null ||",
            f"    aws glue create-table {given}",
        ]
    return "\n".join(lines) + "\n"


def _glue_table(lake: Lake, name: str, place: str) -> GlueTable:
    table = lake.table(name)

    def moved(path: str) -> str:
        return place + path[path.index("/tables/") :] if place else path

    return GlueTable(
        name=FACTS if name == LOGS.name else name,
        location=moved(table.location()),
        metadata=moved(table.metadata_location),
        columns=list(_columns(table.schema())),
    )


def _columns(schema: Schema) -> Iterator[tuple[str, str]]:
    for field in schema.fields:
        yield field.name, glue_type(field.field_type)


def glue_type(kind: IcebergType) -> str:
    """Return a type as Glue spells it, which is Hive's way.

    >>> glue_type(ListType(1, StringType()))
    'array<string>'
    """
    match kind:
        case StructType():
            inner = ",".join(f"{f.name}:{glue_type(f.field_type)}" for f in kind.fields)
            return f"struct<{inner}>"
        case ListType():
            return f"array<{glue_type(kind.element_type)}>"
        case MapType():
            return f"map<{glue_type(kind.key_type)},{glue_type(kind.value_type)}>"
        case _:
            return _GLUE[type(kind)]
