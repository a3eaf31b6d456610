"""The lake's views on Athena: tables as AWS documents them, and the models that are views."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import duckdb

from pipeline.ask.athena.carry import carry
from pipeline.ask.athena.glue import FACTS, Place
from pipeline.ask.athena.meanings import NotPortable
from pipeline.ask.models import Named, view_names
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import list_derived
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import TableView, duckdb_type, read_lake, scan_sql

_UTC = "cast(at_timezone({name}, 'UTC') as timestamp)"
"""A view's columns are noted in Hive's types, which have no time with a zone."""

_PARTITIONS = {
    "account": "recipientaccountid",
    "region": "awsregion",
    "year": "date_format(event_date, '%Y')",
    "month": "date_format(event_date, '%m')",
    "day": "date_format(event_date, '%d')",
    "timestamp": "date_format(event_date, '%Y/%m/%d')",
}
_RUN = """#!/bin/sh
# Has Athena make the views, in the work group that ATHENA_WORKGROUP names, or else in primary.
set -eu
run() {
    id=$(aws athena start-query-execution --work-group "${ATHENA_WORKGROUP:-primary}" \\
        --query-string "$1" --query QueryExecutionId --output text)
    while :; do
        told=$(aws athena get-query-execution --query-execution-id "$id" \\
            --query 'QueryExecution.Status.[State,StateChangeReason]' --output text)
        case $told in
            SUCCEEDED*) return 0 ;;
            QUEUED* | RUNNING*) sleep 1 ;;
            *) printf '%s\\n%s\\n' "$told" "$1" >&2; return 1 ;;
        esac
    done
}
"""
_DOCUMENTED = {
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
class Carried:
    """The views of a lake on Athena.

    Attributes:
        documented: a statement for each of AWS's tables, by name.
        models: a statement for each model that is a view, each after those it reads.
        left: the models that were not carried over, and why.
    """

    documented: Mapping[str, str]
    models: Mapping[str, str]
    left: Mapping[str, str]

    def sql(self) -> str:
        """Return all statements, with what to know of them."""
        return "\n".join(self._lines()) + "\n"

    def script(self) -> str:
        """Return a shell script that has Athena run the statements, one after the other."""
        told = (shlex.quote(text) for text in (*self.documented.values(), *self.models.values()))
        return _RUN + "".join(f"\nrun {text}\n" for text in told)

    def _lines(self) -> Iterator[str]:
        yield "-- Views of the lake for Athena, which runs one statement at a time."
        yield f"-- {FACTS} and the other tables have to be known to Glue first; see --register."
        yield "-- Conditions on event_date skip files; those on partition columns only choose rows."
        for name, statement in self.documented.items():
            yield f"\n-- {_DOCUMENTED[name][1]}\n{statement};"
        for name, statement in self.models.items():
            yield f"\n-- the model {name}\n{statement};"
        if self.left:
            yield "\n-- Not carried over; tables that are made of them are in Glue all the same:"
            yield from (f"-- {name}: {reason}" for name, reason in self.left.items())


def carry_views(lake: Lake, place: Place) -> Carried:
    """Say what makes the views of a lake on Athena."""
    facts = [(f.name, duckdb_type(f.field_type)) for f in lake.table(LOGS.name).schema().fields]
    documented = {
        name: _documented(f"{place.database}.{name}", partitions, facts, place)
        for name, (partitions, _) in _DOCUMENTED.items()
    }
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        carrying = _Carrying(connection, place)
        found = _found(lake, connection)
        for name, table in _tables(lake).items():
            source = scan_sql(table.schema, [])
            connection.execute(f'create view "{name}" as from {source}')
            carrying.learn(name)
        for name, view in found.views.items():
            carrying.add(name, view.sql)
    unbuilt = {n: f"{read} was not built yet" for n, read in found.unbuilt.items()}
    left = {name: (carrying.left | unbuilt).get(name) for name in view_names()}
    return Carried(documented, carrying.made, {n: why for n, why in left.items() if why})


@dataclass(slots=True)
class _Carrying:
    """Views carried one after the other, each with the columns of those before."""

    connection: duckdb.DuckDBPyConnection
    place: Place
    schema: dict[str, dict[str, str]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def learn(self, name: str) -> None:
        """Take note of the columns of a table or view that is there."""
        rows = self.connection.execute(f'describe "{name}"').fetchall()
        self.schema[name] = {row[0]: row[1] for row in rows}

    def add(self, name: str, sql: str) -> None:
        """Carry one view, or note why not."""
        self.connection.execute(f'create view "{name}" as {sql}')
        self.learn(name)
        try:
            text = carry(sql, self.schema, self._where)
        except NotPortable as reason:
            self.left[name] = str(reason)
        else:
            self.made[name] = f"create or replace view {self.place.database}.{name} as\n{text}"

    def _where(self, name: str) -> str:
        """Return what a table or view is called on Athena.

        Raises:
            NotPortable: it is a view that was not carried.
        """
        if name in self.left:
            raise NotPortable(f"reads {name}")
        return f"{self.place.database}.{name}" if name in self.made else self.place.table(name)


def _documented(
    view: str, partitions: tuple[str, ...], facts: list[tuple[str, str]], place: Place
) -> str:
    wanted = [
        f'{_UTC.format(name=name)} as "{name}"' if kind == "TIMESTAMPTZ" else f'"{name}"'
        for name, kind in facts
    ]
    wanted += [f'{_PARTITIONS[name]} as "{name}"' for name in partitions]
    columns = ",\n    ".join(wanted)
    source = place.table(LOGS.name)
    return f"create or replace view {view} as\nselect\n    {columns}\nfrom {source}"


def _found(lake: Lake, connection: duckdb.DuckDBPyConnection) -> Named:
    named = Named(lake)
    for name in [*list_derived(lake), *view_names()]:
        named.find(connection, name)
    return named


def _tables(lake: Lake) -> Mapping[str, TableView]:
    return read_lake(lake, derived=list_derived(lake)).tables
