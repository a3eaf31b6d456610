"""Principals: one per actor whatever the session, for every kind of userIdentity there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.lake.catalog import open_lake
from pipeline.lake.snapshot import read_lake, scan_sql
from tests.events import ACCOUNT, event, gzipped, rows, take_in, trail_name
from tests.models.views import FACTS, open_views, rows_of

A = ACCOUNT
ROLE = f"arn:aws:iam::{A}:role/team/deploy"
SESSION = {
    "sessionIssuer": {
        "type": "Role",
        "principalId": "AROAEXAMPLE000000001",
        "arn": ROLE,
        "accountId": A,
        "userName": "deploy",
    },
    "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-03-01T11:00:00Z"},
}
STORE = "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"
GITHUB = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def assumed(role: str = "deploy", session: str = "s", **more: Any) -> dict[str, Any]:
    """Return an assumed role's identity."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE000000001:{session}",
        "arn": f"arn:aws:sts::{A}:assumed-role/{role}/{session}",
        "accountId": A,
        "accessKeyId": "ASIAEXAMPLE000000001",
    } | more


CASES: dict[str, tuple[dict[str, Any] | None, dict[str, Any], tuple[str, str, str | None]]] = {
    "user": (
        {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{A}:user/eu/ann",
            "accountId": A,
            "userName": "ann",
        },
        {},
        ("user", f"arn:aws:iam::{A}:user/eu/ann", "ann"),
    ),
    "user in a session": (
        {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{A}:user/eu/ann",
            "accessKeyId": "ASIA1",
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        },
        {},
        ("user", f"arn:aws:iam::{A}:user/eu/ann", "ann"),
    ),
    "failed sign-in of a user": (
        {"type": "IAMUser", "accountId": A, "accessKeyId": "", "userName": "ann"},
        {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"},
        ("user", f"arn:aws:iam::{A}:user/ann", "ann"),
    ),
    "failed sign-in under a name AWS hides": (
        {"type": "IAMUser", "accountId": A, "accessKeyId": "", "userName": HIDDEN},
        {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"},
        ("unknown", "unknown", None),
    ),
    "user by id alone": (
        {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": A},
        {},
        ("user", "AIDAEXAMPLE", "AIDAEXAMPLE"),
    ),
    "role": (assumed(sessionContext=SESSION), {}, ("role", ROLE, "deploy")),
    "role in a session of another name": (
        assumed(session="ann@example.com", sessionContext=SESSION),
        {},
        ("role", ROLE, "deploy"),
    ),
    "role without its issuer": (
        assumed(),
        {},
        ("role", f"arn:aws:iam::{A}:role/deploy", "deploy"),
    ),
    "role whose session name has slashes": (
        assumed(session="a/b/c"),
        {},
        ("role", f"arn:aws:iam::{A}:role/deploy", "deploy"),
    ),
    "role by id alone": (
        {"type": "AssumedRole", "principalId": "AROAEXAMPLE000000001:s", "accountId": A},
        {},
        ("role", "AROAEXAMPLE000000001", "AROAEXAMPLE000000001"),
    ),
    "role that is no session": (
        {"type": "Role", "arn": ROLE, "accountId": A},
        {},
        ("role", ROLE, "deploy"),
    ),
    "role called for by a service": (
        assumed(sessionContext=SESSION, invokedBy="cloudformation.amazonaws.com"),
        {"sourceIPAddress": "cloudformation.amazonaws.com"},
        ("role", ROLE, "deploy"),
    ),
    "service-linked role": (
        assumed(
            role="AWSServiceRoleForConfig",
            sessionContext={
                "sessionIssuer": {
                    "type": "Role",
                    "arn": f"arn:aws:iam::{A}:role/aws-service-role/config.amazonaws.com/"
                    "AWSServiceRoleForConfig",
                }
            },
        ),
        {},
        (
            "role",
            f"arn:aws:iam::{A}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
            "AWSServiceRoleForConfig",
        ),
    ),
    "role of a workload": (
        assumed(sessionContext=SESSION, inScopeOf={"credentialsIssuedTo": "arn:aws:lambda:x"}),
        {},
        ("role", ROLE, "deploy"),
    ),
    "role in China": (
        {
            "type": "AssumedRole",
            "arn": f"arn:aws-cn:sts::{A}:assumed-role/deploy/s",
            "accountId": A,
        },
        {"awsRegion": "cn-north-1"},
        ("role", f"arn:aws-cn:iam::{A}:role/deploy", "deploy"),
    ),
    "root": (
        {"type": "Root", "principalId": A, "arn": f"arn:aws:iam::{A}:root", "accountId": A},
        {},
        ("root", f"arn:aws:iam::{A}:root", "root"),
    ),
    "root without its ARN in GovCloud": (
        {"type": "Root", "principalId": A, "accountId": A},
        {"awsRegion": "us-gov-west-1"},
        ("root", f"arn:aws-us-gov:iam::{A}:root", "root"),
    ),
    "root of a member that was assumed": (
        {
            "type": "Root",
            "arn": f"arn:aws:iam::{A}:root",
            "accountId": A,
            "sessionContext": {"assumedRoot": True},
        },
        {},
        ("root", f"arn:aws:iam::{A}:root", "root"),
    ),
    "federated user": (
        {
            "type": "FederatedUser",
            "principalId": f"{A}:bob",
            "arn": f"arn:aws:sts::{A}:federated-user/bob",
            "accountId": A,
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "broker"}},
        },
        {},
        ("federated_user", f"arn:aws:sts::{A}:federated-user/bob", "bob"),
    ),
    "federated user without an ARN": (
        {"type": "FederatedUser", "principalId": f"{A}:bob", "accountId": A},
        {},
        ("federated_user", f"arn:aws:sts::{A}:federated-user/bob", "bob"),
    ),
    "SAML user": (
        {
            "type": "SAMLUser",
            "principalId": "SampleUkh1i4+ExamplexL/jEvs=:carol@example.com",
            "userName": "carol@example.com",
            "identityProvider": "https://idp.example.com/saml",
        },
        {"eventName": "AssumeRoleWithSAML"},
        ("saml_user", "https://idp.example.com/saml/carol@example.com", "carol@example.com"),
    ),
    "web identity": (
        {
            "type": "WebIdentityUser",
            "principalId": f"{GITHUB}:sts.amazonaws.com:repo:org/app:ref:refs/heads/main",
            "userName": "repo:org/app:ref:refs/heads/main",
            "identityProvider": GITHUB,
        },
        {"eventName": "AssumeRoleWithWebIdentity"},
        (
            "web_identity_user",
            f"{GITHUB}/repo:org/app:ref:refs/heads/main",
            "repo:org/app:ref:refs/heads/main",
        ),
    ),
    "SAML user without a name": (
        {"type": "SAMLUser"},
        {},
        ("unknown", "unknown", None),
    ),
    "Identity Center user": (
        {
            "type": "IdentityCenterUser",
            "accountId": A,
            "onBehalfOf": {"userId": "544894e8", "identityStoreArn": STORE},
            "credentialId": "x",
        },
        {},
        ("identity_center_user", f"{STORE}/user/544894e8", "544894e8"),
    ),
    "Identity Center user as records had it before": (
        {
            "type": "Unknown",
            "accountId": A,
            "userName": "dan@example.com",
            "onBehalfOf": {"userId": "544894e8", "identityStoreArn": STORE},
        },
        {},
        ("identity_center_user", f"{STORE}/user/544894e8", "dan@example.com"),
    ),
    "sign-in portal before it named the store": (
        {"type": "Unknown", "principalId": A, "accountId": A, "userName": "dan@example.com"},
        {"eventSource": "sso.amazonaws.com"},
        ("unknown", f"unknown:{A}/dan@example.com", "dan@example.com"),
    ),
    "service": (
        {"type": "AWSService", "invokedBy": "config.amazonaws.com"},
        {"sourceIPAddress": "config.amazonaws.com"},
        ("aws_service", "config.amazonaws.com", "config.amazonaws.com"),
    ),
    "service event without a type": (
        {"accountId": A, "invokedBy": "AWS Internal"},
        {"eventType": "AwsServiceEvent", "eventSource": "kms.amazonaws.com"},
        ("aws_service", "kms.amazonaws.com", "kms.amazonaws.com"),
    ),
    "service that only its address names": (
        {"type": "AWSService"},
        {"sourceIPAddress": "lambda.amazonaws.com"},
        ("aws_service", "lambda.amazonaws.com", "lambda.amazonaws.com"),
    ),
    "account": (
        {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"},
        {},
        ("account", "account:444455556666", "444455556666"),
    ),
    "anonymous": (
        {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        {},
        ("anonymous", "anonymous", "anonymous"),
    ),
    "anonymous as S3 writes it now": (
        {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
        {},
        ("anonymous", "anonymous", "anonymous"),
    ),
    "a subject called anonymous": (
        {"type": "WebIdentityUser", "principalId": "anonymous", "identityProvider": "idp"},
        {},
        ("web_identity_user", "idp/anonymous", "anonymous"),
    ),
    "directory": (
        {"type": "Directory", "principalId": "d-1", "accountId": A, "userName": "eve"},
        {},
        ("unknown", f"unknown:{A}/eve", "eve"),
    ),
    "a type of tomorrow": ({"type": "Martian"}, {}, ("unknown", "unknown", None)),
    "user without a type": (
        {"arn": f"arn:aws:iam::{A}:user/ann"},
        {},
        ("user", f"arn:aws:iam::{A}:user/ann", "ann"),
    ),
    "nothing": ({}, {}, ("unknown", "unknown", None)),
    "null": (None, {}, ("unknown", "unknown", None)),
    "insight": (
        None,
        {"eventType": "AwsCloudTrailInsight", "eventCategory": "Insight"},
        ("unknown", "unknown", None),
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the events of all cases, by their names."""
    lake = open_lake(str(tmp_path_factory.mktemp("lake") / "lake"), create=True)
    records = [
        event(name, userIdentity=identity, eventID=name) | more
        for name, (identity, more, _) in CASES.items()
    ]
    take_in(lake, {trail_name(0): gzipped(*records)})
    connection = open_views(pa.Table.from_pylist(rows(lake), schema=FACTS), ["events"])
    return {row["event_id"]: row for row in rows_of(connection, "from events")}


@pytest.mark.parametrize("name", CASES)
def test_who_called(found: dict[str, dict[str, Any]], name: str) -> None:
    """Each kind of identity comes out as its type, its stable id and what people call it."""
    row = found[name]
    assert (row["principal_type"], row["principal_id"], row["principal_name"]) == CASES[name][2]


def test_every_event_comes_out_once(found: dict[str, dict[str, Any]]) -> None:
    """No identity, however odd, loses an event or doubles it."""
    assert found.keys() == CASES.keys()


def test_the_session_is_apart_from_the_principal(found: dict[str, dict[str, Any]]) -> None:
    """Sessions have the key's id, else the principal's start; their names never reach the role."""
    assert found["role"]["session_id"] == "ASIAEXAMPLE000000001"
    assert found["role"]["principal_unique_id"] == "AROAEXAMPLE000000001"
    assert found["role in a session of another name"]["session_name"] == "ann@example.com"
    assert found["role whose session name has slashes"]["session_name"] == "a/b/c"
    assert found["role in China"]["session_name"] == "s"
    assert found["role in China"]["session_id"] is None
    assert found["user"]["session_id"] is None
    assert found["user in a session"]["session_id"] == "ASIA1"
    assert found["service"]["session_id"] is None


def test_the_account_of_a_principal(found: dict[str, dict[str, Any]]) -> None:
    """A principal's account is its own, not the one that was called; services have none."""
    assert found["account"]["principal_account_id"] == "444455556666"
    assert found["user without a type"]["principal_account_id"] == A
    assert found["service event without a type"]["principal_account_id"] is None
    assert found["anonymous"]["principal_account_id"] is None


def test_who_else_is_in_the_call(found: dict[str, dict[str, Any]]) -> None:
    """The service, the workload and the person behind a role stand beside it."""
    assert found["role called for by a service"]["invoked_by"] == "cloudformation.amazonaws.com"
    assert found["role of a workload"]["workload_arn"] == "arn:aws:lambda:x"
    assert found["Identity Center user"]["on_behalf_of"] == f"{STORE}/user/544894e8"


TRAIL = Path(__file__).parents[3] / "shared/data/s3-trail"

COUNTED_BY_HAND = {
    "cloudtrail.amazonaws.com": 11_537,
    "delivery.logs.amazonaws.com": 10_011,
    "arn:aws:iam::342082656213:user/FalsimentisRoot": 1_739,
    "arn:aws:iam::342082656213:root": 656,
    "arn:aws:iam::342082656213:user/jmerckle": 37,
    "arn:aws:iam::342082656213:role/service-role/CloudTrailRoleForCloudWatchLogs": 1,
}


@pytest.mark.skipif(not TRAIL.is_dir(), reason="the real trail is not beside the project")
def test_the_principals_of_a_real_trail(tmp_path: Path) -> None:
    """A real trail has the principals that its JSON, grouped by hand, has: no more and no fewer."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    objects = {str(file): file.read_bytes() for file in TRAIL.rglob("*.json.gz")}
    take_in(lake, objects)
    connection = open_views(FACTS.empty_table(), ["events"])
    view = read_lake(lake).tables["cloudtrail_logs"]
    scan = scan_sql(view.schema, read_lake(lake).paths("cloudtrail_logs"))
    connection.unregister("cloudtrail_logs")
    connection.execute(f"create or replace view cloudtrail_logs as from {scan}")
    sql = "select principal_id, count(*) as n from events where is_counted group by 1"
    assert {row["principal_id"]: row["n"] for row in rows_of(connection, sql)} == COUNTED_BY_HAND
