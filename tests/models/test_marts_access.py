"""Tables about use: principals, resources, data, sign-ins, denials, over days and over all time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from pipeline.lake.catalog import open_lake
from tests.events import ACCOUNT, event, gzipped, take_in, trail_name
from tests.models.mart import asked, context, event_id, failures, fill

ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/deploy"
LOST = f"arn:aws:iam::{ACCOUNT}:role/lost"
BUCKET = "arn:aws:s3:::ledger"


def user(arn: str) -> dict[str, Any]:
    """Return a user with a long-term key."""
    name = arn.rsplit("/", 1)[1]
    return {"type": "IAMUser", "arn": arn, "accountId": ACCOUNT, "userName": name,
            "accessKeyId": f"AKIA{name.upper()}"}  # fmt: skip


def session(role: str, key: str, mfa: str = "false") -> dict[str, Any]:
    """Return a session of a role."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{role[-4:]}:work",
        "arn": role.replace(":iam:", ":sts:").replace("role/", "assumed-role/") + "/work",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": role, "accountId": ACCOUNT},
            "attributes": {"mfaAuthenticated": mfa, "creationDate": "2026-03-01T11:00:00Z"},
        },
    }


def management(number: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return a change of the bucket."""
    defaults = {
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "readOnly": False,
        "managementEvent": True,
        "eventCategory": "Management",
        "requestParameters": {"bucketName": "ledger"},
        "resources": [{"type": "AWS::S3::Bucket", "ARN": BUCKET, "accountId": ACCOUNT}],
    }
    return event(number, **defaults | fields)


def data(number: str, name: str, key: str, **fields: Any) -> dict[str, Any]:
    """Return a data event on an object of the bucket."""
    return management(
        number,
        name,
        **{
            "readOnly": name.startswith("Get"),
            "managementEvent": False,
            "eventCategory": "Data",
            "requestParameters": {"bucketName": "ledger", "key": key},
            "additionalEventData": {"bytesTransferredIn": 10.0, "bytesTransferredOut": 200.0},
            "resources": [
                {"type": "AWS::S3::Object", "ARN": f"{BUCKET}/{key}"},
                {"type": "AWS::S3::Bucket", "ARN": BUCKET, "accountId": ACCOUNT},
            ],
        }
        | fields,
    )


def sign_in(number: str, outcome: str, identity: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a sign-in to the console."""
    name = fields.pop("eventName", "ConsoleLogin")
    return event(
        number,
        eventSource="signin.amazonaws.com",
        eventName=name,
        eventType="AwsConsoleSignIn",
        readOnly=False,
        userIdentity=identity,
        responseElements={name: outcome},
        **fields,
    )


ROLE_ISSUED = {"credentials": {"accessKeyId": "ASIADEPLOY"}}
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"
WEB = {"MFAUsed": "Yes", "MobileVersion": "No", "LoginTo": "https://console"}
NO_MFA = WEB | {"MFAUsed": "No"}

RECORDS: Sequence[dict[str, Any]] = [
    event("assume", eventSource="sts.amazonaws.com", eventName="AssumeRole", readOnly=True,
          eventTime="2026-03-01T11:00:00Z", userIdentity=user(ADA),
          requestParameters={"roleArn": DEPLOY, "roleSessionName": "work"},
          responseElements=ROLE_ISSUED),
    management("make", "CreateBucket", eventTime="2026-02-10T09:00:00Z", userIdentity=user(BOB)),
    management("tag", "PutBucketTagging", userIdentity=session(DEPLOY, "ASIADEPLOY", "true")),
    management("lock", "PutBucketVersioning", eventTime="2026-03-02T08:00:00Z",
               userIdentity=session(LOST, "ASIALOST")),
    management("no", "PutBucketTagging", eventTime="2026-03-02T09:00:00Z", userIdentity=user(BOB),
               errorCode="AccessDenied",
               errorMessage=f"User: {BOB} is not authorized to perform: s3:PutBucketTagging on "
               f'resource: "{BUCKET}" with an explicit deny in a service control policy'),
    data("get 1", "GetObject", "a", userIdentity=session(DEPLOY, "ASIADEPLOY")),
    data("get 2", "GetObject", "b", userIdentity=session(DEPLOY, "ASIADEPLOY")),
    data("get 3", "GetObject", "b", userIdentity=session(DEPLOY, "ASIADEPLOY"),
         errorCode="NoSuchKey"),
    data("put", "PutObject", "a", userIdentity=user(ADA)),
    data("gone", "DeleteObject", "a", eventTime="2026-03-01T13:00:00Z", userIdentity=user(ADA),
         additionalEventData=None),
    sign_in("in 1", "Success", user(ADA), additionalEventData=WEB),
    sign_in("in 2", "Failure", user(BOB), additionalEventData=NO_MFA,
            errorMessage="Failed authentication"),
    sign_in("in 3", "Success", session(ADMIN, "ASIASSO"), additionalEventData=NO_MFA),
    sign_in("in 4", "Success", session(DEPLOY, "ASIADEPLOY"), eventName="SwitchRole",
            additionalEventData={"SwitchTo": LOST}),
]  # fmt: skip


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give the tables filled from the records of this file."""
    folder = tmp_path_factory.mktemp("access")
    lake = open_lake(str(folder / "lake"), create=True)
    take_in(lake, {trail_name(0): gzipped(*RECORDS)})
    files = context(
        folder,
        identities=f"principal_id,human\n{ADA},Ada L.\n{BOB},Bob M.\n",
        accounts=f"account_id,account_name\n{ACCOUNT},billing\n",
    )
    return fill(lake, files)


def one(marts: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> dict[str, Any]:
    """Return a query's only row."""
    rows = asked(marts, sql, *values)
    assert len(rows) == 1, rows
    return rows[0]


def test_every_check_of_every_table_holds(marts: duckdb.DuckDBPyConnection) -> None:
    """Of all these calls, every table meets its own checks."""
    assert list(failures(marts)) == []


def test_history_is_in_order_and_names_who_was_behind(marts: duckdb.DuckDBPyConnection) -> None:
    """A bucket's changes come in order, a role's with the human who assumed it; no failed one."""
    sql = """
        select event_name, principal_id, root_principal_id, root_human, root_confidence, is_created
        from resource_history where resource_arn = ? order by event_time
    """
    assert [tuple(row.values()) for row in asked(marts, sql, BUCKET)] == [
        ("CreateBucket", BOB, BOB, "Bob M.", "certain", True),
        ("PutBucketTagging", DEPLOY, ADA, "Ada L.", "certain", False),
        ("PutBucketVersioning", LOST, LOST, None, "none", False),
    ]


def test_an_object_has_its_own_history(marts: duckdb.DuckDBPyConnection) -> None:
    """Writing and deleting an object changes the object, not its bucket."""
    sql = "select event_name from resource_history where resource_arn = ? order by event_time"
    rows = asked(marts, sql, f"{BUCKET}/a")
    assert [row["event_name"] for row in rows] == ["PutObject", "DeleteObject"]


def test_a_resource_over_all_time(marts: duckdb.DuckDBPyConnection) -> None:
    """A bucket's row says who made it in another month, who changed and who touched it last."""
    row = one(marts, "from resource_audit where resource_arn = ?", BUCKET)
    assert (
        row
        | {
            "created_by": BOB,
            "created_by_human": "Bob M.",
            "last_changed_by": LOST,
            "n_changes": 3,
            "changed_by": [DEPLOY, LOST, BOB],
            "last_touched_by": BOB,
            "n_calls": 9,
            "n_errors": 2,
            "n_denied": 1,
            "accessed_by": [DEPLOY, LOST, ADA, BOB],
            "is_list_cut": False,
        }
        == row
    )


def test_what_is_not_known_is_not_taken_from_before(marts: duckdb.DuckDBPyConnection) -> None:
    """The human behind the last change is null, though the change before has one."""
    row = one(marts, "from resource_audit where resource_arn = ?", BUCKET)
    assert row["last_changed_by_human"] is None


def test_objects_are_told_of_under_their_bucket(marts: duckdb.DuckDBPyConnection) -> None:
    """No table over all time has a row per object."""
    sql = "select count(*) as n from resource_audit where resource_type = 's3:object'"
    assert one(marts, sql)["n"] == 0


def test_the_ledger_of_who_touched_what(marts: duckdb.DuckDBPyConnection) -> None:
    """Reads, writes and bytes are counted of calls that succeeded, for object and bucket."""
    sql = """
        select resource_arn, n_calls, n_reads, n_writes, n_errors, bytes_in, bytes_out
        from principal_resource_access where principal_id = ? and resource_arn like ? || '%'
        order by resource_arn
    """
    assert [tuple(row.values()) for row in asked(marts, sql, DEPLOY, BUCKET)] == [
        (BUCKET, 4, 2, 1, 1, 20, 400),
        (f"{BUCKET}/a", 1, 1, 0, 0, 10, 200),
        (f"{BUCKET}/b", 2, 1, 0, 1, 10, 200),
    ]


def test_data_events_by_bucket(marts: duckdb.DuckDBPyConnection) -> None:
    """Data events of a bucket are told by what they do; bytes never logged are null, not 0."""
    sql = """
        select principal_id, resource_arn, n_calls, n_reads, n_writes, n_deletes, n_errors,
            bytes_in, n_objects
        from data_access order by principal_id
    """
    assert [tuple(row.values()) for row in asked(marts, sql)] == [
        (DEPLOY, BUCKET, 3, 2, 0, 0, 1, 20, 2),
        (ADA, BUCKET, 2, 0, 1, 1, 0, 10, 1),
    ]
    sql = "select bytes_in from principal_resource_access where principal_id = ? and n_calls = 3"
    assert asked(marts, sql, LOST) == []


def test_a_principal_over_all_time(marts: duckdb.DuckDBPyConnection) -> None:
    """A role's row has its use over all sessions, and who was behind them."""
    row = one(marts, "from principal_audit where principal_id = ?", DEPLOY)
    assert (
        row
        | {
            "principal_type": "role",
            "n_calls": 5,
            "n_errors": 1,
            "n_mfa_calls": 1,
            "n_no_mfa_calls": 4,
            "n_key_calls": 0,
            "services": ["s3", "signin"],
            "accounts": [ACCOUNT],
            "access_keys": None,
            "used_by": [ADA],
            "humans": ["Ada L."],
        }
        == row
    )
    row = one(marts, "from principal_audit where principal_id = ?", ADA)
    assert (row["n_mfa_unknown"], row["n_key_calls"]) == (4, 4)
    assert (row["n_console_logins"], row["humans"], row["used_by"]) == (1, ["Ada L."], None)


def test_sign_ins(marts: duckdb.DuckDBPyConnection) -> None:
    """Sign-ins have method and outcome; MFA is null where AWS cannot know."""
    sql = """
        select event_id, method, outcome, is_mfa_used, failure_reason, account_name
        from console_logins
    """
    found = {row.pop("event_id"): tuple(row.values()) for row in asked(marts, sql)}
    assert found == {
        event_id("in 1"): ("user", "success", True, None, "billing"),
        event_id("in 2"): ("user", "failure", False, "Failed authentication", "billing"),
        event_id("in 3"): ("identity_center", "success", None, None, "billing"),
        event_id("in 4"): ("switch_role", "success", None, None, "billing"),
    }


def test_a_denial_names_the_policy(marts: duckdb.DuckDBPyConnection) -> None:
    """A denied call says which action on what, and what kind of policy forbids it."""
    row = one(marts, "from access_denied")
    assert (
        row
        | {
            "principal_id": BOB,
            "root_human": "Bob M.",
            "action": "s3:PutBucketTagging",
            "resource": BUCKET,
            "resource_arn": BUCKET,
            "policy_type": "service_control",
            "is_explicit_deny": True,
        }
        == row
    )


def test_an_action_over_all_time(marts: duckdb.DuckDBPyConnection) -> None:
    """An action has who used it first and last, and with what errors."""
    row = one(marts, "from action_audit where action = 's3:PutBucketTagging'")
    assert (
        row
        | {
            "access_level": "tagging",
            "n_calls": 2,
            "n_denied": 1,
            "first_principal_id": DEPLOY,
            "last_principal_id": BOB,
            "principals": [DEPLOY, BOB],
            "error_codes": ["AccessDenied"],
            "is_list_cut": False,
        }
        == row
    )


def test_days_by_kind_of_principal(marts: duckdb.DuckDBPyConnection) -> None:
    """A day's row counts calls, errors and distinct principals of one type."""
    sql = """
        from daily_activity
        where event_date = '2026-03-02' and principal_type = 'user' and service = 's3'
    """
    row = one(marts, sql)
    assert (row["n_calls"], row["n_denied"], row["n_principals"], row["n_writes"]) == (1, 1, 1, 1)
    assert row["account_name"] == "billing"
