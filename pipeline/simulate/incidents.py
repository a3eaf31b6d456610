"""Incidents that a demo can look into: each a scenario with people, addresses and a story.

Addresses are those kept for documentation (RFC 5737), so that they stand out as the story's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.simulate import identity
from pipeline.simulate.credentials import assume_across, own, standing_role
from pipeline.simulate.inventory import GLOBAL, Resource
from pipeline.simulate.lineage import Lineage
from pipeline.simulate.organisation import Account, Actor, Organisation
from pipeline.simulate.people import KEEPS_KEY, key_session, open_sso
from pipeline.simulate.run import Scenario
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

DAY = 86400.0
_HOUR = 3600.0
_ATTACKER = "aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali9-amd64 exe/x86_64.kali.2023 prompt/off"
_THIEF = "203.0.113.66"
_GUESSER = "203.0.113.150"
_BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
_DESK = "aws-cli/2.17.20 md/awscrt#0.21.2 ua/2.0 os/macos#23.5.0 lang/python#3.11.9"
_FAR_REGION = "ap-northeast-3"
LEAVER = "marta.lind"
LEFT_AFTER_DAYS = 6


@dataclass(frozen=True, slots=True)
class StolenKey:
    """A machine's key is used from elsewhere: it looks around, makes a user, mines and copies."""

    start: float = 9 * DAY + 2.2 * _HOUR
    label: str = "stolen-key"

    def act(self, world: World) -> Iterator[float]:
        """Look around, be refused, make a user with a key of its own, and go on as that."""
        actor = _key_user(world.organisation)
        account = actor.accounts[0]
        thief = key_session(account, actor.name, actor.user_id, _THIEF, _ATTACKER)
        thief.values |= {"team": account.team, "who": actor.name}
        for call in ("sts.GetCallerIdentity", "iam.ListUsers", "iam.ListRoles", "s3.ListBuckets"):
            world.emit(world.actions[call], thief, succeeds=True, label=self.label)
            yield 20.0
        refused = replace(thief, denied=1.0)
        for call in ("organizations.ListAccounts", "secretsmanager.ListSecrets") * 3:
            world.emit(world.actions[call], refused, label=self.label)
            yield 15.0
        focus: dict[str, Resource] = {}
        for call in ("iam.CreateUser", "iam.AttachAdministrator"):
            world.emit(world.actions[call], thief, focus, {"who": "backup"}, label=self.label)
            yield 30.0
        made = world.emit(
            world.actions["iam.CreateAccessKey"], thief, focus, succeeds=True, label=self.label
        )
        if made is None:
            return
        user = focus["user"].fields
        lineage = Lineage((user["user.arn"],), "user")
        helper = Session(
            account=account.id,
            region=account.home,
            identity=identity.iam_user(
                account.id, user["user.name"], user["user.id"], made["accesskey.id"]
            ),
            ip=_THIEF,
            agent=_ATTACKER,
            principal=user["user.arn"],
            access_key=made["accesskey.id"],
            values={"principal_id": user["user.id"], "team": account.team, "who": "backup"},
            lineage=lineage,
        )
        yield from self._go_on(world, helper)

    def _go_on(self, world: World, helper: Session) -> Iterator[float]:
        """Start machines where nobody looks, then read what the buckets hold."""
        yield 600.0
        far: dict[str, Resource] = {}
        for _ in range(5):
            world.emit(
                world.actions["ec2.RunInstances"],
                helper,
                far,
                region=_FAR_REGION,
                succeeds=True,
                label=self.label,
            )
            yield 6.0
        for _ in range(60):
            world.emit(world.actions["s3.GetObject"], helper, succeeds=True, label=self.label)
            yield 4.0
        world.emit(world.actions["secretsmanager.GetSecretValue"], helper, label=self.label)
        yield 1.0


@dataclass(frozen=True, slots=True)
class PublicBucket:
    """An engineer opens a bucket to the world for a partner; strangers find it; it is closed."""

    start: float = 5 * DAY + 15.3 * _HOUR
    label: str = "public-bucket"

    def act(self, world: World) -> Iterator[float]:
        """Open it, let it be read without a name for a day, close it."""
        actor = first_actor(world.organisation, "platform")
        account = workload(world.organisation)
        session = yield from open_sso(world, actor, account)
        _furnish(session, account)
        focus: dict[str, Resource] = {}
        for call in ("s3.GetBucketPolicy", "s3.OpenBucketPublicAccess", "s3.PublishBucket"):
            world.emit(world.actions[call], session, focus, succeeds=True, label=self.label)
            yield 40.0
        bucket = focus["bucket"].fields["bucket.name"]
        yield 5 * _HOUR
        for turn in range(24):
            stranger = anonymous(account, f"198.51.100.{20 + turn % 5}")
            said = _object(bucket, f"exports/customers-{turn:04}.csv", 180_000 + 7_919 * turn)
            world.emit(
                world.actions["s3.GetObject"], stranger, None, said, succeeds=True, label=self.label
            )
            yield 1_500.0
        again = yield from open_sso(world, actor, account)
        _furnish(again, account)
        for call in ("s3.DeleteBucketPolicy", "s3.PutBucketPublicAccessBlock"):
            world.emit(world.actions[call], again, focus, succeeds=True, label=self.label)
            yield 30.0


@dataclass(frozen=True, slots=True)
class DeletedTable:
    """A table goes, by a role that several people take; the session has the one who did."""

    start: float = 1 * DAY + 9.5 * _HOUR
    label: str = "deleted-table"

    def act(self, world: World) -> Iterator[float]:
        """Make the table, and a week later delete it through a role of another account."""
        organisation = world.organisation
        account = workload(organisation)
        maker = first_actor(organisation, "platform")
        session = yield from open_sso(world, maker, account)
        _furnish(session, account)
        focus: dict[str, Resource] = {}
        for call in ("dynamodb.CreateTable", "dynamodb.UpdateContinuousBackups"):
            world.emit(world.actions[call], session, focus, succeeds=True, label=self.label)
            yield 45.0
        yield 7 * DAY + 6.4 * _HOUR
        culprit = first_actor(organisation, "developer", other_than=maker)
        start = next(a for a in organisation.accounts if a.id != account.id)
        own_session = yield from open_sso(world, culprit, start)
        role = standing_role(world, account, "BreakGlassOperator")
        who = short_name(culprit)
        extra = {"source_identity": who}
        hop = yield from assume_across(
            world, own_session, role, account, f"{who}-fix", "sts.AssumeRoleAs", extra
        )
        _furnish(hop, account)
        world.inventory.add(focus["table"])  # others made since may have hidden it
        for call in ("dynamodb.DescribeTable", "dynamodb.DeleteTable"):
            world.emit(
                world.actions[call],
                hop,
                focus,
                region=session.region,
                succeeds=True,
                label=self.label,
            )
            yield 25.0


@dataclass(frozen=True, slots=True)
class Leaver:
    """A user who has left the company; the key still works, and is used late at night."""

    start: float = 8.4 * _HOUR
    label: str = "leaver"

    def act(self, world: World) -> Iterator[float]:
        """Work by day until the last one, then come back."""
        account = workload(world.organisation)
        user_id = "5ea1ed00-1eaf-4bad-8f00-0a11ce0f2b1d"
        desk = key_session(account, LEAVER, user_id, "192.0.2.40", _DESK)
        calls = ("sts.GetCallerIdentity", "s3.ListObjects", "s3.GetObject", "dynamodb.Query")
        for _ in range(LEFT_AFTER_DAYS - 1):
            for call in calls * 2:
                world.emit(world.actions[call], desk, succeeds=True, label=self.label)
                yield 900.0
            yield DAY - 8 * 900.0
        yield 6 * DAY + 15.1 * _HOUR
        night = key_session(account, LEAVER, user_id, "198.51.100.201", _DESK)
        for call in ("sts.GetCallerIdentity", "s3.ListBuckets", *["s3.GetObject"] * 18):
            world.emit(world.actions[call], night, succeeds=True, label=self.label)
            yield 35.0


@dataclass(frozen=True, slots=True)
class GuessedPassword:
    """One address tries passwords of several users until one works, without MFA."""

    start: float = 7 * DAY + 3.1 * _HOUR
    label: str = "guessed-password"
    names: tuple[str, ...] = ("admin", "backup", "deploy", "jenkins", "reports")

    def act(self, world: World) -> Iterator[float]:
        """Fail often, then succeed and look around."""
        account = workload(world.organisation)
        for turn in range(37):
            name = self.names[turn % len(self.names)]
            world.emit(
                world.actions["signin.ConsoleLoginFailed"],
                _door(account, name),
                region=account.home,
                label=self.label,
            )
            yield 21.0
        name = self.names[-1]
        door = _door(account, name)
        events = _sign_in(world, door, {"mfa_used": "No"}, self.label)
        created, at, key = world.clock(), world.now, world.ids.access_key()
        yield 5.0
        arn = f"arn:aws:iam::{account.id}:user/{name}"
        session = replace(
            door,
            identity=identity.iam_user(account.id, name, _user_id(name), key, created),
            principal=arn,
            access_key=key,
            is_console=True,
            values={"principal_id": _user_id(name)},
        )
        own(world, session, Lineage((arn,), "user"), arn, "ConsoleLogin", events, at)
        for call in ("iam.ListUsers", "iam.GetAccountSummary", "s3.ListBuckets"):
            world.emit(world.actions[call], session, succeeds=True, label=self.label)
            yield 12.0


@dataclass(frozen=True, slots=True)
class RootSignIn:
    """Root of a workload signs in at night, makes itself a key and takes its MFA away."""

    start: float = 10 * DAY + 21.1 * _HOUR
    label: str = "root-sign-in"

    def act(self, world: World) -> Iterator[float]:
        """Sign in, make a key, remove the second factor."""
        account = workload(world.organisation)
        arn = f"arn:aws:iam::{account.id}:root"
        door = Session(
            account=account.id,
            region=GLOBAL,
            identity=identity.root(account.id, "", ""),
            ip="198.51.100.9",
            agent=_BROWSER,
            principal=arn,
        )
        said = {"mfa_used": "Yes"}
        events = _sign_in(world, door, said, self.label)
        created, at, key = world.clock(), world.now, world.ids.access_key()
        yield 8.0
        session = replace(
            door,
            identity=identity.root(account.id, key, created),
            access_key=key,
            is_console=True,
            values={
                "principal_id": account.id,
                "mfa_serial": f"arn:aws:iam::{account.id}:mfa/root-account-mfa-device",
            },
        )
        own(world, session, Lineage((arn,), "root"), arn, "ConsoleLogin", events, at)
        calls = "iam.GetAccountSummary", "iam.CreateOwnAccessKey", "iam.DeactivateMFADevice"
        for call in calls:
            world.emit(world.actions[call], session, succeeds=True, label=self.label)
            yield 50.0


@dataclass(frozen=True, slots=True)
class PausedTrail:
    """An administrator stops the second trail of an account for half an hour, then starts it."""

    start: float = 4 * DAY + 11.2 * _HOUR
    label: str = "paused-trail"

    def act(self, world: World) -> Iterator[float]:
        """Stop it and start it."""
        actor = first_actor(world.organisation, "administrator")
        account = world.organisation.management
        session = yield from open_sso(world, actor, account)
        _furnish(session, account)
        for call, pause in (("StopLogging", 1_740.0), ("StartLogging", 1.0)):
            world.emit(
                world.actions[f"cloudtrail.{call}"], session, succeeds=True, label=self.label
            )
            yield pause


def incidents() -> tuple[Scenario, ...]:
    """Return what happens in a demo of two weeks beside the usual."""
    return (
        DeletedTable(),
        GuessedPassword(),
        Leaver(),
        PausedTrail(),
        PublicBucket(),
        RootSignIn(),
        StolenKey(),
    )


def list_leavers(organisation: Organisation, start: datetime) -> list[tuple[str, ...]]:
    """Return the rows of a CSV file of people, with the columns of roster.IDENTITIES, of who left.

    Args:
        organisation: the one it happens in.
        start: when its story starts.
    """
    account = workload(organisation)
    left = (start + timedelta(days=LEFT_AFTER_DAYS)).date().isoformat()
    arn = f"arn:aws:iam::{account.id}:user/{LEAVER}"
    return [(arn, f"{LEAVER}@example.com", account.team, "2023-02-01", left)]


def first_actor(organisation: Organisation, persona: str, other_than: Actor | None = None) -> Actor:
    """Return the first of a persona's actors, of another name than one that is given."""
    taken = other_than.name if other_than else ""
    return next(a for a in organisation.actors if a.persona.name == persona and a.name != taken)


def _key_user(organisation: Organisation) -> Actor:
    """Return a machine that uses its long-lived key itself, if there is one."""
    users = [a for a in organisation.actors if a.persona.name == "legacy"]
    return next((a for a in users if a.user_id[0] in KEEPS_KEY), users[0])


def workload(organisation: Organisation) -> Account:
    """Return the account where it happens: the last, which carries a workload."""
    return organisation.accounts[-1]


def short_name(actor: Actor) -> str:
    """Return a person's name as session names have it."""
    return actor.name.partition("@")[0].encode("ascii", "ignore").decode()


def anonymous(account: Account, ip: str) -> Session:
    """Return someone who reads what is public, without credentials."""
    who = '{"type":"AWSAccount","principalId":"","accountId":"anonymous"}'
    return Session(account.id, account.home, who, ip, "curl/8.5.0", "anonymous")


def _furnish(session: Session, account: Account) -> None:
    """Give a session what calls say of who makes them."""
    session.values.setdefault("team", account.team)
    session.values.setdefault("who", session.principal.rpartition("/")[2])


def _sign_in(world: World, door: Session, said: Mapping[str, str], label: str) -> tuple[str, ...]:
    """Let someone into the console; returns the event's id."""
    action = world.actions["signin.ConsoleLogin"]
    scope = world.emit(action, door, None, said, succeeds=True, label=label)
    return (scope["event_id"],) if scope else ()


def _door(account: Account, name: str) -> Session:
    """Return an IAM user at the console's door, wherever the guesser is."""
    return Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.iam_user(account.id, name, _user_id(name), ""),
        ip=_GUESSER,
        agent=_BROWSER,
        principal=name,
    )


def _user_id(name: str) -> str:
    return "AIDA" + name.upper().ljust(17, "Q")


def _object(bucket: str, key: str, size: int) -> dict[str, str]:
    """Return the values of one object that calls are about."""
    return {
        "object.bucket": bucket,
        "object.key": key,
        "object.arn": f"arn:aws:s3:::{bucket}/{key}",
        "object.bucket_arn": f"arn:aws:s3:::{bucket}",
        "object.size": str(size),
    }
