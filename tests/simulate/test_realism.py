"""What the records tell makes sense together."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pyarrow.parquet as pq

from tests.simulate.conftest import Record, Trail


def test_many_services_and_actions_of_every_sort(trail: Trail) -> None:
    """A week has over 30 services, 120 actions, and all categories, types and versions."""
    truth = trail.truth
    assert len(truth.services) >= 30
    assert len(truth.actions) >= 120
    assert {e["eventCategory"] for e in trail.events} == {
        "Management",
        "Data",
        "NetworkActivity",
        "Insight",
    }
    assert {e["eventType"] for e in trail.events} == {
        "AwsApiCall",
        "AwsConsoleSignIn",
        "AwsServiceEvent",
        "AwsVpceEvent",
        "AwsCloudTrailInsight",
    }
    assert {"1.08", "1.09", "1.11"} <= {e["eventVersion"] for e in trail.events}
    kinds = {e.get("userIdentity", {}).get("type") for e in trail.events}
    assert {
        "AssumedRole",
        "AWSService",
        "AWSAccount",
        "IAMUser",
        "SAMLUser",
        "WebIdentityUser",
        "IdentityCenterUser",
    } <= kinds


def test_errors_are_as_frequent_as_they_are(trail: Trail) -> None:
    """A few calls in a hundred fail, some refused and some throttled."""
    codes = Counter(e["errorCode"] for e in trail.events if "errorCode" in e)
    assert 0.005 < codes.total() / trail.truth.events < 0.06
    assert any("Denied" in code for code in codes)
    assert codes["ThrottlingException"]


def _granted(trail: Trail) -> dict[str, Record]:
    grants = {}
    for event in trail.events:
        credentials = (event.get("responseElements") or {}).get("credentials")
        if credentials:
            grants[credentials["accessKeyId"]] = event
    return grants


def _sessions(trail: Trail) -> list[Record]:
    rows: list[Record] = pq.read_table(trail.folder / trail.truth.sessions).to_pylist()
    return rows


def test_a_roles_credentials_were_granted_before(trail: Trail) -> None:
    """A session's key, role, name and creation are those of the call that granted it.

    The trail does not hold such a call for sessions that are older than it, that services
    bear on, and that the console opens or renews.
    """
    grants = _granted(trail)
    logged = {
        row["session_id"]
        for row in _sessions(trail)
        if row["way"].startswith("AssumeRole") and row["issue_event_ids"]
    }
    checked = 0
    for event in trail.events:
        identity: dict[str, Any] = event.get("userIdentity", {})
        if identity.get("type") != "AssumedRole" or identity.get("accessKeyId") not in logged:
            continue
        grant = grants[identity["accessKeyId"]]
        user = grant["responseElements"]["assumedRoleUser"]
        assert user["arn"] == identity["arn"]
        assert user["assumedRoleId"] == identity["principalId"]
        context = identity["sessionContext"]
        assert context["sessionIssuer"]["arn"] == grant["requestParameters"]["roleArn"]
        assert context["attributes"]["creationDate"] == grant["eventTime"] <= event["eventTime"]
        seconds = grant["requestParameters"]["durationSeconds"]
        expires = datetime.fromisoformat(grant["eventTime"]) + timedelta(seconds=seconds)
        assert datetime.fromisoformat(event["eventTime"]) < expires
        checked += 1
    assert checked > trail.truth.events / 2


def test_a_session_comes_from_one_place(trail: Trail) -> None:
    """All calls with one key have one source address."""
    places: dict[str, set[str]] = {}
    for event in trail.events:
        key = event.get("userIdentity", {}).get("accessKeyId")
        if key:
            places.setdefault(key, set()).add(event["sourceIPAddress"])
    assert all(len(addresses) == 1 for addresses in places.values())


def test_people_come_through_single_sign_on(trail: Trail) -> None:
    """A person's role session is named after them, and the portal knows who it was."""
    people = [
        e
        for e in trail.events
        if "/AWSReservedSSO_" in (e.get("userIdentity", {}).get("arn") or "")
    ]
    portal = [e for e in trail.events if e.get("eventSource") == "sso.amazonaws.com"]
    assert people
    assert all(e["userIdentity"]["arn"].rpartition("/")[2].endswith("@example.com") for e in people)
    behalf = [e["userIdentity"].get("onBehalfOf") for e in portal if "eventVersion" in e]
    assert any(b and b["userId"] and b["identityStoreArn"] for b in behalf)


def test_crossing_accounts_is_in_both_trails(trail: Trail) -> None:
    """The two records of an AssumeRole across accounts share an id, and differ in their own."""
    sides: dict[str, list[Record]] = {}
    for event in trail.named("AssumeRole"):
        if "sharedEventID" in event:
            sides.setdefault(event["sharedEventID"], []).append(event)
    crossed = [pair for pair in sides.values() if len(pair) == 2]
    assert crossed
    for one, other in crossed:
        assert one["recipientAccountId"] != other["recipientAccountId"]
        assert one["eventID"] != other["eventID"]
        assert one["requestID"] == other["requestID"]
        assert one["responseElements"] == other["responseElements"]
        kinds = {e["userIdentity"]["type"] for e in (one, other)}
        assert kinds == {"AssumedRole", "AWSAccount"}


def _instance(event: Record, field: str) -> str:
    items = event[field]["instancesSet"]["items"]
    return str(items[0]["instanceId"])


def test_instances_are_made_once_and_used_until_they_end(trail: Trail) -> None:
    """Nothing is done to an instance before it runs or after it is terminated."""
    made = {_instance(e, "responseElements"): e for e in trail.named("RunInstances")}
    ended = {_instance(e, "requestParameters"): e for e in trail.named("TerminateInstances")}
    assert len(made) == len(trail.named("RunInstances"))
    assert ended.keys() <= made.keys()
    assert ended
    for event in trail.named("StopInstances", "StartInstances", "TerminateInstances"):
        instance = _instance(event, "requestParameters")
        if instance in made:
            assert made[instance]["eventTime"] <= event["eventTime"]
        if instance in ended:
            assert event["eventTime"] <= ended[instance]["eventTime"]


def test_an_instance_is_stopped_before_it_is_started(trail: Trail) -> None:
    """Stops and starts of one instance alternate."""
    last: dict[str, str] = {}
    for event in trail.named("StopInstances", "StartInstances"):
        instance = _instance(event, "requestParameters")
        assert last.get(instance, "StartInstances") != event["eventName"]
        last[instance] = event["eventName"]
    assert last


def test_deleted_buckets_were_created(trail: Trail) -> None:
    """A bucket, a role and a function that go were made in the story."""
    for make, remove, field in (
        ("CreateBucket", "DeleteBucket", "bucketName"),
        ("CreateRole", "DeleteRole", "roleName"),
        ("CreateFunction20150331", "DeleteFunction20150331", "functionName"),
    ):
        made = {e["requestParameters"][field] for e in trail.named(make)}
        gone = {e["requestParameters"][field] for e in trail.named(remove)}
        assert made
        assert gone <= made


def test_function_versions_go_up(trail: Trail) -> None:
    """Each update of a function's code publishes the next version."""
    versions: dict[str, list[tuple[str, int]]] = {}
    for event in trail.named("UpdateFunctionCode20150331v2"):
        arn, _, version = event["responseElements"]["functionArn"].rpartition(":")
        versions.setdefault(arn, []).append((event["eventTime"], int(version)))
    assert versions
    for published in versions.values():
        numbers = [version for _, version in sorted(published)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_people_work_in_office_hours_and_machines_always(trail: Trail) -> None:
    """People hardly work at weekends, night jobs run at night, delivery never sleeps."""
    hours: dict[str, Counter[tuple[bool, int]]] = {}
    for event in trail.events:
        identity = event.get("userIdentity", {})
        arn = identity.get("arn") or identity.get("invokedBy") or ""
        who = "people" if "AWSReservedSSO_" in arn else "jobs" if "-etl-" in arn else arn
        at = datetime.fromisoformat(event["eventTime"])
        hours.setdefault(who, Counter())[at.weekday() >= 5, at.hour] += 1
    people = hours["people"]
    assert sum(n for (weekend, _), n in people.items() if weekend) < people.total() * 0.1
    assert {hour for _, hour in hours["jobs"]} <= {1, 2, 3, 4}
    assert {hour for _, hour in hours["delivery.logs.amazonaws.com"]} == set(range(24))


def test_sign_ins_fail_and_use_mfa_now_and_then(trail: Trail) -> None:
    """Console sign-ins have outcomes and say whether MFA was used."""
    logins = [e for e in trail.events if e.get("eventName") == "ConsoleLogin"]
    outcomes = Counter(e["responseElements"]["ConsoleLogin"] for e in logins)
    assert outcomes["Success"] > outcomes["Failure"]
    assert {e["additionalEventData"]["MFAUsed"] for e in logins} == {"Yes", "No"}
    failed = [e for e in logins if e["responseElements"]["ConsoleLogin"] == "Failure"]
    assert all(e["errorMessage"] == "Failed authentication" for e in failed)


def test_insights_come_in_pairs(trail: Trail) -> None:
    """An insight starts and ends under one shared id."""
    insights = [e for e in trail.events if e["eventCategory"] == "Insight"]
    states: dict[str, list[str]] = {}
    for event in insights:
        states.setdefault(event["sharedEventID"], []).append(event["insightDetails"]["state"])
    assert insights
    assert all(found in (["Start"], ["Start", "End"]) for found in states.values())


def test_the_truth_knows_every_session(trail: Trail) -> None:
    """Each temporary credential in the trail is in the truth once, with events that gave it."""
    truth = {row["session_id"]: row for row in _sessions(trail)}
    assert len(truth) == len(_sessions(trail))
    by_id = {event["eventID"]: event for event in trail.events}
    for event in trail.events:
        key = event.get("userIdentity", {}).get("accessKeyId", "")
        if key.startswith("ASIA"):
            assert event["userIdentity"]["accountId"] == truth[key]["account_id"]
    for row in truth.values():
        assert row["root_principal_id"] == row["path"][0]
        assert row["principal_id"] == row["path"][-1]
        assert row["is_logged"] <= bool(row["issue_event_ids"])
        for event_id in row["issue_event_ids"]:
            assert by_id[event_id]["eventTime"] <= row["issued_at"].strftime("%Y-%m-%dT%H:%M:%SZ")


def test_credentials_come_by_every_way(trail: Trail) -> None:
    """People, machines, services and other accounts get credentials in all the ways there are."""
    rows = _sessions(trail)
    assert {row["way"] for row in rows} >= {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "ConsoleLogin",
        "SwitchRole",
        "forwarded",
        "renewed",
    }
    assert {row["root_principal_type"] for row in rows} >= {
        "account",
        "aws_service",
        "saml_user",
        "user",
        "web_identity_user",
    }
    assert max(len(row["path"]) for row in rows) >= 3
    assert 0 < sum(not row["issue_event_ids"] for row in rows) < len(rows) / 10
    regions = {e["awsRegion"] for e in trail.named("AssumeRoleWithWebIdentity")}
    assert "us-east-1" in regions
    assert len(regions) > 1
