"""What refused calls say of themselves, in Python and in SQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.iam.denied import Denial, read_denial
from pipeline.queryfile import read_query

ROLE = "arn:aws:sts::111122223333:assumed-role/pay/ann"
USER = "arn:aws:iam::111122223333:user/ann"
HEAD = "You are not authorized to perform this operation."
TAIL = "Encoded authorization failure message: 4wZ_x-Gq"
SCP = "arn:aws:organizations::444455556666:policy/o-a1/service_control_policy/p-b2"
INSTANCES = "arn:aws:ec2:eu-west-1:111122223333:instance/*"

_TYPES = {
    "identity-based policy": "identity_based",
    "resource-based policy": "resource_based",
    "session policy": "session",
    "permissions boundary": "permissions_boundary",
    "service control policy": "service_control",
    "resource control policy": "resource_control",
    "VPC endpoint policy": "vpc_endpoint",
    "role trust policy": "resource_based",
}

FORMS: list[tuple[str, Denial | None]] = [
    (
        f"User: {USER} is not authorized to perform: lambda:ListFunctions on resource: *",
        Denial(USER, "lambda:ListFunctions", "*", None, None, None, None),
    ),
    (
        f"User: {ROLE} is not authorized to perform:\ncodecommit:ListRepositories "
        "because no service control policy allows the codecommit:ListRepositories action",
        Denial(ROLE, "codecommit:ListRepositories", None, "service_control", False, None, None),
    ),
    (
        f'User: {ROLE} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/a b"'
        " because no identity-based policy allows the s3:GetObject action",
        Denial(ROLE, "s3:GetObject", "arn:aws:s3:::b/a b", "identity_based", False, None, None),
    ),
    (
        f"{HEAD} User: {ROLE} is not authorized to perform: ec2:RunInstances on resource: "
        f"{INSTANCES} with an explicit deny in a service control policy. {TAIL}",
        Denial(ROLE, "ec2:RunInstances", INSTANCES, "service_control", True, None, None),
    ),
    (
        f"{HEAD} User: {ROLE} is not authorized to perform: ec2:RunInstances on resource: "
        f"{INSTANCES}. {TAIL}",
        Denial(ROLE, "ec2:RunInstances", INSTANCES, None, None, None, None),
    ),
    (
        f"User: {USER} is not authorized to perform: iam:ListRoles on resource: "
        "arn:aws:iam::111122223333:role/* with an explicit deny in a service control policy: "
        f"{SCP}",
        Denial(
            USER,
            "iam:ListRoles",
            "arn:aws:iam::111122223333:role/*",
            "service_control",
            True,
            None,
            SCP,
        ),
    ),
    (
        f"User: {ROLE} is not authorized to perform: SNS:Publish on resource: news with an "
        "explicit deny in a VPC endpoint policy transitively through a service control policy",
        Denial(ROLE, "sns:Publish", "news", "vpc_endpoint", True, None, None),
    ),
    (
        f"User: {USER} is not authorized to perform: kms:Decrypt on this resource because the "
        "resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access",
        Denial(USER, "kms:Decrypt", None, None, None, None, None),
    ),
    (
        f"{HEAD} User: {ROLE} is not authorized to perform: ec2:CreateVpcEndpoint on resource: "
        "vpce because no identity-based policy allows the vpce:AllowMultiRegion action.",
        Denial(
            ROLE,
            "ec2:CreateVpcEndpoint",
            "vpce",
            "identity_based",
            False,
            "vpce:AllowMultiRegion",
            None,
        ),
    ),
    (
        f"User: {USER} is not authorized to perform: iam:CreateAccessKey on resource: user bob "
        "with an explicit deny",
        Denial(USER, "iam:CreateAccessKey", "user bob", None, True, None, None),
    ),
    (
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        Denial(None, "sts:AssumeRoleWithWebIdentity", None, None, None, None, None),
    ),
    (
        "User is not authorized to perform: dynamodb:Query with an explicit deny in the role trust "
        "policy",
        Denial(None, "dynamodb:Query", None, "resource_based", True, None, None),
    ),
    (
        "User: anonymous is not authorized to perform: es:ESHttpGet with an explicit deny in a "
        "resource-based policy",
        Denial("anonymous", "es:ESHttpGet", None, "resource_based", True, None, None),
    ),
    (f"{HEAD} {TAIL}", None),
    ("Access Denied", None),
    ("Roles may not be assumed by root accounts.", None),
    ("User: ann is not authorized to access this resource", None),
]


def _in_sql(messages: Sequence[str]) -> list[Denial | None]:
    con = duckdb.connect()
    con.execute(
        "create table cloudtrail_logs (recipientaccountid varchar, useridentity struct(accountid "
        "varchar), eventid varchar, record_hash varchar, event_date date, "
        "event_time timestamptz, errormessage varchar)"
    )
    for number, message in enumerate(messages):
        values = ["111122223333", None, str(number), message]
        con.execute("insert into cloudtrail_logs values (?, ?, ?, null, null, null, ?)", values)
    query = read_query("models/staging/access_denied_messages")
    found = {
        int(row[0]): Denial(*row[1:])
        for row in con.execute(
            "select event_id, denied_principal, denied_action, denied_resource, policy_type, "
            f"is_explicit_deny, missing_action, denying_policy_arn from ({query.sql})"
        ).fetchall()
    }
    return [found.get(number) for number in range(len(messages))]


@pytest.mark.parametrize(("message", "expected"), FORMS)
def test_every_documented_form_is_read(message: str, expected: Denial | None) -> None:
    """Principal, action, resource, policy and verdict, or nothing where none is named."""
    assert read_denial(message) == expected


def test_sql_reads_every_documented_form() -> None:
    """The model says the same of each message."""
    assert _in_sql([message for message, _ in FORMS]) == [expected for _, expected in FORMS]


@pytest.mark.parametrize("policy", _TYPES)
@pytest.mark.parametrize("is_explicit", [True, False])
def test_every_kind_of_policy_is_told(policy: str, is_explicit: bool) -> None:
    """Explicit and implicit, for every kind of policy that AWS has."""
    start = f"User: {USER} is not authorized to perform: iam:GetUser on resource: user ann "
    why = (
        f"with an explicit deny in a {policy}"
        if is_explicit
        else f"because no {policy} allows the iam:GetUser action"
    )
    expected = Denial(USER, "iam:GetUser", "user ann", _TYPES[policy], is_explicit, None, None)
    assert read_denial(start + why) == expected
    assert _in_sql([start + why]) == [expected]


_PIECES = st.sampled_from(
    [
        HEAD,
        TAIL,
        f"User: {USER}",
        " is not authorized to perform: ",
        "Not authorized to perform ",
        "s3:GetObject",
        "SNS:Publish",
        " on resource: ",
        '"arn:aws:s3:::b/k"',
        INSTANCES,
        " because no session policy allows the s3:GetObject action",
        " with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/p.",
        " with an explicit deny",
        "\n",
        ". ",
        "é\u00a0\u2003",
    ]
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=9).map("".join), min_size=30, max_size=30))
def test_sql_and_python_agree_on_any_message(messages: list[str]) -> None:
    """However the pieces are put together, both read the same."""
    assert _in_sql(messages) == [read_denial(message) for message in messages]


def test_a_denial_is_a_row() -> None:
    """The fields of a denial stand in the order in which the tests read them from SQL."""
    first = FORMS[0][1]
    assert first is not None
    assert astuple(first)[:3] == (USER, "lambda:ListFunctions", "*")
