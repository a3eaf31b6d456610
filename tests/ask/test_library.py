"""Saved questions: every one runs and is explained, and those with logic answer right."""

from __future__ import annotations

import doctest
import shlex
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipeline.ask.library import asking
from pipeline.ask.library.document import questions_reference
from pipeline.ask.library.folder import Library
from pipeline.ask.library.question import read_question
from pipeline.errors import UsageError
from pipeline.models.graph import REFERENCES
from tests.ask.casebook import (
    ADA_ARN,
    AWAY,
    BOB_ARN,
    BURST,
    DEPLOY,
    GROUP,
    HOME,
    LEDGER,
    OPS,
    OUTSIDE,
    Case,
    open_case,
)
from tests.models.mart import all_models

DOCS = Path(__file__).parent.parent.parent / "docs"
QUESTIONS = {question.name: question for question in Library().questions()}
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
REQUIRED = {
    *("who-changed", "who-really", "activity", "denied", "new-since", "blast-radius", "top"),
    *("timeline", "exposure", "key-history"),
}
TOPICS = {
    *("principals and keys", "volume", "S3 and data", "source addresses and programs"),
    *("application services", "errors and denied calls", "EC2, SSM and snapshots", "IAM"),
    *("exposure and buckets", "network and security groups", "AssumeRole and cross-account"),
    *("console sign-in", "secrets and KMS", "logging and tampering", "resources", "databases"),
    *("Identity Center", "root", "TLS", "enumeration bursts"),
    "manual against automated changes",
}
"""What people ask of CloudTrail, by the queries that they publish."""

VALUES = {"principal": "ada", "resource": "ledger", "account": "home", "key": "AKIANEW"}
HEADER = """/*
name: mine
topic: our own
grain: one row
description: What is it?
{more}*/
select 1 as n
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The case's tables."""
    return open_case(tmp_path_factory.mktemp("case"))


def event_of(case: Case, name: str) -> str:
    """Return the id of the case's event of a name."""
    with case.sql("select min(event_id) from events where event_name = $n", {"n": name}) as answer:
        return str(answer.rows()[0][0])


def test_every_topic_has_questions() -> None:
    """There are at least forty, on all that people ask about, the promised ones among them."""
    assert len(QUESTIONS) >= 40
    assert {question.topic for question in QUESTIONS.values()} == TOPICS
    assert QUESTIONS.keys() >= REQUIRED


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_and_explained(case: Case, name: str) -> None:
    """It runs with what it needs, reads known tables, and says what each of its columns means."""
    question = QUESTIONS[name]
    given = {
        parameter.name: VALUES.get(parameter.kind, parameter.example)
        for parameter in question.parameters
        if parameter.is_required
    }
    if "event" in given:
        given["event"] = event_of(case, "GetSecretValue")
    asked = case.ask(question, **given)
    assert asked.answer.columns == list(question.columns)
    assert [column for column, meaning in question.columns.items() if not meaning] == []
    assert question.file.tables <= {*(model.name for model in all_models()), *REFERENCES}
    asked.answer.rows()


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_examples_of_its_own_options(name: str) -> None:
    """Examples give options that the question has, and values of those that it needs."""
    question = QUESTIONS[name]
    known = {parameter.name for parameter in question.parameters}
    known |= {"since", "until"} if question.period else set()
    assert question.examples
    for example in question.examples:
        words = shlex.split(example)
        given = {word[2:].replace("-", "_") for word in words if word.startswith("--")}
        assert given <= known
        assert given >= {p.name for p in question.parameters if p.is_required}


@pytest.mark.parametrize("name", [n for n, q in QUESTIONS.items() if q.period and n != "about"])
def test_a_period_is_asked_of_what_is_read(name: str) -> None:
    """A question with a period compares times or days with it, in plain sight of the pruning."""
    sql = QUESTIONS[name].file.sql
    assert {"$since", "$first_day", "$events_since"} & set(sql.replace(")", " ").split())


def test_who_changed_a_resource(case: Case) -> None:
    """Changes are told newest first, with the human behind each, through roles and accounts."""
    rows = case.rows("who-changed", resource="ledger")
    assert [(row["event_name"], row["who"], row["sure"]) for row in rows] == [
        ("PutBucketPolicy", "bob@example.com", "certain"),
        ("CreateBucket", "ada@example.com", "certain"),
    ]
    (row,) = case.rows("who-changed", resource="sg-0a1b2c3d")
    assert (row["resource_arn"], row["who"], row["principal_id"]) == (
        GROUP,
        "ada@example.com",
        OPS.arn,
    )
    assert case.rows("who-changed", resource="ledger", account="away") == []
    assert case.rows("who-changed", resource="ledger", until="2026-03-10T12:01Z") == []


def test_who_was_really_behind_an_event(case: Case) -> None:
    """The chain leads from the human through each role to the caller; part of an id is enough."""
    event = event_of(case, "AuthorizeSecurityGroupIngress")
    rows = case.rows("who-really", event=event[:8])
    assert [(row["step"], row["principal_id"], row["human"]) for row in rows] == [
        (1, ADA_ARN, "ada@example.com"),
        (2, DEPLOY.arn, None),
        (3, OPS.arn, None),
    ]
    assert [row["is_caller"] for row in rows] == [False, False, True]
    assert {row["sure"] for row in rows} == {"certain"}
    (alone,) = case.rows("who-really", event=event_of(case, "StopLogging"))
    assert (alone["principal_id"], alone["human"]) == (BOB_ARN, "bob@example.com")


def test_activity_goes_through_roles(case: Case) -> None:
    """What ada did holds what the roles did that she took on, and not what others did with them."""
    names = [
        row["event_name"] for row in case.rows("activity", principal="ada", until="2026-03-11")
    ]
    assert names == [
        "GetSecretValue",
        "AuthorizeSecurityGroupIngress",
        "AssumeRole",
        "CreateBucket",
        "AssumeRole",
    ]
    assert len(case.rows("activity", principal="ada", limit=2)) == 2
    assert len(case.rows("activity", principal="ada", limit=0)) == 6
    (only,) = case.rows("activity", principal="ada", action="Create*")
    assert only["event_name"] == "CreateBucket"


def test_many_events_are_found_by_what_they_are(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of events only saves time: without it, the answer is the same."""
    asked = [("activity", {"principal": "ada"}), ("timeline", {"resource": "ledger"})]
    few = [case.rows(name, **given) for name, given in asked]
    monkeypatch.setattr(asking, "_FEW", 0)
    assert [case.rows(name, **given) for name, given in asked] == few


def test_what_a_principal_reached_and_could_reach(case: Case) -> None:
    """What its own sessions touched is reached; what others touched with its roles it could."""
    rows = case.rows("blast-radius", principal="ada")
    assert {row["resource_arn"]: (row["reach"], row["hops"]) for row in rows} == {
        LEDGER: ("reached", 0),
        DEPLOY.arn: ("reached", 0),
        OPS.arn: ("reached", 1),
        GROUP: ("reached", 2),
        f"arn:aws:secretsmanager:us-east-1:{AWAY}:secret:prod/db-??????": ("reached", 2),
        f"arn:aws:dynamodb:us-east-1:{AWAY}:table/orders": ("could", 2),
    }
    assert {row["reach"] for row in case.rows("blast-radius", principal="bob")} == {"reached"}


def test_what_is_new_since(case: Case) -> None:
    """Only what was not there before the day is new: the key that was made the day before use."""
    rows = case.rows("new-since", since="2026-03-11")
    assert [(row["kind"], row["value"]) for row in rows] == [("key", "AKIANEW")]
    kinds = {row["kind"] for row in case.rows("new-since", since="2026-03-10")}
    assert kinds == {"principal", "action", "resource", "region", "service", "key"}
    only = case.rows("new-since", since="2026-03-10", kind="key", account="home")
    assert {row["value"] for row in only} == {"AKIAADA", "AKIABOB", "AKIANEW"}


def test_a_keys_history_goes_from_its_making_to_its_use(case: Case) -> None:
    """Changes of the key and days of its use are told in one order."""
    rows = case.rows("key-history", key="ANEW")
    assert [(row["what"], row["who"], row["n_calls"]) for row in rows] == [
        ("CreateAccessKey", "bob@example.com", None),
        ("used", ADA_ARN, 1),
    ]


def test_what_is_exposed_by_the_last_change(case: Case) -> None:
    """Open is what was opened and not closed since, as far as the period goes."""
    rows = case.rows("exposure")
    assert {(row["target"], row["audience"], row["who"]) for row in rows} == {
        ("ledger", "everyone", "bob@example.com"),
        ("sg-0a1b2c3d", "everyone", "ada@example.com"),
    }
    assert len(case.rows("exposure", until="2026-03-10T12:04Z")) == 1
    assert len(case.rows("exposure", resource="ledger")) == 1


def test_a_timeline_has_readings_and_failures(case: Case) -> None:
    """All that names a bucket or an object of it is told, newest first."""
    rows = case.rows("timeline", resource="ledger")
    assert [(row["event_name"], row["error_code"]) for row in rows] == [
        ("GetObject", None),
        ("GetObject", "AccessDenied"),
        ("PutBucketPolicy", None),
        ("CreateBucket", None),
    ]
    assert len(case.rows("timeline", resource="s3://ledger/a.csv")) == 2
    assert len(case.rows("timeline", resource="s3://ledger/*.csv")) == 2
    assert len(case.rows("timeline", resource="ledger", limit=1)) == 1


def test_a_stop_of_logging_is_a_gap_until_the_next_start(case: Case) -> None:
    """The gap ends where the same trail is started again."""
    (row,) = case.rows("logging-gaps")
    assert row["restored_time"] == NOON + timedelta(seconds=590)
    assert (row["minutes_off"], row["who"]) == (2, "bob@example.com")
    (still,) = case.rows("logging-gaps", until=NOON + timedelta(seconds=550))
    assert still["restored_time"] is None


def test_who_left_and_still_calls(case: Case) -> None:
    """Only calls after the last day count."""
    (row,) = case.rows("leavers")
    assert (row["human"], row["n_calls"], row["source_ips"]) == ("ada@example.com", 1, [OUTSIDE])


def test_failed_sign_ins_and_what_came_of_them(case: Case) -> None:
    """A success from the same address after failures is told with them."""
    (row,) = case.rows("console-failures")
    assert (row["who"], row["n_failures"]) == ("bob", 2)
    assert row["success_time"] == NOON + timedelta(seconds=720)
    assert case.rows("console-failures", least=3) == []
    (alone,) = case.rows("no-mfa")
    assert (alone["principal_id"], alone["n_without"]) == (BOB_ARN, 1)


def test_what_may_be_removed(case: Case) -> None:
    """A granted pattern that nothing matches was never used; one that something matches is."""
    rows = case.rows("unused-permissions", principal="deploy")
    assert [(row["action"], row["state"]) for row in rows] == [
        ("ec2:Describe*", "never used"),
        ("s3:CreateBucket", "used"),
        ("sts:AssumeRole", "used"),
    ]
    later = case.rows("unused-permissions", principal="deploy", days=1, until="2026-03-20")
    assert {row["state"] for row in later} == {"never used", "idle"}


def test_roles_across_accounts(case: Case) -> None:
    """Ops is taken on from the other account by ada through deploy, and from its own by eve."""
    (row,) = case.rows("cross-account")
    assert (row["caller"], row["principal_id"]) == (DEPLOY.arn, OPS.arn)
    assert (row["humans"], row["is_outside"]) == (["ada@example.com"], False)
    rows = case.rows("assumed-by", principal="ops")
    assert {row["who"] for row in rows} == {"ada@example.com", f"arn:aws:iam::{AWAY}:user/eve"}


def test_bursts_of_listing(case: Case) -> None:
    """Many different reading operations in a window are one row."""
    (row,) = case.rows("bursts")
    assert (row["principal_id"], row["n_operations"]) == (OPS.arn, BURST)
    assert case.rows("bursts", least=BURST + 1) == []


def test_the_busiest(case: Case) -> None:
    """Calls are counted by what is asked for, with their share."""
    (row,) = case.rows("top", by="event", limit=1, principal="ops")
    assert row["n_calls"] == 1
    first, *_ = case.rows("top", by="principal")
    assert first["value"] == OPS.arn
    with pytest.raises(UsageError, match="by: 'colour' is none of its words"):
        case.rows("top", by="colour")


def test_denials_secrets_addresses_and_root(case: Case) -> None:
    """Each tells who it really was."""
    (denied,) = case.rows("denied", principal="bob")
    assert (denied["action"], denied["who"]) == ("s3:GetObject", "bob@example.com")
    (secret,) = case.rows("secrets-read", secret="prod/*")
    assert (secret["who"], secret["secret"]) == ("ada@example.com", "prod/db")
    addresses = case.rows("same-address", address="203.0.113.*")
    assert {row["principal_id"] for row in addresses} == {ADA_ARN, BOB_ARN}
    (root,) = case.rows("root-activity")
    assert root["event_name"] == "GetAccountSummary"
    (opened,) = case.rows("security-group-opened")
    assert opened["rules"] == ["ingress tcp 22 from 0.0.0.0/0"]


def test_what_happened_around_an_event(case: Case) -> None:
    """Calls near it say what they have in common with it."""
    event = event_of(case, "GetSecretValue")
    rows = case.rows("around", event=event, minutes=1)
    assert [(row["event_name"], row["seconds"], row["same"]) for row in rows] == [
        ("AuthorizeSecurityGroupIngress", -20, "session"),
        ("GetSecretValue", 0, "session"),
    ]


def test_values_may_be_short_or_many(case: Case) -> None:
    """A session's ARN stands for its role, a person for who they are, * for any that match."""
    asked = case.ask(
        QUESTIONS["habits"],
        principal=[f"arn:aws:sts::{AWAY}:assumed-role/ops/deploy", "ada@example.com", "AKIABOB"],
    )
    assert set(asked.found["principal"].ids) == {OPS.arn, ADA_ARN, BOB_ARN}
    every = case.ask(QUESTIONS["habits"], principal="arn:aws:iam::*:role/*")
    assert set(every.found["principal"].ids) == {DEPLOY.arn, OPS.arn}
    assert case.ask(QUESTIONS["volume"], account=["home", AWAY]).found["account"].ids == (
        HOME,
        AWAY,
    )


def test_what_the_lake_has_not_is_said_with_what_is_near(case: Case) -> None:
    """A name that nothing has is an error that names the nearest, if any is near."""
    with pytest.raises(UsageError, match=f"no principal adda; near is {ADA_ARN}"):
        case.rows("habits", principal="adda")
    with pytest.raises(UsageError, match="no account hom; near is home"):
        case.rows("volume", account="hom")
    with pytest.raises(UsageError, match="no resource nothing; try a part of it"):
        case.rows("who-changed", resource="nothing")
    with pytest.raises(UsageError, match="at least its first four"):
        case.rows("who-really", event="00")


def test_wrong_values_are_named(case: Case) -> None:
    """What is missing, unknown or of another kind is said with what to give."""
    with pytest.raises(UsageError, match="who-changed needs resource; give --resource sg-"):
        case.rows("who-changed")
    with pytest.raises(UsageError, match="no parameter colour; it has resource, account"):
        case.rows("who-changed", colour="red")
    with pytest.raises(UsageError, match="limit: 'many' is no whole number"):
        case.rows("top", limit="many")
    with pytest.raises(UsageError, match="limit: -1 is no number to ask with"):
        case.rows("top", limit=-1)
    with pytest.raises(UsageError, match="is not after since"):
        case.rows("volume", since="2026-03-11", until="2026-03-10")


def test_the_default_period_counts_back_from_the_newest_day(case: Case) -> None:
    """An old lake has as much to say by default; what was asked for counts back from now."""
    period = case.ask(QUESTIONS["new-since"]).period
    assert period is not None
    assert period.since == datetime(2026, 3, 11, tzinfo=UTC)
    assert not period.is_after_all
    whole = case.ask(QUESTIONS["habits"], principal="ada").period
    assert whole is not None
    assert whole.since == NOON
    late = case.ask(QUESTIONS["habits"], principal="ada", since=datetime(2027, 1, 1, tzinfo=UTC))
    assert late.period is not None
    assert late.period.is_after_all


def test_absent_context_is_told_apart_from_nothing(case: Case) -> None:
    """A question that needs a file that was not given says so."""
    assert case.ask(QUESTIONS["approvals-missing"]).lacking == ("approvals",)
    assert case.ask(QUESTIONS["leavers"]).lacking == ()


def test_ones_own_folder_comes_first(tmp_path: Path) -> None:
    """Questions of a folder are beside ours, and in the place of those of the same name."""
    (tmp_path / "mine.sql").write_text(HEADER.format(more=""))
    theirs = HEADER.format(more="").replace("name: mine", "name: who-changed")
    (tmp_path / "who-changed.sql").write_text(theirs)
    library = Library(tmp_path)
    assert {"mine", "who-really"} <= set(library.names())
    assert library.replaces(library.read("who-changed"))
    assert not library.replaces(library.read("mine"))
    with pytest.raises(UsageError, match="did you mean who-changed"):
        library.read("who-chnged")
    (tmp_path / "Bad_name.sql").write_text("")
    with pytest.raises(UsageError, match=r"Bad_name\.sql: Bad_name is no name"):
        library.names()
    with pytest.raises(UsageError, match="no folder of questions"):
        Library(tmp_path / "none").names()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("colour: red\n", r"mine.sql:6: unknown key colour; there are: "),
        ("period: soon\n", r"mine.sql:6: period: soon is none; write all"),
        ("parameters: {a: 1}\n", r"mine.sql:6: a is no mapping"),
        ("parameters:\n  a: {kind: planet}\n", r"mine.sql:7: a: kind: planet; write one of"),
        ("parameters:\n  a: {kind: choice}\n", r"mine.sql:7: a: choices belong to"),
        ("parameters:\n  since: {kind: time}\n", r"mine.sql:7: since is no name of a parameter"),
        ("first: planet\n", r"mine.sql:6: first: planet is none"),
        ("examples: text\n", r"mine.sql:6: examples is no list of texts"),
    ],
)
def test_a_wrong_header_is_refused_with_its_line(more: str, told: str) -> None:
    """What is wrong with a question's header is said with file and line."""
    with pytest.raises(UsageError, match=told):
        read_question(HEADER.format(more=more), "mine.sql")


def test_the_reference_is_not_stale() -> None:
    """docs/questions.md is what the questions say; refreshed by: make docs."""
    assert (DOCS / "questions.md").read_text(encoding="utf-8") == questions_reference()


@pytest.mark.parametrize("module", ["kinds", "question", "lookup", "asking", "document"])
def test_doctests(module: str) -> None:
    """Examples in the docstrings hold."""
    found: Any = import_module(f"pipeline.ask.library.{module}")
    assert doctest.testmod(found).failed == 0
