"""Roles and the credentials they give: granting, taking across accounts, using."""

from __future__ import annotations

from collections.abc import Generator

from pipeline.simulate import identity
from pipeline.simulate.identity import Role
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
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


def grant_role(world: World, role: Role, session: str, seconds: int) -> dict[str, str]:
    """Return the values of a call that hands out a role's credentials."""
    return {
        "role_arn": role.arn,
        "role_id": role.id,
        "role_account": role.account,
        "role_session": session,
        "assumed_arn": role.session_arn(session),
        "duration": str(seconds),
        "access_key": world.ids.access_key(),
        "session_token": world.ids.b64(340),
        "expiration": write_moment(world.now + seconds),
    }


def use_grant(
    world: World,
    role: Role,
    grant: dict[str, str],
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
) -> Session:
    """Return the session that a grant's credentials are."""
    name = grant["role_session"]
    return Session(
        account=role.account,
        region=region,
        identity=identity_json,
        ip=ip,
        agent=agent,
        principal=role.session_arn(name),
        access_key=grant["access_key"],
        expires=world.now + int(grant["duration"]),
        is_cli=is_cli,
        is_console=is_console,
        is_inside=is_inside,
        vpce=vpce,
        values={"principal_id": f"{role.id}:{name}", **(values or {})},
    )


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
    region = caller.region
    world.emit(call, caller, extra=said, region=region, succeeds=True)
    seen = Session(
        account=account.id,
        region=region,
        identity=identity.aws_account(caller.account, caller.values["principal_id"]),
        ip=caller.ip,
        agent=caller.agent,
        principal=caller.principal,
        is_cli=caller.is_cli,
    )
    world.emit(call, seen, extra=said, region=region, succeeds=True)
    created = world.clock()
    yield 1.0
    return use_grant(
        world,
        role,
        grant,
        region=account.home,
        ip=caller.ip,
        agent=caller.agent,
        is_cli=caller.is_cli,
        identity_json=identity.assumed_role(
            role, session_name, grant["access_key"], created, source_identity=source
        ),
        values={
            "sso_instance": world.organisation.sso_instance,
            "member_account": account.id,
        },
    )


def service_session(account: Account, region: str, service: str) -> Session:
    return Session(
        account=account.id,
        region=region,
        identity=identity.aws_service(service),
        ip=service,
        agent=service,
        principal=service,
        is_inside=True,
    )
