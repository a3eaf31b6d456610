"""A real trail: the tables agree with counts taken from the raw JSON by other means."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.ingest.run import Ingest, IngestOptions
from pipeline.lake.catalog import open_lake
from pipeline.sources.open import open_source
from tests.models.mart import asked, failures, fill

TRAIL = Path(__file__).parents[3] / "shared" / "data" / "s3-trail"
ROOT = "arn:aws:iam::342082656213:root"
ATTACKER = "arn:aws:iam::342082656213:user/FalsimentisRoot"
JMERCKLE = "arn:aws:iam::342082656213:user/jmerckle"
DELIVERY = "delivery.logs.amazonaws.com"
POLICY = "CloudTrailPolicyForCloudWatchLogs_374a01b6-b1f0-42c4-816a-a0fa81ced6b3"
BUCKET = "arn:aws:s3:::falsimentis-log"

pytestmark = pytest.mark.skipif(not TRAIL.is_dir(), reason="needs ../shared/data/s3-trail")


@pytest.fixture(scope="module")
def raw() -> Sequence[Mapping[str, Any]]:
    """Give every event once, as the trail has it."""
    found: dict[str, Mapping[str, Any]] = {}
    for file in TRAIL.rglob("*.json.gz"):
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            found[record["eventID"]] = record
    return list(found.values())


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give the tables filled from the trail."""
    lake = open_lake(str(tmp_path_factory.mktemp("trail") / "lake"), create=True)
    Ingest(lake, open_source(str(TRAIL)), IngestOptions(), lambda _: None).run()
    return fill(lake)


def principal(record: Mapping[str, Any]) -> str:
    """Return who called; the trail has no other kinds of callers."""
    identity = record["userIdentity"]
    match identity["type"]:
        case "AWSService":
            return str(identity["invokedBy"])
        case "AssumedRole":
            return str(identity["sessionContext"]["sessionIssuer"]["arn"])
        case _:
            return str(identity["arn"])


def is_error(record: Mapping[str, Any]) -> bool:
    """Tell whether the call failed; a failed sign-in has a message and no code."""
    return "errorCode" in record or "errorMessage" in record


def is_denied(record: Mapping[str, Any]) -> bool:
    """Tell whether a policy denied the call; the trail has these two words for it."""
    return record.get("errorCode") in ("AccessDenied", "Client.UnauthorizedOperation")


def test_every_check_of_every_table_holds(marts: duckdb.DuckDBPyConnection) -> None:
    """On a real trail every table meets its own checks."""
    assert list(failures(marts)) == []


def test_principals(marts: duckdb.DuckDBPyConnection, raw: Sequence[Mapping[str, Any]]) -> None:
    """Each principal has the calls, errors, times, regions and services that the JSON has."""
    by_principal = defaultdict(list)
    for record in raw:
        by_principal[principal(record)].append(record)
    expected = {
        name: {
            "n_calls": len(records),
            "n_errors": sum(map(is_error, records)),
            "n_denied": sum(map(is_denied, records)),
            "n_data_events": sum(record["eventCategory"] == "Data" for record in records),
            "first": min(record["eventTime"] for record in records),
            "last": max(record["eventTime"] for record in records),
            "regions": sorted({record["awsRegion"] for record in records}),
            "services": sorted({record["eventSource"].split(".")[0] for record in records}),
            "user_agents": sorted({record["userAgent"] for record in records}),
        }
        for name, records in by_principal.items()
    }
    found = asked(
        marts,
        """
        select
            principal_id, n_calls, n_errors, n_denied, n_data_events,
            strftime(first_event_time, '%Y-%m-%dT%H:%M:%SZ') as first,
            strftime(last_event_time, '%Y-%m-%dT%H:%M:%SZ') as last,
            regions, services, user_agents
        from principal_audit
        """,
    )
    assert {row.pop("principal_id"): row for row in found} == expected


def test_principals_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """The busiest principals and the intruder have the counts read off the trail."""
    sql = """
        select principal_id, n_calls, n_denied, n_permission_changes, n_console_logins, access_keys
        from principal_audit order by n_calls desc limit 5
    """
    assert [tuple(row.values()) for row in asked(marts, sql)] == [
        ("cloudtrail.amazonaws.com", 11537, 0, 0, 0, None),
        (DELIVERY, 10011, 10011, 0, 0, None),
        (ATTACKER, 1739, 0, 0, 0, ["AKIAU7JNXC7K6YHPTBHL"]),
        (ROOT, 656, 0, 4, 3, None),
        (JMERCKLE, 37, 4, 2, 0, ["AKIAU7JNXC7K7XNL3F6J", "AKIAU7JNXC7KZLY6XYHJ"]),
    ]


def test_days(marts: duckdb.DuckDBPyConnection, raw: Sequence[Mapping[str, Any]]) -> None:
    """Each day, region and service has as many calls and errors as the JSON."""
    calls, errors = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for record in raw:
        key = (record["eventTime"][:10], record["awsRegion"], record["eventSource"])
        calls[key] += 1
        errors[key] += is_error(record)
    sql = """
        select cast(event_date as varchar) as event_date, region, event_source,
            sum(n_calls)::int as n_calls, sum(n_errors)::int as n_errors
        from daily_activity group by all
    """
    rows = [tuple(row.values()) for row in asked(marts, sql)]
    assert {row[:3]: row[3:] for row in rows} == {key: (calls[key], errors[key]) for key in calls}


def test_actions_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """Actions have the counts of the operations that need them."""
    sql = """
        select action, event_names, n_calls, n_denied from action_audit
        where action in ('s3:ListBucket', 's3:PutObject', 's3:GetBucketAcl', 'sts:AssumeRole',
            'signin.amazonaws.com:ConsoleLogin')
        order by action
    """
    assert [tuple(row.values()) for row in asked(marts, sql)] == [
        ("s3:GetBucketAcl", ["GetBucketAcl"], 3513, 0),
        ("s3:ListBucket", ["HeadBucket", "ListObjects"], 327, 325),
        ("s3:PutObject", ["PutObject"], 15079, 9686),
        ("signin.amazonaws.com:ConsoleLogin", ["ConsoleLogin"], 4, 0),
        ("sts:AssumeRole", ["AssumeRole"], 93, 0),
    ]


def test_denials(marts: duckdb.DuckDBPyConnection, raw: Sequence[Mapping[str, Any]]) -> None:
    """Denied calls are the JSON's, by principal and operation."""
    expected = Counter(
        (principal(record), record["eventName"]) for record in raw if is_denied(record)
    )
    sql = "select principal_id, event_name, count(*) as n from access_denied group by all"
    found = {(row["principal_id"], row["event_name"]): row["n"] for row in asked(marts, sql)}
    assert found == expected
    assert found[DELIVERY, "PutObject"] == 9686


def test_data_access(marts: duckdb.DuckDBPyConnection, raw: Sequence[Mapping[str, Any]]) -> None:
    """Reads, writes, denials and bytes of a bucket by principal are the JSON's."""
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for record in raw:
        about = [resource.get("ARN") for resource in record.get("resources") or ()]
        if record["eventCategory"] != "Data" or BUCKET not in about:
            continue
        counts, name = expected[principal(record)], record["eventName"]
        counts["n_calls"] += 1
        counts["n_denied"] += is_denied(record)
        if "errorCode" not in record:
            counts["n_reads"] += name == "GetObject"
            counts["n_writes"] += name == "PutObject"
            extra = record["additionalEventData"]
            counts["bytes_in"] += int(extra["bytesTransferredIn"])
            counts["bytes_out"] += int(extra["bytesTransferredOut"])
    sql = """
        select principal_id, sum(n_calls)::bigint as n_calls, sum(n_denied)::bigint as n_denied,
            sum(n_reads)::bigint as n_reads, sum(n_writes)::bigint as n_writes,
            sum(bytes_in)::bigint as bytes_in, sum(bytes_out)::bigint as bytes_out
        from data_access where resource_arn = ? group by principal_id
    """
    found = {row.pop("principal_id"): row for row in asked(marts, sql, BUCKET)}
    none = dict.fromkeys(("n_reads", "n_writes", "bytes_in", "bytes_out"), 0)
    assert {
        name: {column: count or 0 for column, count in row.items()} for name, row in found.items()
    } == {name: {**none, **counts} for name, counts in expected.items()}
    assert found[ATTACKER]["n_reads"] == 1168


def test_sign_ins_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """The four sign-ins, one of which failed, are the root user's, without MFA."""
    sql = """
        select principal_id, method, outcome, is_mfa_used, is_mobile, count(*) as n
        from console_logins group by all
    """
    assert sorted(tuple(row.values()) for row in asked(marts, sql)) == [
        (ROOT, "root", "failure", False, False, 1),
        (ROOT, "root", "success", False, False, 3),
    ]


def test_permission_changes_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """The six changes of permissions are told in order, with what they change."""
    sql = """
        select event_name, kind, target, root_principal_id, is_success
        from permission_changes order by event_time, event_id
    """
    assert sorted(tuple(row.values()) for row in asked(marts, sql)) == [
        ("AttachRolePolicy", "grant", "CloudTrailRoleForCloudWatchLogs", ROOT, True),
        ("CreateAccessKey", "credential", "jmerckle", JMERCKLE, True),
        ("CreatePolicy", "policy", POLICY, ROOT, True),
        ("CreateRole", "identity", "CloudTrailRoleForCloudWatchLogs", ROOT, True),
        ("PutBucketPolicy", "resource_policy", "falsimentis-log", ROOT, True),
        ("PutUserPolicy", "grant", "jmerckle", JMERCKLE, True),
    ]


def test_logging_changes_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    """The trail's making and its failed steps are told."""
    sql = "select event_name, effect, is_success, count(*) as n from logging_changes group by all"
    assert sorted(tuple(row.values()) for row in asked(marts, sql)) == [
        ("CreateFlowLogs", "started", False, 3),
        ("CreateLogGroup", "started", True, 1),
        ("CreateTrail", "started", True, 1),
        ("PutEventSelectors", "changed", True, 1),
        ("PutInsightSelectors", "stopped", True, 1),
        ("StartLogging", "started", True, 1),
        ("UpdateTrail", "changed", False, 3),
        ("UpdateTrail", "changed", True, 1),
    ]


def test_flow_logs_that_were_not_made_have_what_they_were_for(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """A flow log that could not be made has no id; the VPC that it was for is its target."""
    sql = """
        select distinct target_type, target, target_arn from logging_changes
        where event_name = 'CreateFlowLogs'
    """
    arn = "arn:aws:ec2:us-west-1:342082656213:vpc/vpc-40349626"
    assert asked(marts, sql) == [
        {"target_type": "ec2:vpc", "target": "vpc-40349626", "target_arn": arn}
    ]


def test_a_role_has_one_arn(marts: duckdb.DuckDBPyConnection) -> None:
    """The call that attaches a policy names the role without its path, and still is of it."""
    sql = """
        select distinct resource_arn from event_resources
        where resource_arn like '%/CloudTrailRoleForCloudWatchLogs'
    """
    path = "role/service-role/CloudTrailRoleForCloudWatchLogs"
    assert asked(marts, sql) == [{"resource_arn": f"arn:aws:iam::342082656213:{path}"}]


def test_calls_of_the_console(
    marts: duckdb.DuckDBPyConnection, raw: Sequence[Mapping[str, Any]]
) -> None:
    """In 2021 few services wrote the flag; what only the agent says is neither true nor false."""
    calls = [record for record in raw if principal(record) == ROOT]
    is_told = [
        record.get("sessionCredentialFromConsole") == "true"
        or record["eventType"].startswith("AwsConsole")
        for record in calls
    ]
    is_said = ["onsole" in record["userAgent"] for record in calls]
    expected = {
        "n_console_calls": sum(is_told),
        "n_console_unknown": sum(
            said and not told for said, told in zip(is_said, is_told, strict=True)
        ),
    }
    sql = "select n_console_calls, n_console_unknown from principal_audit where principal_id = ?"
    assert asked(marts, sql, ROOT) == [expected]
    assert expected == {"n_console_calls": 86, "n_console_unknown": 520}


def test_the_key_that_was_made(marts: duckdb.DuckDBPyConnection) -> None:
    """A key made in the trail is traced to who made it, and keys made before it are not."""
    births = asked(marts, "select access_key_id, created_by, created_for from key_births")
    assert births == [
        {"access_key_id": "AKIAU7JNXC7KZLY6XYHJ", "created_by": JMERCKLE, "created_for": "jmerckle"}
    ]
