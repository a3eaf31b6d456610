"""The incidents that a demo can look into."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.simulate import Plan, simulate
from pipeline.simulate.incidents import LEAVER, incidents, list_leavers
from pipeline.simulate.roster import IDENTITIES, draw_organisation
from tests.simulate.conftest import Trail

_PLAN = Plan(
    accounts=4, seed=7, start=datetime(2026, 11, 2, tzinfo=UTC), days=14, events=6_000, late=0
)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Trail:
    """Two quiet weeks with all incidents."""
    folder = tmp_path_factory.mktemp("incidents")
    return Trail(folder, _PLAN, simulate(_PLAN, folder, scenarios=incidents()))


def _labelled(story: Trail, label: str) -> list[dict]:  # type: ignore[type-arg]  # JSON
    ids = {found.event_id for found in story.truth.labels if found.label == label}
    events = [event for event in story.events if event["eventID"] in ids]
    assert len(events) == len(ids) > 0
    return sorted(events, key=lambda event: event["eventTime"])


def test_each_incident_is_told_to_its_end(story: Trail) -> None:
    """The last call of every story is there, so none was cut off by the end of the two weeks."""
    last = {
        name: _labelled(story, name)[-1]["eventName"]
        for name in (
            "deleted-table",
            "guessed-password",
            "leaver",
            "paused-trail",
            "public-bucket",
            "root-sign-in",
            "stolen-key",
        )
    }
    assert last == {
        "deleted-table": "DeleteTable",
        "guessed-password": "ListBuckets",
        "leaver": "GetObject",
        "paused-trail": "StartLogging",
        "public-bucket": "PutBucketPublicAccessBlock",
        "root-sign-in": "DeactivateMFADevice",
        "stolen-key": "GetSecretValue",
    }


def test_a_stolen_key_is_one_that_was_used_before(story: Trail) -> None:
    """The thief's key is a machine's own, from another address and for other calls."""
    theft = _labelled(story, "stolen-key")
    key = theft[0]["userIdentity"]["accessKeyId"]
    used = [e for e in story.events if e["userIdentity"].get("accessKeyId") == key]
    assert {event["sourceIPAddress"] for event in used} > {"203.0.113.66"}
    assert {event["awsRegion"] for event in theft} > {"ap-northeast-3"}
    assert len({e["userIdentity"]["arn"] for e in theft}) == 2


def test_the_table_is_deleted_by_another_than_its_maker(story: Trail) -> None:
    """Maker and culprit are two people; the culprit came through a role of another account."""
    made, *_, gone = (
        event for event in _labelled(story, "deleted-table") if "Table" in event["eventName"]
    )
    assert made["requestParameters"]["tableName"] == gone["requestParameters"]["tableName"]
    issuer = gone["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer["userName"] == "BreakGlassOperator"
    assert gone["userIdentity"]["sessionContext"]["sourceIdentity"] not in made["userIdentity"]


def test_strangers_read_only_while_the_bucket_is_open(story: Trail) -> None:
    """Anonymous reads lie between the policy that allows them and its end."""
    events = _labelled(story, "public-bucket")
    names = [event["eventName"] for event in events]
    reads = [n for n, e in enumerate(events) if e["userIdentity"].get("accountId") == "anonymous"]
    opened, closed = names.index("PutBucketPolicy"), names.index("DeleteBucketPolicy")
    assert len(reads) == 24
    assert opened < min(reads)
    assert max(reads) < closed


def test_one_of_many_passwords_works(story: Trail) -> None:
    """One address fails at five users, then is let in without a second factor."""
    told = _labelled(story, "guessed-password")
    logins = [e for e in told if e["eventName"] == "ConsoleLogin"]
    outcomes = Counter(event["responseElements"]["ConsoleLogin"] for event in logins)
    assert outcomes == {"Failure": 37, "Success": 1}
    assert {event["sourceIPAddress"] for event in told} == {"203.0.113.150"}
    assert len({event["userIdentity"]["userName"] for event in logins}) == 5


def test_the_leaver_calls_after_the_last_day(story: Trail) -> None:
    """The list of people says when the leaver left, and calls go on after that day."""
    ((arn, _, _, _, left),) = list_leavers(draw_organisation(_PLAN), _PLAN.start)
    assert len(IDENTITIES) == 5
    assert arn.endswith(f":user/{LEAVER}")
    after = [e for e in _labelled(story, "leaver") if e["eventTime"][:10] > left]
    assert len(after) == 20
    assert {event["userIdentity"]["arn"] for event in after} == {arn}


def test_the_same_plan_tells_the_same_story(tmp_path: Path, story: Trail) -> None:
    """Incidents keep the promise that a plan always writes the same events."""
    again = Trail(tmp_path, _PLAN, simulate(_PLAN, tmp_path, scenarios=incidents()))
    assert [e["eventID"] for e in again.events] == [e["eventID"] for e in story.events]
