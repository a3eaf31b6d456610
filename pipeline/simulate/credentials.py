"""Roles and the credentials they give: granting, taking across accounts, using, handing on."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace

from pipeline.simulate import identity
from pipeline.simulate.catalogue import Action
from pipeline.simulate.identity import Role
from pipeline.simulate.inventory import GLOBAL
from pipeline.simulate.lineage import Lineage, grant_of
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.template import compact
from pipeline.simulate.world import World

Opening = Generator[float, None, Session]
"""Yields seconds to wait between its calls, returns the credentials."""


def own_role(world: World, actor: Actor, account: str, name: str, path: str = "/") -> Role:
    """Return the actor's role in an account, the same each time."""
    role = actor.roles.get(account)
    if role is None:
        role = Role(account, name, "AROA" + world.ids.upper(17), path)
        actor.roles[account] = role
    return role


def standing_role(world: World, account: Account, name: str) -> Role:
    """Return an account's standing role of that name, one for all who take it."""
    known = world.roles.get((account.id, name))
    if known is None:
        known = Role(account.id, name, "AROA" + world.ids.upper(17))
        world.roles[(account.id, name)] = known
    return known


def grant_role(
    world: World, role: Role, session: str, seconds: int, ago: float = 0.0
) -> dict[str, str]:
    """Return the values of a call that hands out a role's credentials, now or a time ago."""
    return {
        "issued_at": str(int(world.now - ago)),
        "created": world.clock(ago),
        "role_arn": role.arn,
        "role_id": role.id,
        "role_account": role.account,
        "role_session": session,
        "assumed_arn": role.session_arn(session),
        "duration": str(seconds),
        "access_key": world.ids.access_key(),
        "session_token": world.ids.b64(340),
        "expiration": write_moment(world.now - ago + seconds),
    }


def hand_out(
    world: World, call: Action, caller: Session, said: dict[str, str], region: str = ""
) -> tuple[str, ...]:
    """Write the call that gives credentials; returns its event's id."""
    scope = world.emit(call, caller, extra=said, region=region, succeeds=True)
    return (scope["event_id"],) if scope else ()


def own(
    world: World,
    session: Session,
    caller: Lineage,
    principal: str,
    way: str,
    events: tuple[str, ...],
    at: float = 0.0,
    workload: str = "",
) -> Session:
    """Return a session that knows its lineage, and tell the truth of it; at is when it began."""
    session.lineage = caller.extend(principal, session.access_key, events, workload)
    at = at or world.now
    world.granted(grant_of(session.lineage, caller.session_id, session.account, way, at))
    return session


def use_grant(
    world: World,
    role: Role,
    grant: dict[str, str],
    caller: Lineage,
    way: str,
    events: tuple[str, ...],
    *,
    region: str,
    ip: str,
    agent: str,
    identity_json: str,
    values: dict[str, str] | None = None,
    is_cli: bool = False,
    is_console: bool = False,
    is_inside: bool = False,
    vpce: str = "",
    workload: str = "",
) -> Session:
    """Return the session that a grant's credentials are; events are those of the grant."""
    name = grant["role_session"]
    session = Session(
        account=role.account,
        region=region,
        identity=identity_json,
        ip=ip,
        agent=agent,
        principal=role.session_arn(name),
        access_key=grant["access_key"],
        expires=int(grant["issued_at"]) + int(grant["duration"]),
        is_cli=is_cli,
        is_console=is_console,
        is_inside=is_inside,
        vpce=vpce,
        values={"principal_id": f"{role.id}:{name}", **(values or {})},
    )
    at = int(grant["issued_at"])
    return own(world, session, caller, role.arn, way, events, at, workload)


def assume_across(
    world: World,
    caller: Session,
    role: Role,
    account: Account,
    session_name: str,
    action: str = "sts.AssumeRole",
    extra: dict[str, str] | None = None,
) -> Opening:
    """Take a role of another account: one call, a record in both trails with one shared id."""
    source = (extra or {}).get("source_identity", "")
    shared = f',"sharedEventID":"{world.ids.uuid()}"'
    grant = grant_role(world, role, session_name, 3600)
    said = {**grant, **(extra or {}), "shared": shared, "request_id": world.ids.uuid()}
    call = world.actions[action]
    # Old tools still ask the global endpoint, which logs in one Region
    region = GLOBAL if world.random.random() < 0.2 else caller.region
    ours = hand_out(world, call, caller, said, region)
    seen = Session(
        account=account.id,
        region=region,
        identity=identity.aws_account(caller.account, caller.values["principal_id"]),
        ip=caller.ip,
        agent=caller.agent,
        principal=caller.principal,
        is_cli=caller.is_cli,
    )
    theirs = hand_out(world, call, seen, said, region)
    yield 1.0
    return use_grant(
        world,
        role,
        grant,
        caller.lineage,
        "AssumeRole",
        (*ours, *theirs),
        region=account.home,
        ip=caller.ip,
        agent=caller.agent,
        is_cli=caller.is_cli,
        identity_json=identity.assumed_role(
            role, session_name, grant["access_key"], grant["created"], source_identity=source
        ),
        values={
            "sso_instance": world.organisation.sso_instance,
            "member_account": account.id,
        },
    )


def refuse_across(world: World, caller: Session, role: Role) -> None:
    """Try to take a role that does not trust the caller: its account never hears of it."""
    grant = grant_role(world, role, "attempt", 3600)
    refused = replace(caller, denied=1.0, forwarded={})
    world.emit(world.actions["sts.AssumeRole"], refused, extra=grant)


def switch_role(
    world: World, caller: Session, role: Role, account: Account, session_name: str
) -> Opening:
    """Go on to a role in the console: no call to STS is logged, and keys change meanwhile."""
    created, at = world.clock(), world.now
    arrived = identity.arrived_role(role, session_name)
    door = replace(caller, account=account.id, identity=arrived, values={}, forwarded={})
    said = {"switch_from": caller.principal, "console": ""}
    events = hand_out(world, world.actions["signin.SwitchRole"], door, said)
    yield 3.0
    key = world.ids.access_key()
    session = Session(
        account=account.id,
        region=account.home,
        identity=identity.assumed_role(role, session_name, key, created),
        ip=caller.ip,
        agent=caller.agent,
        principal=role.session_arn(session_name),
        access_key=key,
        expires=world.now + 3600,
        is_console=True,
        is_renewed=True,
        values={
            "principal_id": f"{role.id}:{session_name}",
            "sso_instance": world.organisation.sso_instance,
            "member_account": account.id,
        },
    )
    return own(world, session, caller.lineage, role.arn, "SwitchRole", events, at)


def renew(world: World, session: Session) -> Session:
    """Return a console session with the new key that the console got for it."""
    key = world.ids.access_key()
    said = json.loads(session.identity)
    said["accessKeyId"] = key
    text = compact(said)
    values = {**session.values, "identity": text, "service_identity": text}
    renewed = replace(session, identity=text, access_key=key, values=values, forwarded={})
    return _again(world, renewed, session, "renewed", key)


def forward(world: World, session: Session, service: str) -> Session:
    """Return a role's session as a service bears it that calls on: other key, or none."""
    known = session.forwarded.get(service)
    if known is None:
        key = world.ids.access_key() if world.random.random() < 0.6 else ""
        is_told = not key and any(not f.access_key for f in session.forwarded.values())
        known = session.forwarded[service] = _forward(session, service, key)
        if not is_told:
            _again(world, known, session, "forwarded", _session_id(known))
    return known


def _session_id(session: Session) -> str:
    """Return a session's key, else who it is and when it began."""
    said = json.loads(session.identity)
    created = said["sessionContext"]["attributes"]["creationDate"]
    return session.access_key or f"{said['principalId']}@{created}"


def _forward(session: Session, service: str, key: str) -> Session:
    said = json.loads(session.identity)
    said.pop("accessKeyId", None)
    if key:
        said["accessKeyId"] = key
    said["invokedBy"] = service
    return Session(
        account=session.account,
        region=session.region,
        identity=compact(said),
        ip=service,
        agent=service,
        principal=session.principal,
        access_key=key,
        is_inside=True,
        values={"principal_id": said["principalId"]},
    )


def _again(world: World, session: Session, before: Session, way: str, session_id: str) -> Session:
    """Tell that a session has the lineage of the one before under another id."""
    session.lineage = replace(before.lineage, session_id=session_id)
    parent = before.lineage.session_id
    world.granted(grant_of(session.lineage, parent, session.account, way, world.now))
    return session


def service_session(account: Account, region: str, service: str) -> Session:
    return Session(
        account=account.id,
        region=region,
        identity=identity.aws_service(service),
        ip=service,
        agent=service,
        principal=service,
        is_inside=True,
        lineage=Lineage((service,), "aws_service"),
    )
