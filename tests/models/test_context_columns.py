"""What the logs do not say, in the tables people ask: each word, and what it is not said of."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipeline.lake.catalog import Lake, open_lake
from tests.events import ACCOUNT, event, gzipped, take_in, trail_name
from tests.models.mart import Row, all_models, asked, context, event_id, failures, fill

OTHER = "444455556666"
ADA, BOB, EVE = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ada", "bob", "eve"))
JOINT, GONE = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("joint", "gone"))
CI, LOST, SPARE = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("ci", "lost", "spare"))
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"

IDENTITIES = f"""principal_id,human,joined_date,left_date
{ADA},Ada L.,,2026-02-28
{ADA},Ada's successor,2026-03-01,
{JOINT},Ann,,
{JOINT},Ben,2026-01-01,
{GONE},Gone,,2026-02-28
sam@example.com,Sam S.,,
"""
AUTOMATIONS = f"principal_id,automation\n{CI},Pipeline\n{BOB},\n"
APPROVALS = f"""ticket,principal_id,starts_at,ends_at
CHG-2,{ADA},2026-03-01T11:00:00Z,2026-03-01T13:00:00Z
CHG-1,{ADA},2026-03-01T12:00:00Z,2026-03-01T12:00:00Z
CHG-1,{ADA},2026-03-01T10:00:00Z,2026-03-01T14:00:00Z
CHG-3,{ADA},2026-03-01T12:00:01Z,2026-03-01T14:00:00Z
CHG-4,{ADA},2026-03-01T10:00:00Z,2026-03-01T11:59:59Z
CHG-5,{EVE},2026-03-01T10:00:00Z,2026-03-01T13:00:00Z
"""
SCOPES = f"""scope,account_id,resource_pattern
Literal,,arn:aws:s3:::a[bc]%_d*
Question,,arn:aws:s3:::q?x*
Named,,arn:aws:s3:::ex_act
Backslash,,arn:aws:s3:::back\\*
Middle,,arn:aws:s3:::mid**dle*end
Everything,,*
Tree,,arn:aws:s3:::tree*
Case,,arn:aws:s3:::TREE*
Other,{OTHER},
"""


def user(arn: str) -> Row:
    """Return a user who signs with a long-term key."""
    return {
        "type": "IAMUser",
        "arn": arn,
        "accountId": ACCOUNT,
        "accessKeyId": "AKIA" + arn.rsplit("/", 1)[-1].upper(),
        "userName": arn.rsplit("/", 1)[-1],
    }


def session(role: str, key: str) -> Row:
    """Return a session of a role."""
    name = role.rsplit("/", 1)[-1]
    issuer = {"type": "Role", "arn": role, "accountId": ACCOUNT, "principalId": f"AROA{name}"}
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{name}:run",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/run",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": "2026-03-01T11:59:00Z", "mfaAuthenticated": "false"},
        },
    }


def assume(number: str, caller: Row, role: str, key: str) -> Row:
    """Return the call that gives someone a role."""
    name = role.rsplit("/", 1)[-1]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/run"
    return event(
        number,
        userIdentity=caller,
        eventTime="2026-03-01T11:59:00Z",
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        requestParameters={"roleArn": role, "roleSessionName": "run"},
        responseElements={
            "credentials": {"accessKeyId": key},
            "assumedRoleUser": {"assumedRoleId": f"AROA{name}:run", "arn": arn},
        },
    )


def attach(number: str, caller: Row, **fields: Any) -> Row:
    """Return a change of permissions."""
    return event(
        number,
        **{
            "userIdentity": caller,
            "eventName": "AttachRolePolicy",
            "readOnly": False,
            "managementEvent": True,
            "eventCategory": "Management",
            "requestParameters": {"roleName": "r", "policyArn": "arn:p"},
        }
        | fields,
    )


def bucket(name: str, account: str = ACCOUNT) -> Row:
    """Return a change of a bucket's policy."""
    return attach(
        f"bucket {name}",
        user(ADA),
        eventSource="s3.amazonaws.com",
        eventName="DeleteBucketPolicy",
        requestParameters={"bucketName": name},
        resources=[{"ARN": f"arn:aws:s3:::{name}", "type": "AWS::S3::Bucket"}],
        recipientAccountId=account,
    )


SAM = {
    "type": "SAMLUser",
    "principalId": "x:sam@example.com",
    "userName": "sam@example.com",
    "identityProvider": PROVIDER,
}
SERVICE = {"type": "AWSService", "invokedBy": "config.amazonaws.com"}
ANYONE = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}

NOT_MEANT = ("abxxd", "a[bc]xxd", "a[bc]%xd", "xa[bc]%_d", "qax", "qx", "exxact", "ex_act2", "back")
BUCKETS = {name: ["Everything"] for name in (*NOT_MEANT, "backx", "middle-end-x", "midend")} | {
    "a[bc]%_d-more": ["Everything", "Literal"],
    "ex_act": ["Everything", "Named"],
    "back\\x": ["Backslash", "Everything"],
    "middle-end": ["Everything", "Middle"],
    "mid-dle-x-end": ["Everything", "Middle"],
    "tree": ["Everything", "Tree"],
    "treehouse": ["Everything", "Tree"],
    "TREE": ["Case", "Everything"],
}
"""Names of buckets with the scopes that they are in."""

CALLS = [
    attach("ada", user(ADA)),
    attach("ada before", user(ADA), eventTime="2026-02-28T23:59:59Z"),
    attach("bob", user(BOB)),
    attach("eve", user(EVE)),
    attach("joint", user(JOINT)),
    attach("gone", user(GONE)),
    attach("sam", SAM),
    attach("service", SERVICE),
    attach("anyone", ANYONE),
    attach("lost", session(LOST, "ASIALOST")),
    attach("ci lost", session(CI, "ASIACILOST")),
    assume("take ci", user(ADA), CI, "ASIACIADA"),
    attach("ci by ada", session(CI, "ASIACIADA")),
    assume("take ci too", user(EVE), CI, "ASIACIEVE"),
    attach("ci by eve", session(CI, "ASIACIEVE")),
    assume("take spare", user(BOB), SPARE, "ASIASPARE"),
    attach("spare by bob", session(SPARE, "ASIASPARE")),
    attach("denied", user(EVE), errorCode="AccessDenied"),
    attach("elsewhere", user(EVE), recipientAccountId=OTHER),
    event(
        "login",
        userIdentity=user(ADA),
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": "Success"},
    ),
    attach(
        "open",
        user(ADA),
        eventSource="ec2.amazonaws.com",
        eventName="AuthorizeSecurityGroupIngress",
        requestParameters={
            "groupId": "sg-1",
            "ipProtocol": "tcp",
            "fromPort": 1,
            "toPort": 2,
            "cidrIp": "0.0.0.0/0",
        },
    ),
    attach(
        "stop",
        user(ADA),
        eventSource="cloudtrail.amazonaws.com",
        eventName="StopLogging",
        requestParameters={"name": "main"},
    ),
    *(bucket(name) for name in BUCKETS),
    bucket("theirs", OTHER),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Give a lake of all the calls of this file."""
    made = open_lake(str(tmp_path_factory.mktemp("context") / "lake"), create=True)
    take_in(made, {trail_name(0): gzipped(*CALLS)})
    return made


@pytest.fixture(scope="module")
def told(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give the tables where every file is given."""
    files = context(
        tmp_path_factory.mktemp("files"),
        accounts=f"account_id,account_name\n{ACCOUNT},shop\n",
        identities=IDENTITIES,
        automation_roles=AUTOMATIONS,
        approvals=APPROVALS,
        scopes=SCOPES,
    )
    return fill(lake, files)


@pytest.fixture(scope="module")
def untold(lake: Lake) -> duckdb.DuckDBPyConnection:
    """Give the tables where no file is given."""
    return fill(lake)


@pytest.fixture(scope="module")
def nothing(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give the tables where every file is given and has no line."""
    files = context(
        tmp_path_factory.mktemp("empty"),
        accounts="account_id\n",
        identities="principal_id,human\n",
        automation_roles="principal_id\n",
        approvals="ticket,principal_id,starts_at,ends_at\n",
        scopes="scope,account_id,resource_pattern\n",
    )
    return fill(lake, files)


def change(tables: duckdb.DuckDBPyConnection, name: str, table: str = "permission_changes") -> Row:
    """Return the row of a call."""
    (row,) = asked(tables, f"from {table} where event_id = ?", event_id(name))
    return row


@pytest.mark.parametrize(
    ("name", "human", "unlisted", "unknown"),
    [
        ("ada", "Ada's successor", "not listed", "cannot tell"),
        ("ada before", "Ada L.", "not listed", "cannot tell"),
        ("sam", "Sam S.", "not listed", "cannot tell"),
        ("eve", "not listed", "not listed", "cannot tell"),
        ("gone", "not listed", "not listed", "cannot tell"),
        ("joint", "cannot tell", "not listed", "cannot tell"),
        ("bob", "not a person", "not listed", "cannot tell"),
        ("service", "not a person", "not a person", "not a person"),
        ("anyone", "not found", "not found", "cannot tell"),
        ("lost", "not found", "not found", "cannot tell"),
        ("ci lost", "not a person", "not found", "cannot tell"),
        ("ci by ada", "Ada's successor", "not listed", "cannot tell"),
        ("ci by eve", "not listed", "not listed", "cannot tell"),
        ("spare by bob", "not a person", "not listed", "cannot tell"),
    ],
)
def test_who_is_behind_a_change_is_said_in_words(
    name: str,
    human: str,
    unlisted: str,
    unknown: str,
    told: duckdb.DuckDBPyConnection,
    nothing: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """A file without a line is an answer; no file is none; a service needs no file."""
    found = [change(tables, name)["human"] for tables in (told, nothing, untold)]
    assert found == [human, unlisted, unknown]


@pytest.mark.parametrize(
    ("name", "automation"),
    [
        ("ci by eve", "Pipeline"),
        ("bob", BOB),
        ("spare by bob", BOB),
        ("eve", "no"),
        ("lost", "no"),
    ],
)
def test_an_automation_is_told_from_a_hand(
    name: str,
    automation: str,
    told: duckdb.DuckDBPyConnection,
    nothing: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """The principal or who is behind it counts; one without a name is told by its principal."""
    found = [change(tables, name)["automation"] for tables in (told, nothing, untold)]
    assert found == [automation, "no", "cannot tell"]


@pytest.mark.parametrize(
    ("name", "approval"),
    [
        ("ada", "CHG-1, CHG-2"),
        ("ci by ada", "CHG-1, CHG-2"),
        ("ada before", "none"),
        ("eve", "CHG-5"),
        ("bob", "none"),
        ("lost", "none"),
    ],
)
def test_approvals_hold_for_their_time_and_principal(
    name: str,
    approval: str,
    told: duckdb.DuckDBPyConnection,
    nothing: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """Windows hold from their first to their last second; a ticket with two of them is one."""
    found = [change(tables, name)["approval"] for tables in (told, nothing, untold)]
    assert found == [approval, "none", "cannot tell"]


@pytest.mark.parametrize("name", BUCKETS)
def test_only_a_star_is_special_in_a_scope(
    name: str,
    told: duckdb.DuckDBPyConnection,
    nothing: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """Brackets, ?, %, _ and a backslash in a pattern are themselves, and case counts."""
    assert change(told, f"bucket {name}")["target_arn"] == f"arn:aws:s3:::{name}"
    for table in ("permission_changes", "resource_history"):
        found = [change(tables, f"bucket {name}", table) for tables in (told, nothing, untold)]
        assert [row["scopes"] for row in found] == [BUCKETS[name], [], None]


def test_an_account_has_all_that_is_in_it_in_scope(told: duckdb.DuckDBPyConnection) -> None:
    """A call in a scoped account is in the scope, whatever it names."""
    assert change(told, "bucket theirs")["scopes"] == ["Everything", "Other"]
    assert change(told, "elsewhere")["scopes"] == ["Everything", "Other"]
    assert change(told, "eve")["scopes"] == ["Everything"]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("permission_changes", "ada"),
        ("network_changes", "open"),
        ("exposure_changes", "open"),
        ("logging_changes", "stop"),
    ],
)
def test_every_table_of_changes_says_it(
    table: str,
    name: str,
    told: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """The four tables of changes have the same columns of context."""
    words = ("account_name", "human", "automation", "approval")
    row, unknown = change(told, name, table), change(untold, name, table)
    assert [row[word] for word in words] == ["shop", "Ada's successor", "no", "CHG-1, CHG-2"]
    assert [unknown[word] for word in words] == [None, *["cannot tell"] * 3]
    assert (row["scopes"], unknown["scopes"]) == (["Everything"], None)


def test_refusals_and_sign_ins_say_who(
    told: duckdb.DuckDBPyConnection, untold: duckdb.DuckDBPyConnection
) -> None:
    """Who was denied, and who signed in, is said as it is of changes."""
    for table, name, human in (
        ("access_denied", "denied", "not listed"),
        ("console_logins", "login", "Ada's successor"),
    ):
        row, unknown = change(told, name, table), change(untold, name, table)
        assert (row["human"], row["automation"]) == (human, "no")
        assert (unknown["human"], unknown["automation"]) == ("cannot tell", "cannot tell")


def test_a_lifetime_says_account_and_automation(
    told: duckdb.DuckDBPyConnection, untold: duckdb.DuckDBPyConnection
) -> None:
    """A principal's account has its name, a resource's too, and an automation is told."""
    sql = "from principal_audit where principal_id = ?"
    row, unknown = (asked(tables, sql, CI)[0] for tables in (told, untold))
    assert (row["account_name"], row["automation"]) == ("shop", "Pipeline")
    assert (unknown["account_name"], unknown["automation"]) == (None, "cannot tell")
    assert asked(told, sql, ADA)[0]["humans"] == ["Ada L.", "Ada's successor"]
    sql = "from resource_audit where resource_account_id = ?"
    assert {row["account_name"] for row in asked(told, sql, ACCOUNT)} == {"shop"}


def test_a_new_ticket_rebuilds_no_lifetime() -> None:
    """Approvals come by the day, and reach only tables that show them."""
    models = all_models()
    read = {
        name: {name, *models.views(name)}
        for name in models.names
        if models[name].materialize != "view"
    }
    reached = {
        name
        for name, made_of in read.items()
        if any("approvals" in models[one].sources for one in made_of if one in models)
    }
    shown = {"permission_changes", "network_changes", "logging_changes", "exposure_changes"}
    assert reached == shown | {"resource_history"}
    assert not any("context_files" in models[name].sources for name in models.names)


def test_checks_hold_whatever_is_given(
    told: duckdb.DuckDBPyConnection,
    nothing: duckdb.DuckDBPyConnection,
    untold: duckdb.DuckDBPyConnection,
) -> None:
    """No file doubles or drops a row of any table."""
    for tables in (told, nothing, untold):
        assert list(failures(tables)) == []
