"""The view of events: typed, whatever was logged, with the IAM action and the outcome."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.lake.catalog import open_lake
from pipeline.models.context import CONTEXT
from tests.events import ACCOUNT, event, gzipped, rows, take_in, trail_name
from tests.models.views import FACTS, model, open_views, rows_of

USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "accountId": ACCOUNT}
S3 = "s3.amazonaws.com"
NOT_AUTHORIZED = "User: arn:aws:iam::1:user/ann is not authorized to perform:"


def session(**attributes: Any) -> dict[str, Any]:
    """Return an identity with a session of some attributes."""
    return USER | {"sessionContext": {"attributes": attributes}}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing beside the least": (
        {},
        {
            "account_id": ACCOUNT,
            "service": "iam",
            "is_error": False,
            "is_denied": False,
            "is_counted": True,
            "is_management_event": None,
            "is_mfa_authenticated": None,
            "source_ip": None,
            "source_service": None,
            "account_name": None,
        },
    ),
    "flags as booleans": (
        {"readOnly": False, "managementEvent": True, "sessionCredentialFromConsole": True},
        {"is_read_only": False, "is_management_event": True, "is_console": True},
    ),
    "flags as text": (
        {"readOnly": "false", "managementEvent": "false", "sessionCredentialFromConsole": "true"},
        {"is_read_only": False, "is_management_event": False, "is_console": True},
    ),
    "flags that are none": (
        {"readOnly": "maybe", "managementEvent": 7, "eventName": "NoSuchCall"},
        {"is_read_only": None, "is_management_event": None},
    ),
    "a category tells of management": (
        {"eventCategory": "Data"},
        {"is_management_event": False},
    ),
    "no flag, but a call that is known to read": (
        {"eventSource": S3, "eventName": "GetObject"},
        {"is_read_only": True, "iam_action": "s3:GetObject", "access_level": "read"},
    ),
    "a call under another name than its action": (
        {"eventSource": S3, "eventName": "ListObjects"},
        {"iam_action": "s3:ListBucket", "access_level": "list"},
    ),
    "a call that is not known": (
        {"eventName": "NoSuchCall"},
        {"iam_action": None, "iam_actions": None, "access_level": None, "is_read_only": None},
    ),
    "a denied call that names another action": (
        {
            "eventSource": S3,
            "eventName": "GetObject",
            "errorCode": "AccessDenied",
            "errorMessage": f"{NOT_AUTHORIZED} kms:Decrypt on resource: arn:aws:kms:x because no",
        },
        {
            "iam_action": "kms:Decrypt",
            "iam_actions": ["kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion"],
            "access_level": "write",
            "is_read_only": True,
            "is_denied": True,
        },
    ),
    "a denied call as EC2 words it": (
        {
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "errorCode": "Client.UnauthorizedOperation",
            "errorMessage": "You are not authorized to perform this operation. "
            f"{NOT_AUTHORIZED}\n EC2:DescribeInstances because no identity-based policy",
        },
        {"iam_action": "ec2:DescribeInstances", "is_denied": True, "is_error": True},
    ),
    "a message of another error that names an action": (
        {
            "errorCode": "InvalidInputException",
            "errorMessage": "Not authorized to perform: sts:AssumeRole on service role",
        },
        {"iam_action": "iam:GetUser", "is_denied": False, "is_error": True},
    ),
    "a failed sign-in": (
        {
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "eventType": "AwsConsoleSignIn",
            "errorMessage": "Failed authentication",
        },
        {"is_error": True, "is_denied": False, "is_console": True, "iam_action": None},
    ),
    "throttled": ({"errorCode": "ThrottlingException"}, {"is_error": True, "is_denied": False}),
    "a wrong password": (
        {"eventSource": "cognito-idp.amazonaws.com", "errorCode": "NotAuthorizedException"},
        {"is_error": True, "is_denied": False},
    ),
    "an IPv6 address": ({"sourceIPAddress": "2001:db8::1"}, {"source_ip": "2001:db8::1"}),
    "a service's address": (
        {"sourceIPAddress": "config.amazonaws.com"},
        {"source_ip": None, "source_service": "config.amazonaws.com"},
    ),
    "an address that is none": (
        {"sourceIPAddress": "<script>"},
        {"source_ip": None, "source_service": None},
    ),
    "AWS Internal": (
        {"sourceIPAddress": "AWS Internal"},
        {"source_ip": None, "source_service": "AWS Internal"},
    ),
    "a session": (
        {"userIdentity": session(mfaAuthenticated="true", creationDate="2026-03-01T11:00:00Z")},
        {
            "is_mfa_authenticated": True,
            "session_created_at": datetime(2026, 3, 1, 11, tzinfo=UTC),
        },
    ),
    "a session as records had it once": (
        {"userIdentity": session(mfaAuthenticated="false", creationDate="20131102T010628Z")},
        {
            "is_mfa_authenticated": False,
            "session_created_at": datetime(2013, 11, 2, 1, 6, 28, tzinfo=UTC),
        },
    ),
    "a session that began at no time": (
        {"userIdentity": session(mfaAuthenticated="perhaps", creationDate="infinity")},
        {"is_mfa_authenticated": None, "session_created_at": None},
    ),
    "before there was a flag for the console": (
        {"eventVersion": "1.05", "userAgent": "aws-cli/1.16"},
        {"is_console": None},
    ),
    "the console's user agent before": (
        {"eventVersion": "1.05", "userAgent": "console.ec2.amazonaws.com"},
        {"is_console": True},
    ),
    "the console's user agent, which anyone can say": (
        {"eventVersion": "1.11", "userAgent": "console.ec2.amazonaws.com"},
        {"is_console": None},
    ),
    "the agents of consoles of services": (
        {"eventVersion": "1.05", "userAgent": "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11]"},
        {"is_console": True},
    ),
    "such an agent where there may be a flag": (
        {"eventVersion": "1.08", "userAgent": "EC2ConsoleFrontend, aws-internal/3"},
        {"is_console": None},
    ),
    "an agent that only has the word in it": (
        {"eventVersion": "1.08", "userAgent": "MyConsole/1.0"},
        {"is_console": False},
    ),
    "an agent of its own without the flag": (
        {"eventVersion": "1.11", "userAgent": "aws-cli/2.17"},
        {"is_console": False},
    ),
    "parameters that are no object": (
        {"requestParameters": "{not json", "responseElements": ["x"]},
        {"request_parameters": '"{not json"', "response_elements": '["x"]'},
    ),
    "a late event": (
        {"addendum": {"reason": "DELIVERY_DELAY", "originalEventID": "x"}},
        {"update_reason": "DELIVERY_DELAY", "original_event_id": None, "is_counted": True},
    ),
    "without an account of its own": (
        {"recipientAccountId": None, "userIdentity": {"accountId": "444455556666"}},
        {"account_id": "444455556666"},
    ),
    "the least of the first version": (
        {"eventVersion": "1.00", "userIdentity": None, "eventSource": None, "eventName": None},
        {"principal_id": "unknown", "service": None, "iam_action": None},
    ),
}

DENIED = {
    **dict.fromkeys(
        [
            "AccessDenied",
            "AccessDeniedException",
            "AccessDeniedFault",
            "AuthorizationError",
            "Client.UnauthorizedOperation",
            "ForbiddenException",
            "KMSAccessDeniedException",
            "KmsAccessDenied",
            "NotAuthorized",
            "OpsItemAccessDeniedException",
            "UnauthorizedException",
            "UnauthorizedOperation",
            "UnauthorizedOperationException",
            "VpceAccessDenied",
        ],
        True,
    ),
    **dict.fromkeys(
        [
            "AccessDeniedForDependencyException",
            "AuthFailure",
            "AuthorizationAlreadyExists",
            "AuthorizationPendingException",
            "Client.DryRunOperation",
            "Client.RequestLimitExceeded",
            "DependencyAccessDeniedException",
            "EC2AccessDeniedException",
            "ExpiredToken",
            "InvalidClientTokenId",
            "LimitExceededException",
            "NoSuchBucket",
            "ValidationException",
        ],
        False,
    ),
}
"""Error codes, and whether they say that a policy kept the caller from the call."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Return the facts of all cases and all error codes."""
    lake = open_lake(str(tmp_path_factory.mktemp("lake") / "lake"), create=True)
    records = [event(eventID=name) | more for name, (more, _) in CASES.items()]
    records += [event(eventID=f"code {code}", errorCode=code) for code in DENIED]
    counts = take_in(lake, {trail_name(0): gzipped(*records)})
    assert counts.rows_added == len(records)
    return pa.Table.from_pylist(rows(lake), schema=FACTS)


@pytest.fixture(scope="module")
def found(facts: pa.Table) -> dict[str, dict[str, Any]]:
    """Return the events by their ids."""
    connection = open_views(facts, ["events"])
    return {row["event_id"]: row for row in rows_of(connection, "from events")}


@pytest.mark.parametrize("name", CASES)
def test_what_an_event_says(found: dict[str, dict[str, Any]], name: str) -> None:
    """What was logged comes out typed; what was not, or is none, is null."""
    expected = CASES[name][1]
    assert {column: found[name][column] for column in expected} == expected


@pytest.mark.parametrize("code", DENIED)
def test_denials_are_told_from_other_errors(found: dict[str, dict[str, Any]], code: str) -> None:
    """Only what a policy kept from the caller is denied; all else is an error."""
    row = found[f"code {code}"]
    assert (row["is_error"], row["is_denied"]) == (True, DENIED[code])


def test_every_row_of_the_facts_comes_out_once(facts: pa.Table) -> None:
    """Neither odd input nor reference tables with a key twice lose or double an event."""
    double = pa.Table.from_pylist(
        [{"account_id": ACCOUNT, "account_name": name} for name in ("prod", "prod again")],
        schema=CONTEXT["accounts"].schema,
    )
    connection = open_views(facts, ["events"], accounts=double)
    [row] = rows_of(connection, "select count(*) as n, max(account_name) as name from events")
    assert (row["n"], row["name"]) == (len(facts), "prod")


@pytest.mark.parametrize("name", ["caller_logs", "identified_logs", "typed_logs", "events"])
def test_columns_are_as_the_header_lists_them(facts: pa.Table, name: str) -> None:
    """The header describes every column, in its order."""
    columns = open_views(facts, [name]).sql(f"from {name} limit 0").columns
    header = model(name)
    assert header is not None
    assert columns == list(header.header["columns"])


def test_a_column_costs_only_what_it_needs(facts: pa.Table, tmp_path: Path) -> None:
    """A query of principals reads no JSON: it is what most of an event's bytes are."""
    import pyarrow.parquet as pq

    pq.write_table(facts, tmp_path / "facts.parquet")
    connection = open_views(facts, ["events"])
    connection.execute(
        f"create or replace view cloudtrail_logs as from read_parquet('{tmp_path}/facts.parquet')"
    )
    sql = "select principal_id, iam_action, count(*) from events where is_counted group by 1, 2"
    [(_, plan)] = connection.sql(f"explain {sql}").fetchall()
    assert "useridentity.arn" in plan
    assert "requestparameters" not in plan
    assert "responseelements" not in plan
