"""A small case in two accounts for the questions: who took which role, what was opened, denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from pipeline.ask.answer import Answer
from pipeline.ask.explain import Plan
from pipeline.ask.files import TableFiles, list_files
from pipeline.ask.library.asking import Asked, ask
from pipeline.ask.library.folder import Library
from pipeline.ask.library.question import Question
from pipeline.ask.statement import refusal
from pipeline.lake.catalog import open_lake
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import read_lake
from tests.events import gzipped, take_in, trail_name
from tests.models.mart import context, fill
from tests.models.stories import Record, Story

if TYPE_CHECKING:
    from pipeline.ask.session import Snapshot

DAY = 86_400
OUTSIDE = "203.0.113.7"
BURST = 16

STORY = Story("library", "ada takes deploy, deploy takes ops elsewhere, and bob opens a bucket", 7)
HOME, AWAY = STORY.account(0), STORY.account(1)
DEPLOY, OPS = STORY.role("deploy"), STORY.role("ops", 1)
ADA_ARN, BOB_ARN = (f"arn:aws:iam::{HOME}:user/{name}" for name in ("ada", "bob"))
LEDGER = "arn:aws:s3:::ledger"
GROUP = f"arn:aws:ec2:us-east-1:{AWAY}:security-group/sg-0a1b2c3d"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{HOME}:trail/main"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}
GRANT = '{"Statement":{"Effect":"Allow","Action":["s3:*","ec2:Describe*"]}}'


@dataclass(frozen=True)
class Case:
    """The case's tables in one DuckDB, to be asked as a snapshot of a lake is.

    What a snapshot does beside, such as leaving out files, has tests of its own.
    """

    connection: duckdb.DuckDBPyConnection
    facts: TableFiles

    def sql(self, query: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """Ask one query."""
        cursor = self.connection.cursor()
        try:
            relation = cursor.sql(query, params=dict(parameters) if parameters else None)
        except duckdb.Error as refused:
            raise refusal(refused, query) from refused
        return Answer(cursor, relation, query, Plan(()))

    def files(self, table: str) -> TableFiles:
        """Return the files of the facts, by whose bounds the default period is found."""
        assert table == LOGS.name
        return self.facts

    def rows(self, name: str, **given: Any) -> list[Record]:
        """Ask a question that comes with Trailhouse."""
        answer = self.ask(Library().read(name), **given).answer
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]

    def ask(self, question: Question, **given: Any) -> Asked:
        """Ask a question."""
        return ask(cast("Snapshot", self), question, given)


def open_case(folder: Path) -> Case:
    """Return the case's tables, the accounts and people known."""
    lake = open_lake(str(folder / "lake"), create=True)
    story = Story(STORY.name, STORY.claim, STORY.number)
    _tell(story)
    take_in(lake, {trail_name(0): gzipped(*story.records)})
    files = context(
        folder,
        accounts=f"account_id,account_name\n{HOME},home\n{AWAY},away\n",
        identities="principal_id,human,left_date\n"
        f"{ADA_ARN},ada@example.com,2026-03-10\n{BOB_ARN},bob@example.com,\n",
    )
    connection = fill(lake, files)
    connection.execute("set TimeZone = 'UTC'")
    return Case(connection, list_files(read_lake(lake).tables[LOGS.name]))


def _tell(story: Story) -> None:
    ada, bob = story.user("ada", "AKIAADA"), story.user("bob", "AKIABOB")
    deploy, ops = story.key(1), story.key(2)
    story.assume(ada, DEPLOY, "ada", deploy, 0)
    by_deploy = DEPLOY.session("ada", deploy)
    _bucket(story, by_deploy, 60, "CreateBucket")
    story.cross(by_deploy, OPS, "deploy", ops, 120)
    by_ops = OPS.session("deploy", ops, 120)
    _open_group(story, by_ops, 180)
    story.call(
        by_ops,
        200,
        eventSource="secretsmanager.amazonaws.com",
        eventName="GetSecretValue",
        readOnly=True,
        requestParameters={"secretId": "prod/db"},
    )
    _bucket(
        story,
        bob,
        300,
        "PutBucketPolicy",
        requestParameters={"bucketName": "ledger", "bucketPolicy": OPEN},
    )
    _read(story, bob, 400, errorCode="AccessDenied", errorMessage="Access Denied")
    _grants(story, bob)
    for seconds, name in ((500, "StopLogging"), (590, "StartLogging")):
        story.call(
            bob,
            seconds,
            eventSource="cloudtrail.amazonaws.com",
            eventName=name,
            readOnly=False,
            requestParameters={"name": TRAIL},
        )
    _others(story)
    _sign_ins(story, bob)
    _read(story, story.user("ada", "AKIANEW"), DAY, sourceIPAddress=OUTSIDE)


def _others(story: Story) -> None:
    """Let eve of the other account take the same role, list a lot, and root look around."""
    eve = {**story.user("eve", "AKIAEVE"), "accountId": AWAY}
    eve["arn"] = f"arn:aws:iam::{AWAY}:user/eve"
    story.assume(eve, OPS, "eve", story.key(3), 600)
    by_eve = OPS.session("eve", story.key(3), 600)
    story.call(
        by_eve,
        620,
        eventSource="dynamodb.amazonaws.com",
        eventName="DeleteTable",
        readOnly=False,
        requestParameters={"tableName": "orders"},
    )
    for number in range(BURST):
        story.call(
            by_eve,
            630 + number,
            eventSource="ec2.amazonaws.com",
            eventName=f"DescribeThing{number}",
            readOnly=True,
            eventCategory="Management",
        )
    root = {"type": "Root", "arn": f"arn:aws:iam::{AWAY}:root", "accountId": AWAY}
    story.call(root, 900, eventName="GetAccountSummary", readOnly=True)


def _grants(story: Story, bob: Record) -> None:
    story.call(
        bob,
        420,
        eventName="PutRolePolicy",
        readOnly=False,
        requestParameters={
            "roleName": "deploy",
            "policyName": "work",
            "policyDocument": GRANT,
        },
    )
    story.call(
        bob,
        440,
        eventName="CreateAccessKey",
        readOnly=False,
        requestParameters={"userName": "ada"},
        responseElements={"accessKey": {"accessKeyId": "AKIANEW", "userName": "ada"}},
    )


def _sign_ins(story: Story, bob: Record) -> None:
    for seconds, outcome in ((700, "Failure"), (710, "Failure"), (720, "Success")):
        story.call(
            {key: value for key, value in bob.items() if key != "accessKeyId"},
            seconds,
            eventSource="signin.amazonaws.com",
            eventName="ConsoleLogin",
            eventType="AwsConsoleSignIn",
            sourceIPAddress=OUTSIDE,
            responseElements={"ConsoleLogin": outcome},
            additionalEventData={"MFAUsed": "No"},
            **({"errorMessage": "Failed authentication"} if outcome == "Failure" else {}),
        )


def _bucket(story: Story, caller: Record, seconds: float, name: str, **fields: Any) -> None:
    story.call(
        caller,
        seconds,
        eventSource="s3.amazonaws.com",
        eventName=name,
        readOnly=False,
        **{"requestParameters": {"bucketName": "ledger"}} | fields,
    )


def _read(story: Story, caller: Record, seconds: float, **fields: Any) -> None:
    story.call(
        caller,
        seconds,
        eventSource="s3.amazonaws.com",
        eventName="GetObject",
        readOnly=True,
        managementEvent=False,
        eventCategory="Data",
        requestParameters={"bucketName": "ledger", "key": "a.csv"},
        resources=[{"type": "AWS::S3::Object", "ARN": f"{LEDGER}/a.csv"}],
        **fields,
    )


def _open_group(story: Story, caller: Record, seconds: float) -> None:
    everyone = {"items": [{"cidrIp": "0.0.0.0/0"}]}
    story.call(
        caller,
        seconds,
        eventSource="ec2.amazonaws.com",
        eventName="AuthorizeSecurityGroupIngress",
        readOnly=False,
        requestParameters={
            "groupId": "sg-0a1b2c3d",
            "ipPermissions": {
                "items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": everyone}]
            },
        },
    )
