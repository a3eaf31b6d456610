"""A small trail, and how to ask it in the SQL of Athena and of CloudTrail Lake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.ask.answer import Answer
from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.models import table_names
from pipeline.ask.session import Session, open_session
from pipeline.lake.catalog import Lake, open_lake
from tests.lakerows import Row, at, commit_rows, event

ALICE = {
    "type": "IAMUser",
    "arn": "arn:aws:iam::111111111111:user/alice",
    "accountid": "111111111111",
    "username": "alice",
}
BUILD = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111111111111:assumed-role/build/i-1",
    "accountid": "111111111111",
    "sessioncontext": {
        "attributes": {"mfaauthenticated": "false", "creationdate": "2026-10-01T00:00:00Z"},
        "sessionissuer": {"type": "Role", "username": "build"},
    },
}
BUCKET, KEY = "arn:aws:s3:::plans", "arn:aws:s3:::plans/a/b.txt"

Asked = Callable[..., Answer]


def write_day(day: int) -> list[Row]:
    """Return a day: a sign-in at midnight, a read at noon, and a denied call at eleven."""
    return [
        event(
            at(day, 0),
            0,
            eventname="ConsoleLogin",
            eventsource="signin.amazonaws.com",
            useridentity=ALICE,
            readonly="false",
            responseelements=json.dumps({"ConsoleLogin": "Success"}),
            additionaleventdata=json.dumps({"MFAUsed": "No"}),
            source_object=f"s3://trail/{day}.json.gz",
        ),
        event(
            at(day, 12),
            1,
            eventname="GetObject",
            eventsource="s3.amazonaws.com",
            useridentity=BUILD,
            readonly="true",
            requestparameters=json.dumps(
                {"bucketName": "plans", "key": "a/b.txt", "n": {"deep": [1]}}
            ),
            resources=[
                {"arn": KEY, "accountid": None, "type": "AWS::S3::Object"},
                {"arn": BUCKET, "accountid": "111111111111", "type": "AWS::S3::Bucket"},
            ],
            source_object=f"s3://trail/{day}.json.gz",
        ),
        event(
            at(day, 23),
            2,
            eventname="RunInstances",
            eventsource="ec2.amazonaws.com",
            useridentity=BUILD,
            readonly="false",
            errorcode="Client.UnauthorizedOperation",
            source_object=f"s3://trail/{day}.json.gz",
        ),
    ]


@pytest.fixture(scope="session")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of ten days of 2026, from October 1, a file each."""
    lake = open_lake(str(tmp_path_factory.mktemp("trail") / "lake"), create=True)
    objects = [
        {
            "uri": f"s3://trail/{day}.json.gz",
            "size_bytes": 1000 + day,
            "modified": at(day, 1),
            "ingested_at": at(day, 2),
        }
        for day in range(10)
    ]
    commit_rows(lake, *map(write_day, range(10)), ingest_objects=objects)
    return lake


@pytest.fixture(scope="session")
def opened(trail: Lake) -> Iterator[Session]:
    """The trail, open for questions."""
    with open_session(trail) as session:
        yield session


@pytest.fixture
def athena(opened: Session) -> Asked:
    """Ask in Athena's SQL."""

    def ask(query: str, lenient: bool = False, **values: Any) -> Answer:
        return opened.sql(query, values or None, dialect=Dialect.ATHENA, lenient=lenient)

    return ask


@pytest.fixture
def store(opened: Session) -> Asked:
    """Ask in CloudTrail Lake's SQL."""

    def ask(query: str, lenient: bool = False, **values: Any) -> Answer:
        return opened.sql(query, values or None, dialect=Dialect.LAKE, lenient=lenient)

    return ask


def notes_of(query: str, *, lenient: bool = False) -> list[str]:
    """Return what a translation of an Athena query has to say."""
    notes = translate(query, Dialect.ATHENA, table_names(), lenient=lenient).notes
    return [str(note) for note in notes]


def n_files(answer: Answer) -> int:
    """Return how many files of the facts a query reads."""
    return sum(table.read.n_files for table in answer.plan.tables)
