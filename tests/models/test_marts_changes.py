"""Changes of permissions, networks, logs and exposure: what a call changed, and by whom really."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipeline.lake.catalog import open_lake
from tests.events import ACCOUNT, event, gzipped, take_in, trail_name
from tests.models.mart import asked, context, event_id, failures, fill

ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
OTHER = "444455556666"
WORLD = {"items": [{"cidrIp": "0.0.0.0/0"}]}


def by_ada(number: str, source: str, name: str, asked: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a management event of a user with a long-term key."""
    return event(
        number,
        eventSource=f"{source}.amazonaws.com",
        eventName=name,
        eventType="AwsApiCall",
        readOnly=False,
        managementEvent=True,
        eventCategory="Management",
        requestParameters=asked,
        userIdentity={
            "type": "IAMUser",
            "principalId": "AIDAADA",
            "arn": ADA,
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAADA",
            "userName": "ada",
        },
        **fields,
    )


def policy(principal: Any, **more: Any) -> dict[str, Any]:
    """Return a policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]} | (
        {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", **more}]}
    )


def ingress(ranges: Any, port: int = 22) -> dict[str, Any]:
    """Return the parameters of a call that lets addresses in."""
    rule = {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "groups": {}, "ipRanges": ranges}
    return {"groupId": "sg-1", "ipPermissions": {"items": [rule]}}


BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}
ALL_BLOCKED = {"PublicAccessBlockConfiguration": BLOCK | {"BlockPublicPolicy": True}}
ONE_OPEN = {"PublicAccessBlockConfiguration": BLOCK | {"BlockPublicPolicy": False}}
ALLOW_ALL = '{"Statement":{"Effect":"Allow","Principal":"*"}}'
DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "*"}

EXPOSED: list[tuple[str, str, Any, tuple[bool | None, str | None, str] | None]] = [
    ("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": policy("*")},
     (True, "everyone", "policy_allows_everyone")),
    ("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": policy({"AWS": ["*"]})},
     (True, "everyone", "policy_allows_everyone")),
    ("s3", "PutBucketPolicy",
     {"bucketName": "b", "bucketPolicy": policy("*", Condition={"IpAddress": {}})},
     (None, "everyone", "policy_allows_everyone_on_condition")),
    ("s3", "PutBucketPolicy",
     {"bucketName": "b", "bucketPolicy": policy({"AWS": f"arn:aws:iam::{OTHER}:root"})},
     (True, "other_account", "policy_allows_other_account")),
    ("s3", "PutBucketPolicy",
     {"bucketName": "b", "bucketPolicy": policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})}, None),
    ("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": {"Statement": DENY_ALL}}, None),
    ("s3", "PutBucketPolicy",
     {"bucketName": "b", "bucketPolicy": policy({"Service": "cloudtrail.amazonaws.com"})}, None),
    ("s3", "DeleteBucketPolicy", {"bucketName": "b"}, (False, None, "policy_removed")),
    ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "public-read"},
     (True, "everyone", "acl_grants_everyone")),
    ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "private"},
     (False, None, "acl_grants_nobody_else")),
    ("s3", "PutObjectAcl", {"bucketName": "b", "key": "k", "x-amz-acl": "public-read"},
     (True, "everyone", "acl_grants_everyone")),
    ("s3", "PutBucketPublicAccessBlock", {"bucketName": "b", **ONE_OPEN},
     (True, "everyone", "public_access_block_lowered")),
    ("s3", "PutBucketPublicAccessBlock", {"bucketName": "b", **ALL_BLOCKED},
     (False, None, "public_access_blocked")),
    ("s3", "DeleteAccountPublicAccessBlock", None,
     (True, "everyone", "public_access_block_lowered")),
    ("sqs", "SetQueueAttributes",
     {"queueUrl": "q", "attributes": {"Policy": ALLOW_ALL}},
     (True, "everyone", "policy_allows_everyone")),
    ("sqs", "SetQueueAttributes", {"queueUrl": "q", "attributes": {"DelaySeconds": "1"}}, None),
    ("sns", "AddPermission", {"topicArn": "t", "aWSAccountIds": [OTHER]},
     (True, "other_account", "policy_allows_other_account")),
    ("lambda", "AddPermission20150331v2", {"functionName": "f", "principal": "*"},
     (True, "everyone", "policy_allows_everyone")),
    ("lambda", "AddPermission20150331v2",
     {"functionName": "f", "principal": "events.amazonaws.com"}, None),
    ("lambda", "CreateFunctionUrlConfig", {"functionName": "f", "authType": "NONE"},
     (True, "everyone", "function_url_without_auth")),
    ("lambda", "CreateFunctionUrlConfig", {"functionName": "f", "authType": "AWS_IAM"},
     (False, None, "function_url_closed")),
    ("kms", "CreateGrant",
     {"keyId": "k", "granteePrincipal": f"arn:aws:iam::{OTHER}:role/reader"},
     (True, "other_account", "grant_allows_other_account")),
    ("kms", "CreateGrant",
     {"keyId": "k", "granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/reader"}, None),
    ("iam", "UpdateAssumeRolePolicy",
     {"roleName": "r",
      "policyDocument": f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{OTHER}"}}}}]}}'},
     (True, "other_account", "trust_allows_other_account")),
    ("iam", "UpdateAssumeRolePolicy", {"roleName": "r", "policyDocument": "not JSON"}, None),
    ("ec2", "ModifySnapshotAttribute",
     {"snapshotId": "s", "createVolumePermission": {"add": {"items": [{"group": "all"}]}}},
     (True, "everyone", "shared_with_everyone")),
    ("ec2", "ModifySnapshotAttribute",
     {"snapshotId": "s", "createVolumePermission": {"add": {"items": [{"userId": OTHER}]}}},
     (True, "other_account", "shared_with_other_account")),
    ("ec2", "ModifySnapshotAttribute",
     {"snapshotId": "s", "createVolumePermission": {"remove": {"items": [{"userId": OTHER}]}}},
     (False, None, "sharing_taken_back")),
    ("ec2", "ModifyImageAttribute",
     {"imageId": "i", "launchPermission": {"add": {"items": [{"group": "all"}]}}},
     (True, "everyone", "shared_with_everyone")),
    ("ec2", "ModifyImageAttribute", {"imageId": "i", "description": {"value": "all"}}, None),
    ("rds", "ModifyDBSnapshotAttribute",
     {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": ["all"]},
     (True, "everyone", "shared_with_everyone")),
    ("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "publiclyAccessible": True},
     (True, "everyone", "publicly_accessible")),
    ("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "publiclyAccessible": False},
     (False, None, "not_publicly_accessible")),
    ("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "allocatedStorage": 20}, None),
    ("ec2", "AuthorizeSecurityGroupIngress", ingress(WORLD),
     (True, "everyone", "security_group_open_to_world")),
    ("ec2", "AuthorizeSecurityGroupIngress", ingress({"items": [{"cidrIp": "10.0.0.0/8"}]}), None),
    ("ec2", "AuthorizeSecurityGroupEgress", ingress(WORLD), None),
    ("ec2", "RevokeSecurityGroupIngress", ingress(WORLD),
     (False, None, "security_group_closed_to_world")),
    ("ec2", "AuthorizeSecurityGroupIngress",
     {"groupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2, "cidrIp": "0.0.0.0/0"},
     (True, "everyone", "security_group_open_to_world")),
    ("ec2", "ModifySecurityGroupRules",
     {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-1", "SecurityGroupRule": {
         "SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": {
             "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}}}},
     (True, "everyone", "security_group_open_to_world")),
    ("ec2", "CreateNetworkAclEntry",
     {"networkAclId": "acl-1", "egress": False, "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"},
     (True, "everyone", "network_acl_open_to_world")),
    ("eks", "UpdateClusterConfig",
     {"name": "c", "resourcesVpcConfig": {"endpointPublicAccess": True}},
     (True, "everyone", "publicly_accessible")),
]  # fmt: skip
"""A call, what it asks, and what that exposes: whether, to whom, why; None: nothing changes."""

EFFECTS: list[tuple[str, str, Any, str | None]] = [
    ("cloudtrail", "StopLogging", {"name": "main"}, "stopped"),
    ("cloudtrail", "DeleteTrail", {"name": "main"}, "removed"),
    ("cloudtrail", "UpdateTrail", {"name": "main", "isMultiRegionTrail": False}, "narrowed"),
    ("cloudtrail", "UpdateTrail", {"name": "main", "isMultiRegionTrail": True}, "changed"),
    ("cloudtrail", "PutEventSelectors",
     {"trailName": "main", "eventSelectors": [{"readWriteType": "WriteOnly"}]}, "narrowed"),
    ("cloudtrail", "PutEventSelectors",
     {"trailName": "main", "eventSelectors": [
         {"readWriteType": "All", "excludeManagementEventSources": []}]}, "changed"),
    ("cloudtrail", "PutInsightSelectors", {"trailName": "main", "insightSelectors": []}, "stopped"),
    ("config", "StopConfigurationRecorder", {"configurationRecorderName": "default"}, "stopped"),
    ("guardduty", "UpdateDetector", {"detectorId": "d", "enable": False}, "stopped"),
    ("guardduty", "DeleteDetector", {"detectorId": "d"}, "removed"),
    ("s3", "PutBucketLogging",
     {"bucketName": "b", "BucketLoggingStatus": {"xmlns": ""}}, "stopped"),
    ("s3", "PutBucketLogging",
     {"bucketName": "b", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "l"}}},
     "started"),
    ("ec2", "DeleteFlowLogs",
     {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}, "removed"),
    ("logs", "DeleteLogGroup", {"logGroupName": "g"}, "removed"),
    ("route53", "DeleteQueryLoggingConfig", {"id": "q"}, "removed"),
    ("rds", "ModifyDBInstance",
     {"dBInstanceIdentifier": "d",
      "cloudwatchLogsExportConfiguration": {"disableLogTypes": ["audit"]}}, "narrowed"),
    ("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "d", "allocatedStorage": 20}, None),
]  # fmt: skip
"""A call, what it asks, and what that does to logging; None: nothing."""


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give the tables filled from all the calls of this file."""
    folder = tmp_path_factory.mktemp("changes")
    records = [
        *(by_ada(f"exposed {n}", *call[:3]) for n, call in enumerate(EXPOSED)),
        *(by_ada(f"effect {n}", *call[:3]) for n, call in enumerate(EFFECTS)),
        by_ada(
            "key",
            "iam",
            "CreateAccessKey",
            {"userName": "bob"},
            eventTime="2026-02-27T12:00:00Z",
            responseElements={"accessKey": {"userName": "bob", "accessKeyId": "AKIABOB"}},
        ),
        event("bob", userIdentity={"type": "IAMUser", "accountId": ACCOUNT, "userName": "bob",
              "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "accessKeyId": "AKIABOB"}),
        by_ada("attach", "iam", "AttachRolePolicy", {"roleName": "r", "policyArn": "arn:p"}),
        by_ada(
            "refused", "cloudtrail", "DeleteTrail", {"name": "main"}, errorCode="AccessDenied"
        ),
        by_ada("open refused", "ec2", "AuthorizeSecurityGroupIngress", ingress(WORLD),
               errorCode="Client.UnauthorizedOperation"),
        by_ada("again", "iam", "AttachRolePolicy", {"roleName": "r", "policyArn": "arn:p"},
               addendum={"reason": "UPDATED_DATA", "originalEventID": event_id("attach")}),
    ]  # fmt: skip
    lake = open_lake(str(folder / "lake"), create=True)
    take_in(lake, {trail_name(0): gzipped(*records)})
    files = context(folder, identities=f"principal_id,human\n{ADA},Ada L.\n")
    return fill(lake, files)


def test_every_check_of_every_table_holds(marts: duckdb.DuckDBPyConnection) -> None:
    """Of all these calls, every table meets its own checks."""
    assert list(failures(marts)) == []


@pytest.mark.parametrize("number", range(len(EXPOSED)))
def test_exposure_is_told_with_its_reason(number: int, marts: duckdb.DuckDBPyConnection) -> None:
    """What opens, closes, or neither, is told apart by what the call asks for."""
    rows = asked(marts, "from exposure_changes where event_id = ?", event_id(f"exposed {number}"))
    found = [(row["is_exposed"], row["audience"], row["reason"]) for row in rows]
    expected = EXPOSED[number][3]
    assert found == ([expected] if expected else []), EXPOSED[number][:3]


@pytest.mark.parametrize("number", range(len(EFFECTS)))
def test_logging_is_stopped_narrowed_or_started(
    number: int, marts: duckdb.DuckDBPyConnection
) -> None:
    """What a change does to logging is told from the operation and what it asks for."""
    rows = asked(marts, "from logging_changes where event_id = ?", event_id(f"effect {number}"))
    expected = EFFECTS[number][3]
    assert [row["effect"] for row in rows] == ([expected] if expected else []), EFFECTS[number]


def test_a_change_names_what_changed_and_who(marts: duckdb.DuckDBPyConnection) -> None:
    """A grant has the role, the policy, the principal and the human behind it."""
    row = asked(marts, "from permission_changes where event_id = ?", event_id("attach"))[0]
    assert (
        row
        | {
            "kind": "grant",
            "change": "added",
            "target_type": "iam:role",
            "target": "r",
            "target_arn": f"arn:aws:iam::{ACCOUNT}:role/r",
            "policy_arn": "arn:p",
            "principal_id": ADA,
            "root_principal_id": ADA,
            "root_human": "Ada L.",
            "root_confidence": "certain",
            "is_success": True,
        }
        == row
    )


def test_what_failed_is_told_but_exposed_nothing(marts: duckdb.DuckDBPyConnection) -> None:
    """A refused change is in its table as failed, and is no exposure."""
    refused = asked(marts, "from logging_changes where event_id = ?", event_id("refused"))
    assert [(row["is_success"], row["error_code"]) for row in refused] == [(False, "AccessDenied")]
    opened = "from exposure_changes where event_id = ?"
    assert asked(marts, opened, event_id("open refused")) == []
    network = asked(marts, "from network_changes where event_id = ?", event_id("open refused"))
    assert [row["is_success"] for row in network] == [False]


def test_an_update_of_an_event_is_no_second_change(marts: duckdb.DuckDBPyConnection) -> None:
    """An event that CloudTrail wrote again counts once."""
    sql = "from permission_changes where event_name = 'AttachRolePolicy'"
    assert [row["event_id"] for row in asked(marts, sql)] == [event_id("attach")]


def test_rules_of_a_security_group_are_read_out(marts: duckdb.DuckDBPyConnection) -> None:
    """A change of a security group says which ports from where, and whether that is the world."""
    sql = "select target, rules, is_open_to_world from network_changes where event_id = ?"
    calls = {call[3][2]: n for n, call in reversed(list(enumerate(EXPOSED))) if call[3]}
    row = asked(marts, sql, event_id(f"exposed {calls['security_group_open_to_world']}"))[0]
    assert row == {
        "target": "sg-1",
        "rules": ["ingress tcp 22 from 0.0.0.0/0"],
        "is_open_to_world": True,
    }


def test_a_key_is_traced_to_who_made_it(marts: duckdb.DuckDBPyConnection) -> None:
    """A key's use names who made it and when, though that was in another month."""
    row = asked(marts, "from credential_usage where access_key_id = 'AKIABOB'")[0]
    assert (row["created_by"], row["created_by_human"], row["age_days"]) == (ADA, "Ada L.", 2)
    assert (row["n_calls"], row["principal_name"]) == (1, "bob")
    assert (
        asked(marts, "from credential_usage where access_key_id = 'AKIAADA'")[0]["created_by"]
        is None
    )
