"""Small stories of credentials, as CloudTrail records, for the tests of sessions and lineage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from tests.events import event

Record = dict[str, Any]

PROVED = {"link": "key", "confidence": "certain", "link_confidence": "certain"}
BY_TIME = {"link": "principal_and_time", "confidence": "likely"}
UNDECIDED = {"confidence": "possible", "chain_end": "ambiguous", "root_principal_type": "role"}
UNKNOWN = {
    "link": "none",
    "confidence": "none",
    "chain_end": "not_in_data",
    "issue_event_id": None,
}

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def moment(seconds: float) -> str:
    """Return a time so many seconds after noon, as records have it."""
    return (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(account: str, name: str, key: str = "AKIAUSER", **context: Any) -> Record:
    """Return an IAM user's identity."""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{account}{name.upper()}",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "userName": name,
        **context,
    }


@dataclass(frozen=True)
class Role:
    """A role that sessions are of."""

    account: str
    name: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """Return its ARN, which is its sessions' principal."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def unique_id(self) -> str:
        """Return its unique id."""
        return f"AROA{self.account}{self.name.upper()}"

    def session(
        self, name: str, key: str = "", created: float | None = 0, source: str = "", **more: Any
    ) -> Record:
        """Return the identity of a session."""
        context: Record = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": self.unique_id,
                "arn": self.arn,
                "accountId": self.account,
                "userName": self.name,
            }
        }
        if created is not None:
            context["attributes"] = {"creationDate": moment(created), "mfaAuthenticated": "false"}
        if source:
            context["sourceIdentity"] = source
        return {
            "type": "AssumedRole",
            "principalId": f"{self.unique_id}:{name}",
            "arn": f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{name}",
            "accountId": self.account,
            "accessKeyId": key,
            "sessionContext": context,
            **more,
        }


@dataclass
class Story:
    """Records that belong together, in accounts of their own, and what the tables say of them.

    Attributes:
        expected: for a session id the columns of its only row of session_lineage.
    """

    name: str
    claim: str
    number: int
    records: list[Record] = field(default_factory=list)
    expected: dict[str, Record] = field(default_factory=dict)

    def account(self, which: int = 0) -> str:
        """Return one of the story's accounts."""
        return f"{self.number:03}{which:09}"

    def key(self, which: int) -> str:
        """Return the id of temporary credentials."""
        return f"ASIA{self.number:04}K{which:04}"

    def user(self, name: str = "ada", key: str = "AKIAUSER") -> Record:
        """Return a user of the story's first account."""
        return user(self.account(), name, key)

    def role(self, name: str, which: int = 0, path: str = "/") -> Role:
        """Return a role of one of the story's accounts."""
        return Role(self.account(which), name, path)

    def call(self, identity: Record, seconds: float, account: str = "", **fields: Any) -> str:
        """Let someone do something; returns the event's id."""
        recipient = account or identity.get("accountId") or self.account()
        record = event(
            f"{self.number}-{len(self.records)}",
            userIdentity=identity,
            eventTime=moment(seconds),
            recipientAccountId=recipient,
            requestID=f"request-{self.number}-{len(self.records)}",
            **fields,
        )
        self.records.append(record)
        return str(record["eventID"])

    def assume(
        self,
        caller: Record,
        role: Role,
        name: str,
        key: str,
        seconds: float = 0,
        *,
        source: str = "",
        call: str = "AssumeRole",
        **fields: Any,
    ) -> str:
        """Let someone take a role; returns the event's id."""
        response: Record = {
            "credentials": {"accessKeyId": key, "expiration": "Mar 11, 2026, 12:00:00 AM"},
            "assumedRoleUser": {
                "assumedRoleId": f"{role.unique_id}:{name}",
                "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}",
            },
        }
        request: Record = {"roleArn": role.arn, "roleSessionName": name}
        if source:
            request["sourceIdentity"] = response["sourceIdentity"] = source
        fields = {"requestParameters": request, "responseElements": response} | fields
        return self.call(caller, seconds, eventSource="sts.amazonaws.com", eventName=call, **fields)

    def cross(
        self, caller: Record, role: Role, name: str, key: str, seconds: float = 0, **fields: Any
    ) -> str:
        """Let someone take a role of another account, in both trails; returns our event."""
        shared = {"sharedEventID": f"shared-{self.number}-{len(self.records)}", **fields}
        self.assume(account_of(caller), role, name, key, seconds, account=role.account, **shared)
        return self.assume(caller, role, name, key, seconds, **shared)

    def expect(self, session_id: str, path: list[str], **columns: Any) -> None:
        """Say what a session's row is to be."""
        self.expected[session_id] = {
            "path": path,
            "root_principal_id": path[0],
            "depth": len(path) - 1,
            **columns,
        }


def account_of(caller: Record) -> Record:
    """Return a caller as another account's trail knows it."""
    return {
        "type": "AWSAccount",
        "principalId": caller["principalId"],
        "accountId": caller["accountId"],
    }


def service(host: str) -> Record:
    """Return an AWS service as caller."""
    return {"type": "AWSService", "invokedBy": host}


def stories(*modules: ModuleType) -> Iterator[Story]:
    """Yield the stories that modules tell, one a function, each in accounts of its own."""
    told = [
        tell
        for module in modules
        for tell in vars(module).values()
        if getattr(tell, "__module__", "") == module.__name__
    ]
    for number, tell in enumerate(told, 100):
        story = Story(tell.__name__, str(tell.__doc__), number)
        tell(story)
        yield story
