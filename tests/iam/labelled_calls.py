"""The hand-labelled calls: read, made into facts, run through the models, compared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from pipeline.iam.resource_types import type_table
from pipeline.iam.resources import template_table
from tests.models.views import FACTS, open_views, rows_of

ACCOUNT, REGION = "111122223333", "eu-west-1"


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
                file.stem == "untuned" or position % 3 == 2,
            )
            position += 1


def _whole(arn: str) -> str:
    return (arn if arn.startswith("arn:") else f"arn:aws:{arn}").replace(
        ":R:A:", f":{REGION}:{ACCOUNT}:"
    )


def fact_row(event_id: str, source: str, name: str, **columns: Any) -> dict[str, Any]:
    """Return a row of the facts: the smallest one, with parameters as JSON text where given."""
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    row: dict[str, Any] = dict.fromkeys(FACTS.names)
    row |= {"eventid": event_id, "eventsource": source, "eventname": name, "awsregion": REGION}
    row |= {"recipientaccountid": ACCOUNT, "event_time": moment, "event_date": moment.date()}
    for column in ("requestparameters", "responseelements"):
        value = columns.pop(column, None)
        row[column] = value if value is None else json.dumps(value, separators=(",", ":"))
    return row | columns


def find_resources(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of event_resources for rows of the facts."""
    facts = pa.Table.from_pylist(list(rows), schema=FACTS)
    tables = {"resource_templates": template_table(), "resource_types": type_table()}
    with open_views(facts, ["event_resources"], **tables) as connection:
        return rows_of(connection, "select * from event_resources")


def found_arns(calls: Sequence[LabelledCall]) -> dict[str, dict[str, str]]:
    """Return what the models find for labelled calls: ARNs and how sure, by call.

    Each call is far in time from all others, so that none knows a path from another.
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    first, apart = datetime(1970, 1, 1, tzinfo=UTC), timedelta(100)
    rows = [
        _row(call) | {"event_time": moment, "event_date": moment.date()}
        for number, call in enumerate(calls)
        for moment in [first + number * apart]
    ]
    for row in find_resources(rows):
        found[row["event_id"]][row["resource_arn"]] = row["confidence"]
    return found


def _row(labelled: LabelledCall) -> dict[str, Any]:
    call = labelled.call
    listed = [
        {"arn": one.get("ARN"), "accountid": one.get("accountId"), "type": one.get("type")}
        for one in call.get("resources", ())
    ]
    return fact_row(
        labelled.place,
        labelled.source,
        call["call"],
        requestparameters=call.get("request"),
        responseelements=call.get("response"),
        awsregion=labelled.region,
        errormessage=call.get("message"),
        resources=listed or None,
    )
