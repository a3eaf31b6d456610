"""The resources of events: odd parameters, duplicates, what is known in part, what is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest

from tests.iam.labelled_calls import fact_row, find_resources

EC2, IAM, S3, KMS = (f"{name}.amazonaws.com" for name in ("ec2", "iam", "s3", "kms"))
HERE = "eu-west-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/team/app"
KEY = f"arn:aws:kms:{HERE}:key/0b1c"
INSTANCE = f"arn:aws:ec2:{HERE}:instance/i-0123abcd"
GROUP = f"arn:aws:ec2:{HERE}:security-group/sg-0123abcd"
NOTHING: dict[str, tuple[str, str]] = {}


class Case(NamedTuple):
    """An event, and what is to be found for it: by ARN, where and how sure."""

    source: str
    name: str
    columns: Mapping[str, Any]
    found: Mapping[str, tuple[str, str]]


def denial(action: str, resource: str, rest: str = "") -> dict[str, str]:
    """Return the message of a denied call."""
    text = f"User: arn:aws:iam::1:user/x is not authorized to perform: {action} on resource: "
    return {"errormessage": f"{text}{resource}{rest}"}


def asks(**parameters: Any) -> dict[str, Any]:
    """Return the request parameters of an event."""
    return {"requestparameters": parameters}


def volume(partition: str, region: str) -> Case:
    """Return a call in a region, whose ARN is of a partition."""
    arn = f"arn:{partition}:ec2:{region}:111122223333:volume/vol-0123"
    columns = asks(volumeId="vol-0123") | {"awsregion": region}
    return Case(EC2, "DeleteVolume", columns, {arn: ("template", "certain")})


CASES = {
    "a string in place of the object": Case(
        EC2,
        "StopInstances",
        {"requestparameters": '{"instancesSet":{"items":[{"instanceId":"i-0123abcd"}]}}'},
        {INSTANCE: ("template", "certain")},
    ),
    "names that begin with capitals, what is beside them included": Case(
        "ecs.amazonaws.com",
        "StopTask",
        asks(Cluster="c", Task="t1"),
        {f"arn:aws:ecs:{HERE}:task/c/t1": ("template", "certain")},
    ),
    "an ARN in two places is one row, the better place told": Case(
        IAM,
        "DeleteRole",
        denial("iam:DeleteRole", ROLE, " because no identity-based policy allows it")
        | {"responseelements": {"role": {"arn": ROLE}}},
        {ROLE: ("error_message", "certain")},
    ),
    "what the service lists is the answer, each once": Case(
        KMS,
        "Decrypt",
        asks(keyId="alias/app")
        | {
            "resources": [
                {"arn": KEY},
                {"arn": KEY},
                {"arnprefix": "arn:aws:s3:::x/"},
                {"arn": "?"},
            ]
        },
        {KEY: ("resources", "certain")},
    ),
    "what a denial names stands beside what is listed": Case(
        KMS,
        "Decrypt",
        {"resources": [{"arn": KEY}]} | denial("iam:PassRole", ROLE),
        {KEY: ("resources", "certain"), ROLE: ("error_message", "certain")},
    ),
    "what both list and denial name is one row, whatever the denial adds": Case(
        "logs.amazonaws.com",
        "DeleteLogGroup",
        {"resources": [{"arn": f"arn:aws:logs:{HERE}:log-group:app"}]}
        | denial("logs:DeleteLogGroup", f"arn:aws:logs:{HERE}:log-group:app:log-stream:"),
        {f"arn:aws:logs:{HERE}:log-group:app": ("resources", "certain")},
    ),
    "a prefix is no resource, so the parameters tell": Case(
        S3,
        "ListObjects",
        asks(bucketName="data") | {"resources": [{"arnprefix": "arn:aws:s3:::data/"}]},
        {"arn:aws:s3:::data": ("template", "certain")},
    ),
    "a role's name lacks the path": Case(
        IAM,
        "TagRole",
        asks(roleName="ops"),
        {"arn:aws:iam::111122223333:role/ops": ("template", "partial")},
    ),
    "and gives way to the whole ARN": Case(
        IAM,
        "TagRole",
        asks(roleName="app") | denial("iam:TagRole", ROLE),
        {ROLE: ("error_message", "certain")},
    ),
    "the partition of China": volume("aws-cn", "cn-northwest-1"),
    "the partition of GovCloud": volume("aws-us-gov", "us-gov-east-1"),
    "a secret partition": volume("aws-iso-b", "us-isob-east-1"),
    "a value that is hidden": Case(
        "secretsmanager.amazonaws.com",
        "GetSecretValue",
        asks(secretId="HIDDEN_DUE_TO_SECURITY_REASONS"),
        NOTHING,
    ),
    "an address that is none": Case(
        "sqs.amazonaws.com", "SendMessage", asks(queueUrl="not a url"), NOTHING
    ),
    "an identifier of another type": Case(
        EC2, "StopInstances", asks(instanceId="sg-0123abcd"), NOTHING
    ),
    "an ARN that the action is not about": Case(
        IAM, "AttachRolePolicy", asks(policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"), NOTHING
    ),
    "an ARN in a policy that is text": Case(
        KMS, "PutKeyPolicy", asks(policy='{"Resource":"' + KEY + '"}'), NOTHING
    ),
    "a service that is not known": Case(
        "unheard-of.amazonaws.com", "GetObject", asks(bucketName="data", key="a"), NOTHING
    ),
    "an action whose resource is all": Case(
        EC2, "DescribeInstances", asks(instancesSet={"items": [{"instanceId": "i-01234"}]}), NOTHING
    ),
    "a denial on a pattern": Case(
        EC2,
        "RunInstances",
        denial("ec2:RunInstances", f"arn:aws:ec2:{HERE}:instance/*", " because no policy does"),
        NOTHING,
    ),
    "the counterpart of a rule is left out": Case(
        EC2,
        "AuthorizeSecurityGroupIngress",
        asks(
            groupId="sg-0123abcd",
            ipPermissions={"items": [{"groups": {"items": [{"groupId": "sg-0fffffff"}]}}]},
        ),
        {GROUP: ("template", "certain")},
    ),
    "no account, no ARN that needs one": Case(
        EC2, "DeleteVolume", asks(volumeId="vol-0123") | {"recipientaccountid": None}, NOTHING
    ),
    "another account, where a parameter says so": Case(
        "ecr.amazonaws.com",
        "BatchGetImage",
        asks(repositoryName="web", registryId="444455556666"),
        {"arn:aws:ecr:eu-west-1:444455556666:repository/web": ("template", "certain")},
    ),
    "a log group without what a denial adds": Case(
        "logs.amazonaws.com",
        "DeleteLogGroup",
        denial("logs:DeleteLogGroup", f"arn:aws:logs:{HERE}:log-group:app:*"),
        {f"arn:aws:logs:{HERE}:log-group:app": ("error_message", "certain")},
    ),
}

BROKEN = [
    *("", "{", '{"a":', "null", "3", '"x"', '"{"', "[]", "{}", '["arn:aws:s3:::x"]', "\0"),
    *('{"":1}', '{"instancesSet":{"items":7}}', '{"instanceId":null}', '"{\\"a\\":"'),
    *('{"instanceId":{"deep":{"deeper":[]}}}', '{"StopInstancesRequest":{"a"', '{"instanceId":"i-'),
]


@cache
def found() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return what is found for all cases and broken parameters, by case."""
    facts = [fact_row(case, one.source, one.name, **one.columns) for case, one in CASES.items()] + [
        fact_row(f"broken {text}", EC2, "StopInstances")
        | {"requestparameters": text, "responseelements": text}
        for text in BROKEN
    ]
    rows: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in find_resources(facts):
        assert row["resource_arn"] not in rows[row["event_id"]]
        rows[row["event_id"]][row["resource_arn"]] = (row["found_in"], row["confidence"])
    return rows


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(case: str) -> None:
    """Each case has the ARNs it should, from where and as sure as it should, and no other."""
    assert found().get(case, {}) == CASES[case].found


@pytest.mark.parametrize("text", BROKEN)
def test_broken_parameters_give_nothing(text: str) -> None:
    """What is no JSON object, or not as expected, finds nothing, fails nothing, hides nothing."""
    assert f"broken {text}" not in found()


def test_an_arn_is_split() -> None:
    """A row has the ARN's parts; what an ARN leaves empty is null."""
    rows = find_resources([fact_row("1", S3, "GetObject", **asks(bucketName="data", key="a:b/c"))])
    assert rows == [
        {
            "event_id": "1",
            "event_time": rows[0]["event_time"],
            "event_date": rows[0]["event_date"],
            "account_id": "111122223333",
            "event_source": S3,
            "event_name": "GetObject",
            "resource_arn": "arn:aws:s3:::data/a:b/c",
            "resource_type": "s3:object",
            "arn_partition": "aws",
            "arn_service": "s3",
            "arn_region": None,
            "arn_account_id": None,
            "resource_id": "data/a:b/c",
            "found_in": "template",
            "confidence": "certain",
        }
    ]


def named(number: int, day: int, name: str = "app", **columns: Any) -> dict[str, Any]:
    """Return a call that names a role without its path, on the n-th day of 2026."""
    return dated(fact_row(str(number), IAM, "TagRole", **asks(roleName=name), **columns), day)


def shown(number: int, day: int, arn: str, name: str = "AssumeRole") -> dict[str, Any]:
    """Return a call whose whole ARN AWS lists, on the n-th day of 2026."""
    return dated(fact_row(str(number), "sts.amazonaws.com", name, resources=[{"arn": arn}]), day)


def dated(row: dict[str, Any], day: int) -> dict[str, Any]:
    """Return a row of the facts on the n-th day of 2026."""
    moment = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(day)
    return row | {"event_time": moment, "event_date": moment.date()}


def test_a_name_is_the_role_whose_path_is_known() -> None:
    """A name is the one role of its account that AWS wrote out, that day or 90 days before."""
    elsewhere = "arn:aws:iam::111122223333:role/old/twice"
    written = asks(roleArn="arn:aws:iam::111122223333:role/team/said", roleName="said")
    issuer = {"sessioncontext": {"sessionissuer": {"arn": ROLE.replace("app", "run")}}}
    rows = [
        shown(1, 10, ROLE),
        *(named(day, day) for day in (9, 10, 100, 101)),
        named(200, 10, recipientaccountid="444455556666"),
        shown(2, 20, elsewhere),
        shown(3, 21, elsewhere.replace("old", "new")),
        named(300, 20, "twice"),
        named(301, 21, "twice"),
        dated(fact_row("4", EC2, "StopInstances", useridentity=issuer), 10),
        named(302, 10, "run"),
        dated(fact_row("5", "lambda.amazonaws.com", "CreateFunction", **written), 10),
        named(303, 10, "said"),
    ]
    found = {
        row["event_id"]: (row["resource_id"], row["confidence"])
        for row in find_resources(rows)
        if row["event_name"] == "TagRole"
    }
    assert found == {
        "9": ("role/app", "partial"),
        "10": ("role/team/app", "likely"),
        "100": ("role/team/app", "likely"),
        "101": ("role/app", "partial"),
        "200": ("role/app", "partial"),
        "300": ("role/old/twice", "likely"),
        "301": ("role/twice", "partial"),
        "302": ("role/team/run", "likely"),
        "303": ("role/said", "partial"),
    }
