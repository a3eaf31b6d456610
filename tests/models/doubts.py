"""Stories of credentials of missing, doubtful or contradicted origin: none may be called sure."""

from __future__ import annotations

from tests.models.stories import (
    PROVED,
    UNDECIDED,
    UNKNOWN,
    Record,
    Role,
    Story,
    account_of,
    moment,
    service,
)


def issued_before_the_data(story: Story) -> None:
    """A session whose issuance the data does not hold has no link, whatever else has its name."""
    role, old, new = story.role("app"), story.key(1), story.key(2)
    story.call(role.session("app", old, -7200), 0)
    story.assume(service("lambda.amazonaws.com"), role, "app", new, 60)
    story.call(role.session("app", new, 60), 90)
    story.expect(old, [role.arn], **UNKNOWN)
    story.expect(new, ["lambda.amazonaws.com", role.arn], **PROVED, workload="app")


def refused_calls_issue_nothing(story: Story) -> None:
    """A refused AssumeRole is in the caller's trail only, without response, and issues nothing."""
    ada, role, key = story.user(), story.role("vault", 1), story.key(1)
    refused = {"errorCode": "AccessDenied", "responseElements": None}
    story.assume(ada, role, "ada", key, **refused)
    story.assume(ada, role, "ada", key, 1, responseElements='{"credentials": tr', errorCode=None)
    story.call(role.session("ada", key), 60)
    story.expect(key, [role.arn], **UNKNOWN)


def two_people_in_one_second(story: Story) -> None:
    """Two who take a role under one name in one second are told apart by key, else not at all."""
    ada, bob, role = story.user(), story.user("bob"), story.role("glass")
    for n, person in enumerate((ada, bob)):
        story.assume(person, role, "break-glass", story.key(n))
        story.call(role.session("break-glass", story.key(n)), 60)
        story.expect(story.key(n), [person["arn"], role.arn], **PROVED)
    story.call(role.session("break-glass", ""), 70)
    story.expect(
        f"{role.unique_id}:break-glass@{moment(0)}",
        [role.arn],
        link="principal_and_time",
        **UNDECIDED,
        issue_event_id=None,
        candidate_principal_ids=[ada["arn"], bob["arn"]],
    )


def the_source_identity_remains(story: Story) -> None:
    """Where a step's issuance is missing, the source identity leads to who set it."""
    ada, first, last = story.user(), story.role("first"), story.role("last", 1)
    story.assume(ada, first, "ada", story.key(1), source="ada@example.com")
    story.call(first.session("ada", story.key(1), source="ada@example.com"), 30)
    story.call(last.session("x", story.key(2), 300, source="ada@example.com"), 360)
    path = [ada["arn"], last.arn]
    story.expect(story.key(2), path, link="source_identity", confidence="likely")


def names_are_forgeable(story: Story) -> None:
    """A session name alone, which any caller may choose, is possible at most."""
    ada, role = story.user(), story.role("admin")
    story.assume(ada, role, "ada", story.key(1))
    story.call(role.session("ada", story.key(2), None), 60)
    path = [ada["arn"], role.arn]
    story.expect(story.key(2), path, link="name", confidence="possible")


def keys_that_contradict(story: Story) -> None:
    """A key given out twice, used before, or given to another role proves nothing."""
    ada, bob, role = story.user(), story.user("bob"), story.role("admin")
    other = story.role("other")
    for n, person in enumerate((ada, bob)):
        story.assume(person, role, f"s{n}", story.key(1), n * 100)
    story.call(role.session("s0", story.key(1)), 200)
    story.expect(story.key(1), [role.arn], link="key", **UNDECIDED)
    story.assume(ada, role, "late", story.key(2), 100)
    story.call(role.session("late", story.key(2), 100), 40)
    story.expect(story.key(2), [ada["arn"], role.arn], link="key", confidence="possible")
    story.assume(ada, role, "mine", story.key(3))
    story.call(other.session("mine", story.key(3)), 60)
    story.expect(story.key(3), [ada["arn"], other.arn], link="key", confidence="possible")


def endless_chains(story: Story) -> None:
    """A chain is followed ten steps, and one that goes on is not called certain."""
    caller: Record = story.user()
    roles: list[Role] = []
    for n in range(13):
        role, key = story.role(f"r{n:02}"), story.key(n)
        story.assume(caller, role, "x", key, n * 60)
        caller = role.session("x", key, n * 60)
        roles.append(role)
    story.call(caller, 900)
    path = [role.arn for role in roles[1:]]
    story.expect(story.key(12), path, link="key", confidence="possible", chain_end="too_long")


def a_call_written_again(story: Story) -> None:
    """An UPDATED_DATA event of an issuance is no second issuance."""
    ada, role, key = story.user(), story.role("admin"), story.key(1)
    issue = story.assume(ada, role, "ada", key)
    again = {"reason": "UPDATED_DATA", "originalEventID": issue}
    story.assume(ada, role, "ada", key, addendum=again)
    story.records[-1]["requestID"] = story.records[-2]["requestID"]
    story.call(role.session("ada", key), 60)
    story.expect(key, [ada["arn"], role.arn], **PROVED)


def another_trails_word(story: Story) -> None:
    """A bucket owner's record, which knows a session's account only, says nothing of it."""
    ada, role, key = story.user(), story.role("copier"), story.key(1)
    story.assume(ada, role, "ada", key)
    there = account_of(role.session("ada")) | {"accessKeyId": key}
    story.call(there, 50, account=story.account(5), eventSource="s3.amazonaws.com")
    story.call(role.session("ada", key), 60)
    story.expect(key, [ada["arn"], role.arn], **PROVED)


def an_assumed_root_is_not_itself(story: Story) -> None:
    """Root that someone assumed is not certainly root, where the data does not say who did."""
    root = {"type": "Root", "principalId": story.account(), "accountId": story.account()}
    root |= {"arn": f"arn:aws:iam::{story.account()}:root"}
    context = {"attributes": {"creationDate": moment(0), "mfaAuthenticated": "false"}}
    assumed = {"sessionContext": context | {"assumedRoot": "true"}, "accessKeyId": story.key(1)}
    story.call(root | assumed, 60)
    story.expect(story.key(1), [root["arn"]], link="none", confidence="possible")
    story.call(root | {"sessionContext": context, "accessKeyId": story.key(2)}, 60)
    story.expect(story.key(2), [root["arn"]], link="none", confidence="certain")
