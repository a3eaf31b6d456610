"""The hand-labelled calls: read, made into rows of events, run through the models, compared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from pipeline.iam.resource_types import type_table
from pipeline.iam.resources import template_table
from pipeline.queryfile import content_root, parse_query

ACCOUNT, REGION = "111122223333", "eu-west-1"

EVENTS = pa.schema(
    {
        **{name: pa.string() for name in ("event_id", "account_id", "region")},
        **{name: pa.string() for name in ("event_source", "event_name", "error_message")},
        **{name: pa.string() for name in ("request_parameters", "response_elements")},
        "event_time": pa.timestamp("us", "UTC"),
        "event_date": pa.date32(),
        "resources": pa.list_(
            pa.struct({name: pa.string() for name in ("arn", "accountid", "type", "arnprefix")})
        ),
    }
)
"""The columns of `events` that the models of resources read."""

VIEWS = (
    "resource_calls",
    "resource_parameters",
    "resource_identifiers",
    "resource_ids_mentioned",
    "resource_arns_built",
    "resource_arns_mentioned",
    "resource_arns_typed",
)


@dataclass(frozen=True)
class LabelledCall:
    """A call, and the ARNs that a person named for it.

    Attributes:
        place: file and position, which is its event's id.
        call: as the file has it.
        source: its event source.
        region: the region that was asked.
        must: the ARNs that have to be found.
        may: further right ones.
        is_held_out: whether nothing was tuned on it.
    """

    place: str
    call: Mapping[str, Any]
    source: str
    region: str
    must: frozenset[str]
    may: frozenset[str]
    is_held_out: bool


def read_calls(folder: Path = Path(__file__).parent / "labelled") -> list[LabelledCall]:
    """Read the labelled calls; every third of a file is held out."""
    return [one for file in sorted(folder.glob("*.yaml")) for one in _read_file(file)]


def _read_file(file: Path) -> Iterator[LabelledCall]:
    position = 0
    for group in yaml.safe_load(file.read_text(encoding="utf-8")):
        for call in group["calls"]:
            yield LabelledCall(
                f"{file.stem}-{position}-{call['call']}",
                call,
                group["source"],
                call.get("region") or group.get("region", REGION),
                frozenset(map(_whole, call["arns"])),
                frozenset(map(_whole, call.get("also", ()))),
                position % 3 == 2,
            )
            position += 1


def _whole(arn: str) -> str:
    return (arn if arn.startswith("arn:") else f"arn:aws:{arn}").replace(
        ":R:A:", f":{REGION}:{ACCOUNT}:"
    )


def event_row(event_id: str, source: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return a row of `events`: the smallest one, with parameters as JSON text."""
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    row: dict[str, Any] = dict.fromkeys(EVENTS.names)
    row |= {"event_id": event_id, "event_source": source, "event_name": name}
    row |= {"account_id": ACCOUNT, "region": REGION, "event_time": moment}
    row["event_date"] = date(2026, 3, 1)
    for column in ("request_parameters", "response_elements"):
        value = fields.pop(column, None)
        row[column] = value if value is None else json.dumps(value, separators=(",", ":"))
    return row | fields


def find_resources(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of event_resources for rows of events."""
    with duckdb.connect() as connection:
        connection.register("events", pa.Table.from_pylist(list(rows), schema=EVENTS))
        add_models(connection)
        return connection.sql(model_sql("marts", "event_resources")).to_arrow_table().to_pylist()


def add_models(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views and reference tables that event_resources reads; `events` is there."""
    connection.register("resource_templates", template_table())
    connection.register("resource_types", type_table())
    for name in VIEWS:
        connection.execute(f"create temp view {name} as {model_sql('intermediate', name)}")


def model_sql(layer: str, name: str) -> str:
    """Return the SQL of a model."""
    file = content_root() / "models" / layer / f"{name}.sql"
    return parse_query(file.read_text(encoding="utf-8"), f"{name}.sql").sql


def found_arns(calls: Sequence[LabelledCall]) -> dict[str, dict[str, str]]:
    """Return what the models find for labelled calls: ARNs and how sure, by call."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in find_resources([_row(call) for call in calls]):
        found[row["event_id"]][row["resource_arn"]] = row["confidence"]
    return found


def _row(labelled: LabelledCall) -> dict[str, Any]:
    call = labelled.call
    listed = [
        {"arn": one.get("ARN"), "accountid": one.get("accountId"), "type": one.get("type")}
        for one in call.get("resources", ())
    ]
    return event_row(
        labelled.place,
        labelled.source,
        call["call"],
        request_parameters=call.get("request"),
        response_elements=call.get("response"),
        region=labelled.region,
        error_message=call.get("message"),
        resources=listed or None,
    )
