"""Give back the record that a row was made from, equal as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.lake.record import RECORD, Field, Kind, written_nulls


def restore(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a row.

    Integers are exact and decimals equal as doubles; the order of keys and the spelling of
    escapes are not kept.

    Args:
        row: a row of `cloudtrail_logs` as Arrow's or Polars' plain Python values.
    """
    record = _restore_struct(row, RECORD)
    for name in written_nulls(row.get("eventcategory")):
        record.setdefault(name, None)
    overlay = json.loads(row.get("unmapped") or "{}")
    for name, value in overlay.items():
        if value is None and name in record:
            del record[name]
        else:
            record[name] = value
    return record


def _restore_struct(values: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    return {
        field.name: _restore_value(values[field.column], field)
        for field in fields
        if values.get(field.column) is not None
    }


def _restore_value(value: Any, field: Field) -> Any:
    match field.kind:
        case Kind.TEXT:
            return value
        case Kind.FLAG | Kind.JSON:
            return json.loads(value)
        case Kind.STRUCT:
            return _restore_struct(value, field.fields)
        case Kind.LIST:
            return [e and _restore_struct(e, field.fields) for e in value]
        case Kind.MAP:
            return dict(value)
