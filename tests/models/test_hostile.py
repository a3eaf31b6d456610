"""No event may stop a build: records that are odd in every way that an attacker thought of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipeline.lake.catalog import open_lake
from tests.events import ACCOUNT, event, gzipped, take_in, trail_name
from tests.models.mart import asked, event_id, failures, fill

USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ada", "accountId": ACCOUNT}
OTHER = "444455556666"
DENIED = {
    "errorCode": "AccessDenied",
    "errorMessage": f"User: {USER['arn']} is not authorized to perform: iam:GetUser on resource: "
    "arn:x with an explicit deny in a service control policy",
}
TIMES = [
    "9999-12-31T23:59:59-15:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "0000-01-01T00:00:00Z",
    "1677-12-31T23:59:59Z",
    "99991231T235959Z",
    "infinity-01T",
]
GROUP = {"eventSource": "ec2.amazonaws.com", "eventName": "AuthorizeSecurityGroupIngress"}
RULE = {
    "groupId": "sg-0123abcd",
    "ipPermissions": {
        "items": [{"ipProtocol": "tcp", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]
    },
}


def session(number: int, created: str) -> dict[str, Any]:
    """Return a session that began at a time."""
    return {
        "type": "AssumedRole",
        "principalId": "AROAX:s",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/s",
        "accountId": ACCOUNT,
        "accessKeyId": f"ASIA{number:016d}",
        "sessionContext": {"attributes": {"creationDate": created}},
    }


def moved(number: str, *, into: Any, out: Any, key: str = "k") -> dict[str, Any]:
    """Return a data event that says how many bytes it moved."""
    return event(
        number,
        userIdentity=USER,
        eventSource="s3.amazonaws.com",
        eventName="GetObject",
        readOnly=True,
        eventCategory="Data",
        requestParameters={"bucketName": "ledger", "key": key},
        additionalEventData={"bytesTransferredIn": into, "bytesTransferredOut": out},
        resources=[{"ARN": "arn:aws:s3:::ledger"}, {"ARN": f"arn:aws:s3:::ledger/{key}"}],
    )


def twice(number: str, **fields: Any) -> list[dict[str, Any]]:
    """Return an event on each side of a midnight, under one id."""
    times = ("2026-03-01T23:59:00Z", "2026-03-02T00:01:00Z")
    return [event(number, eventTime=time, userIdentity=USER, **fields) for time in times]


def records() -> Iterator[dict[str, Any]]:
    """Yield the records."""
    for number, created in enumerate(TIMES):
        yield event(f"created-{number}", userIdentity=session(number, created))
    yield event("created-well", userIdentity=session(99, "2026-03-01T11:00:00Z"))
    backup = {"eventSource": "backup.amazonaws.com", "eventName": "DeleteRecoveryPoint"}
    for number, arn in enumerate(["arn:x", "arn:", "arn:a b:c::x", "arn:aws:s3:::ledger/k"]):
        yield event(f"arn-{number}", **backup, requestParameters={"recoveryPointArn": arn})
        yield event(f"listed-{number}", resources=[{"ARN": arn}])
    yield moved("most", into=1e300, out="inf")
    yield moved("least", into=-1, out="nan")
    yield moved("text", into=5, out="7")
    for number in range(1100):
        yield moved(f"many-{number}", into=9e15, out=1, key="many")
    yield event(
        "bucket-with-slash",
        userIdentity=USER,
        eventSource="s3.amazonaws.com",
        eventName="GetBucketAcl",
        requestParameters={"bucketName": "ledger/k"},
    )
    yield from twice("denied", **DENIED)
    yield from twice("opened", **GROUP, requestParameters=RULE)
    policy = {"policyName": "p", "policyDocument": '{"Statement": {"Effect": "Allow"}}'}
    yield from twice("granted", eventName="PutUserPolicy", requestParameters=policy)
    yield from twice("unlogged", eventSource="cloudtrail.amazonaws.com", eventName="StopLogging")
    yield from twice("signed", eventSource="signin.amazonaws.com", eventName="ConsoleLogin")
    yield from twice("public", eventSource="s3.amazonaws.com", eventName="PutBucketPolicy",
                     requestParameters={"bucketName": "ledger", "bucketPolicy": {"Statement": [
                         {"Effect": "Allow", "Principal": "*"}]}})  # fmt: skip
    yield from twice("updated", addendum={"reason": "UPDATED_DATA", "originalEventID": "gone"})
    for account in ("", ACCOUNT, OTHER):
        yield event("accounts", recipientAccountId=account, userIdentity=USER, **DENIED)
    nameless = event("nameless", userIdentity=USER, **DENIED)
    del nameless["eventID"]
    yield nameless


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield every model over the records."""
    lake = open_lake(str(tmp_path_factory.mktemp("hostile") / "lake"), create=True)
    take_in(lake, {trail_name(1): gzipped(*records())})
    connection = fill(lake)
    yield connection
    connection.close()


def test_no_check_fails(tables: duckdb.DuckDBPyConnection) -> None:
    """A check says something of the models' SQL; what a log says can make none fail."""
    assert list(failures(tables)) == []


def test_session_times_are_in_bounds(tables: duckdb.DuckDBPyConnection) -> None:
    """A session's start that not every reader can hold is not known."""
    rows = asked(
        tables, "select distinct session_created_at as began from events where began is not null"
    )
    assert [str(row["began"]) for row in rows] == ["2026-03-01 11:00:00+00:00"]


def test_no_arn_is_no_resource(tables: duckdb.DuckDBPyConnection) -> None:
    """What begins like an ARN and is none names no resource, wherever it stands."""
    sql = "select distinct resource_arn as arn from event_resources where event_id in (?, ?, ?, ?)"
    ids = [event_id(f"{place}-{n}") for place in ("arn", "listed") for n in (0, 3)]
    assert [row["arn"] for row in asked(tables, sql, *ids)] == ["arn:aws:s3:::ledger/k"]


def test_an_object_is_one_everywhere(tables: duckdb.DuckDBPyConnection) -> None:
    """An ARN has one type, whatever parameter names it: objects are counted apart."""
    sql = "select distinct resource_type as type from event_resources where resource_arn = ?"
    assert [row["type"] for row in asked(tables, sql, "arn:aws:s3:::ledger/k")] == ["s3:object"]


@pytest.mark.parametrize("table", ["data_access", "principal_resource_access"])
def test_bytes_that_cannot_be(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    """Sizes that no call can have moved are left out; a sum that no column holds is unknown."""
    sql = f"""select bytes_in, bytes_out from {table}
        where resource_arn = 'arn:aws:s3:::ledger' and event_date = '2026-03-01'"""
    assert asked(tables, sql) == [{"bytes_in": None, "bytes_out": 1107}]


@pytest.mark.parametrize(
    ("table", "number"),
    [
        ("events", "updated"),
        ("access_denied", "denied"),
        ("network_changes", "opened"),
        ("permission_changes", "granted"),
        ("logging_changes", "unlogged"),
        ("console_logins", "signed"),
        ("exposure_changes", "public"),
        ("exposure_changes", "opened"),
        ("event_updates", "updated"),
    ],
)
def test_one_id_on_two_days(tables: duckdb.DuckDBPyConnection, table: str, number: str) -> None:
    """Events of one id on two days are two: neither is lost, none doubles."""
    sql = f"select event_date from {table} where event_id = ? order by 1"
    days = [str(row["event_date"]) for row in asked(tables, sql, event_id(number))]
    assert days == ["2026-03-01", "2026-03-02"]


def test_accounts_as_ingest_tells_them_apart(tables: duckdb.DuckDBPyConnection) -> None:
    """An empty recipient is no account, as ingest has it, and not the caller's a second time."""
    sql = "select account_id, policy_type from access_denied where event_id = ? order by 1"
    found = asked(tables, sql, event_id("accounts"))
    accounts = [row["account_id"] for row in found]
    assert accounts == [ACCOUNT, OTHER, None]
    assert {row["policy_type"] for row in found} == {"service_control"}


def test_denials_without_an_id_keep_their_details(tables: duckdb.DuckDBPyConnection) -> None:
    """A record without an event id finds what its own message says."""
    sql = "select policy_type from access_denied where length(event_id) = 64"
    assert asked(tables, sql) == [{"policy_type": "service_control"}]
