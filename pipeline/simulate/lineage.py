"""Where credentials come from: the truth about sessions, to compare what is read from trails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

SESSIONS_FILE = "truth-sessions.parquet"


@dataclass(frozen=True, slots=True)
class Lineage:
    """Who is behind someone with credentials.

    path: stable principals from the first human, workload or other account to this one, none
    of them twice in a row.
    root_type: what sort of principal the first is. session_id: the access key of temporary
    credentials, else who and when; empty for long-lived keys, services and people at the door.
    workload: the instance, function or task that a service gave the first role to. issue_events:
    the events of the issuance, in one trail or two. is_logged: whether the trails hold this and
    all issuances before it.
    """

    path: tuple[str, ...] = ()
    root_type: str = ""
    session_id: str = ""
    workload: str = ""
    issue_events: tuple[str, ...] = ()
    is_logged: bool = True

    def extend(
        self, principal: str, session_id: str, events: tuple[str, ...], workload: str = ""
    ) -> Lineage:
        """Return the lineage of credentials that this one was given for a principal.

        >>> Lineage(("lambda.amazonaws.com",), "aws_service").extend("arn:x", "ASIA1", ()).path
        ('lambda.amazonaws.com', 'arn:x')
        """
        is_same = self.path[-1:] == (principal,)
        path = self.path if is_same else (*self.path, principal)
        return Lineage(
            path,
            self.root_type,
            session_id,
            self.workload or workload,
            events,
            self.is_logged and bool(events),
        )


class Grant(NamedTuple):
    """A row of the truth about sessions; its fields are the file's columns.

    way: the call that gave the credentials, or what else did: `forwarded` to a service that
    calls on, `renewed` by the console. issue_event_ids: the events of the issuance behind it, in
    one trail or two; empty where it is not in the trail. is_logged: whether that and all before
    it are. parent_session_id: the session that called, or was handed on; empty for none.
    """

    session_id: str
    account_id: str
    principal_id: str
    way: str
    issued_at: int
    issue_event_ids: list[str]
    is_logged: bool
    parent_session_id: str
    root_principal_id: str
    root_principal_type: str
    workload: str
    path: list[str]


SCHEMA = pa.schema(
    [
        ("session_id", pa.string()),
        ("account_id", pa.string()),
        ("principal_id", pa.string()),
        ("way", pa.string()),
        ("issued_at", pa.timestamp("s", tz="UTC")),
        ("issue_event_ids", pa.list_(pa.string())),
        ("is_logged", pa.bool_()),
        ("parent_session_id", pa.string()),
        ("root_principal_id", pa.string()),
        ("root_principal_type", pa.string()),
        ("workload", pa.string()),
        ("path", pa.list_(pa.string())),
    ]
)


def grant_of(lineage: Lineage, parent_id: str, account: str, way: str, at: float) -> Grant:
    """Return the row that tells of credentials; parent_id is the caller's session."""
    return Grant(
        session_id=lineage.session_id,
        account_id=account,
        principal_id=lineage.path[-1],
        way=way,
        issued_at=int(at),
        issue_event_ids=list(lineage.issue_events),
        is_logged=lineage.is_logged,
        parent_session_id=parent_id,
        root_principal_id=lineage.path[0],
        root_principal_type=lineage.root_type,
        workload=lineage.workload,
        path=list(lineage.path),
    )
