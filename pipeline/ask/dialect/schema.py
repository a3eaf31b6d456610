"""The columns of the tables that queries of a dialect are about, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlglot import exp

from pipeline.ask.dialect.context import Dialect
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import duckdb_type

MAPS = frozenset(
    {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
     "addendum", "edgedevicedetails", "insightdetails"}
)  # fmt: skip
"""Columns that CloudTrail Lake has as maps, JSON text in Athena's table (addendum: a struct)."""

TRUTHS = frozenset({"readonly", "managementevent"})
"""Columns that CloudTrail Lake has as booleans."""

STORE_COLUMNS = (
    "eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion",
    "sourceipaddress", "useragent", "errorcode", "errormessage", "requestparameters",
    "responseelements", "additionaleventdata", "requestid", "eventid", "readonly", "resources",
    "eventtype", "apiversion", "managementevent", "recipientaccountid", "sharedeventid",
    "annotation", "vpcendpointid", "vpcendpointaccountid", "serviceeventdetails", "addendum",
    "edgedevicedetails", "insightdetails", "eventcategory", "tlsdetails",
    "sessioncredentialfromconsole", "eventjson", "eventjsonchecksum",
)  # fmt: skip
"""CloudTrail Lake's columns
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html)."""

_TEXT_DATE = '"creationdate" VARCHAR'
_RESOURCES = "struct(accountid varchar, type varchar, arn varchar, arnprefix varchar)[]"


@cache
def columns(dialect: Dialect) -> Mapping[str, exp.DataType]:
    """Return the columns of a dialect's table by name in lower case."""
    kinds = {field.name: duckdb_type(field.field_type) for field in LOGS.schema.fields}
    if dialect is Dialect.LAKE:
        kinds = {name: _store_type(name, kinds.get(name, "varchar")) for name in STORE_COLUMNS}
    return {name: exp.DataType.build(kind, dialect="duckdb") for name, kind in kinds.items()}


def _store_type(name: str, kind: str) -> str:
    if name in MAPS:
        return "map(varchar, varchar)"
    if name in TRUTHS:
        return "boolean"
    if name == "useridentity":
        return kind.replace(_TEXT_DATE, _TEXT_DATE.replace("VARCHAR", "TIMESTAMP"))
    return {"eventtime": "timestamp", "resources": _RESOURCES}.get(name, kind)
