"""Leases: one holder per lake and purpose, so that work on the whole lake is not done twice.

A lease saves wasted work; it is not what keeps the lake right. Commits are refused by the
catalog when another writer was first, and files wait out a grace period longer than any
lease, so a holder that lost its lease without noticing can waste effort but not lose data.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.errors import LakeBusy, LakeError
from pipeline.lake.catalog import Lake
from pipeline.lake.database import LEASES, Database
from pipeline.lake.state import machine, moment_text

LEASE = timedelta(minutes=5)
"""How long a lease lasts unless it is renewed; longer than clocks of two machines differ."""


@dataclass(slots=True)
class Lease:
    """A lease that is held.

    Attributes:
        purpose: what it is for.
        owner: who holds it: machine and process.
        token: grows with every holder; whoever has a smaller one has lost it.
    """

    database: Database
    purpose: str
    owner: str
    token: int
    duration: timedelta
    _over: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Make sure it is still ours, before a step that cannot be taken back.

        Raises:
            LakeBusy: it expired and another process took it.
        """
        if not self.renew():
            raise LakeBusy(f"the lease for {self.purpose} was lost to another process", "run again")

    def renew(self) -> bool:
        """Hold it for its whole duration from now on; False if it is another's by now."""
        expiry = moment_text(datetime.now(UTC) + self.duration)
        with self.database.write() as connection:
            found = connection.execute(update(LEASES).where(self._mine()).values(expires_at=expiry))
            return found.rowcount == 1

    def keep(self) -> None:
        """Renew it until it is given back; run by a thread of its own."""
        while not self._over.wait(self.duration.total_seconds() / 4):
            with suppress(LakeError):  # the next renewal may reach the database
                self.renew()

    def give_back(self) -> None:
        """End it."""
        self._over.set()
        free = moment_text(datetime.fromtimestamp(0, UTC))
        with self.database.write() as connection:
            connection.execute(update(LEASES).where(self._mine()).values(expires_at=free))

    def _mine(self) -> ColumnElement[bool]:
        return _row(self.database, self.purpose) & (LEASES.c.token == self.token)


@contextmanager
def hold(lake: Lake, purpose: str, duration: timedelta = LEASE) -> Iterator[Lease]:
    """Hold the lake's lease for a purpose while a `with` block lasts.

    Args:
        lake: the lake.
        purpose: one word, such as `maintain`.
        duration: after which it is free again if this process dies.

    Raises:
        LakeBusy: another process holds it.
    """
    lease = _take(lake.database, purpose, duration)
    keeper = threading.Thread(target=lease.keep, name=f"lease-{purpose}", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        lease.give_back()
        keeper.join()


def _take(database: Database, purpose: str, duration: timedelta) -> Lease:
    owner = f"{machine().split()[0]} process {os.getpid()}"
    now = datetime.now(UTC)
    expiry = moment_text(now + duration)
    here = _row(database, purpose)
    with database.write() as connection:
        taken = connection.execute(
            update(LEASES)
            .where(here & (LEASES.c.expires_at < moment_text(now)))
            .values(owner=owner, token=LEASES.c.token + 1, expires_at=expiry)
        )
        if taken.rowcount:
            token = connection.execute(select(LEASES.c.token).where(here)).scalar_one()
            return Lease(database, purpose, owner, token, duration)
    try:
        with database.write() as connection:
            connection.execute(
                insert(LEASES).values(
                    lake=database.lake, purpose=purpose, owner=owner, token=1, expires_at=expiry
                )
            )
    except IntegrityError as held:
        raise _busy(database, purpose) from held
    return Lease(database, purpose, owner, 1, duration)


def _busy(database: Database, purpose: str) -> LakeBusy:
    with database.write() as connection:
        row = connection.execute(select(LEASES).where(_row(database, purpose))).one()
    return LakeBusy(
        f"the lake's lease for {purpose} is held by {row.owner} until {row.expires_at}",
        "wait for it to end; a dead process's lease ends by itself",
    )


def _row(database: Database, purpose: str) -> ColumnElement[bool]:
    return (LEASES.c.lake == database.lake) & (LEASES.c.purpose == purpose)
