"""The lake's tables on Athena: how Glue comes to know them, and views with AWS's columns.

Athena's own DDL makes Iceberg tables only empty, and none with a time zone in its times (AWS:
Athena user guide, Creating Iceberg tables). A table that is there becomes known by an entry in the
Glue Data Catalog that names its current metadata file. On top come views under the names that AWS
documents, with the partition columns that its DDL has.
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

from pipeline.ask.models import view_names
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
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
_PARTITIONS = {
    "account": "recipientaccountid",
    "region": "awsregion",
    "year": "date_format(event_time, '%Y')",
    "month": "date_format(event_time, '%m')",
    "day": "date_format(event_time, '%d')",
    "timestamp": "date_format(event_time, '%Y/%m/%d')",
}
_VIEWS = {
    "cloudtrail_logs": (
        ("region", "year", "month", "day"),
        "as in AWS's DDL with manual partitions",
    ),
    "cloudtrail_logs_pp": (("timestamp",), "as in AWS's DDL with partition projection"),
    "cloudtrail_logs_org": (
        ("account", "region", "year", "month", "day"),
        "as in AWS's DDL for an organization trail",
    ),
}


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


def glue_tables(lake: Lake, place: str = "") -> list[GlueTable]:
    """Return every table of the lake as Glue has to know it.

    Args:
        lake: on S3, or copied there.
        place: where the lake is on S3, for one that is elsewhere; empty: where it is.

    Raises:
        LakeError: the lake is on a local disk and no place is given.
        UsageError: the place is not on S3.
    """
    if place and not place.startswith("s3://"):
        raise UsageError(f"{place} is not on S3", "give s3://bucket/prefix")
    if not place and not lake.location.startswith("s3://"):
        raise LakeError(
            f"lake {lake.location}: Athena reads from S3 only",
            "ingest into an s3:// lake, or see how it would be with: --for s3://bucket/prefix",
        )
    helpers = (DAYS, MONTHS)
    names = [*TABLES, *sorted(n for n in list_derived(lake) if not n.endswith(helpers))]
    return [_glue_table(lake, name, place.rstrip("/")) for name in names]


def register(tables: Sequence[GlueTable], database: str) -> str:
    """Return a shell script that makes Glue know the tables, or know their newest state.

    Raises:
        UsageError: the database's name is none that Athena takes unquoted.
    """
    _check_name(database)
    lines = [
        "#!/bin/sh",
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


def views(lake: Lake, database: str) -> str:
    """Return the statements of the views with the documented columns, in Athena's SQL.

    Raises:
        UsageError: the database's name is none that Athena takes unquoted.
    """
    _check_name(database)
    return "\n".join(_statements(lake, database))


def _statements(lake: Lake, database: str) -> Iterator[str]:
    columns = [field.name for field in lake.table(LOGS.name).schema().fields]
    yield "-- Views of the lake for Athena, under the names that AWS documents for CloudTrail."
    yield f"-- {FACTS} and the other tables have to be known to Glue first; see --register."
    yield "-- A condition on a partition column filters; one on event_time also skips files."
    for view, (partitions, meaning) in _VIEWS.items():
        wanted = [f'    "{name}",' for name in columns]
        wanted += [f'    {_PARTITIONS[name]} as "{name}",' for name in partitions]
        wanted[-1] = wanted[-1].rstrip(",")
        yield f"\n-- {meaning}"
        yield f"create or replace view {database}.{view} as"
        yield "select"
        yield from wanted
        yield f"from {database}.{FACTS};"
    left = ", ".join(view_names())
    yield "\n-- Not carried over, since they are views in DuckDB's SQL (their tables are there):"
    yield f"-- {left}"


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


def _check_name(database: str) -> None:
    if not _NAME.fullmatch(database):
        raise UsageError(
            f"{database!r} is no name for a database of Glue's",
            "take lower-case letters, digits and underscores, a letter first",
        )
