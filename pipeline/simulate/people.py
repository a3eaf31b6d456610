"""How people sign in: single sign-on, passwords, keys, and roles taken from there."""

from __future__ import annotations

from pipeline.simulate import identity
from pipeline.simulate.credentials import (
    Opening,
    assume_across,
    grant_role,
    own_role,
    standing_role,
    use_grant,
)
from pipeline.simulate.inventory import GLOBAL
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.world import World


def open_sso(world: World, actor: Actor, account: Account) -> Opening:
    """Sign in at the portal, take a role by SAML, then the console or the command line."""
    organisation = world.organisation
    is_console = world.random.random() < 0.4
    agent = actor.browser if is_console else actor.agent
    behalf = {"userId": actor.user_id, "identityStoreArn": organisation.identity_store}
    portal = _portal_session(world, actor, agent, behalf)
    permission_set = actor.persona.permission_set
    choice = {"permission_set": permission_set, "member_account": account.id}
    if is_console or world.random.random() < 0.3:
        world.emit(world.actions["sso.Authenticate"], portal)
        yield 3.0
        world.emit(world.actions["sso.ListAccountRoles"], portal, extra=choice)
        yield 2.0
    way = "sso.Federate" if is_console else "sso.GetRoleCredentials"
    world.emit(world.actions[way], portal, extra=choice)
    yield 1.0
    name = f"AWSReservedSSO_{permission_set}_{world.ids.hex(16)}"
    path = f"/aws-reserved/sso.amazonaws.com/{organisation.home}/"
    role = own_role(world, actor, account.id, name, path)
    grant = grant_role(world, role, actor.name, 28800)
    _take_by_saml(world, actor, account, grant)
    created = world.clock()
    yield 1.0
    propagates = actor.persona.name == "analyst" and int(actor.user_id[:2], 16) < 100
    session = use_grant(
        world,
        role,
        grant,
        region=world.random.choice(account.regions),
        ip=actor.ip,
        agent=agent,
        is_cli=agent.startswith("aws-cli"),
        is_console=is_console,
        identity_json=identity.assumed_role(
            role,
            actor.name,
            grant["access_key"],
            created,
            on_behalf_of=behalf if propagates else None,
        ),
        values={"sso_instance": organisation.sso_instance, "member_account": account.id},
    )
    if is_console:
        login = world.actions["signin.ConsoleLogin"]
        world.emit(login, session, extra={"mfa_used": "No", "console": ""})
        yield 4.0
    if world.random.random() < actor.persona.chains:
        return (yield from _chain(world, actor, session))
    return session


def _portal_session(world: World, actor: Actor, agent: str, behalf: dict[str, str]) -> Session:
    management = world.organisation.management.id
    return Session(
        account=management,
        region=world.organisation.home,
        identity=identity.identity_center_user(management, behalf, world.ids.uuid()),
        ip=actor.ip,
        agent=agent,
        principal=actor.user_id,
    )


def _take_by_saml(world: World, actor: Actor, account: Account, grant: dict[str, str]) -> None:
    """Write the AssumeRoleWithSAML of an SSO sign-in, made by the portal for the person."""
    door = Session(
        account=account.id,
        region=world.organisation.home,
        identity=identity.saml_user(world.ids.b64(27) + "=", actor.name),
        ip=actor.ip,
        agent="aws-internal/3 aws-sdk-java/1.12.761 Linux/5.10.223 OpenJDK_64-Bit_Server_VM/25",
        principal=actor.name,
    )
    provider = f"arn:aws:iam::{account.id}:saml-provider/AWSSSO_{account.id[:8]}_DO_NOT_DELETE"
    extra = {**grant, "provider_arn": provider, "provider_token": world.ids.b64(40)}
    world.emit(world.actions["sts.AssumeRoleWithSAML"], door, extra=extra, succeeds=True)


def _chain(world: World, actor: Actor, session: Session) -> Opening:
    """Go on from a person's session to a role in another account, who it is kept as source."""
    others = [a for a in world.organisation.accounts if a.id != session.account]
    if not others:
        return session
    target = world.random.choice(others)
    who = actor.name.partition("@")[0].encode("ascii", "ignore").decode()
    extra = {"source_identity": who}
    role = standing_role(world, target, "BreakGlassOperator")
    return (
        yield from assume_across(
            world, session, role, target, f"{who}-{world.ids.hex(6)}", "sts.AssumeRoleAs", extra
        )
    )


def open_console(world: World, actor: Actor, account: Account) -> Opening:
    """Sign an IAM user in with a password: wrong ones now and then, with or without MFA."""
    name = actor.name.partition("@")[0].encode("ascii", "ignore").decode()
    user_id = "AIDA" + actor.user_id.replace("-", "").upper()[:17]
    has_mfa = actor.user_id[0] in "0123456789ab"
    door = Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.iam_user(account.id, name, user_id, ""),
        ip=actor.ip,
        agent=actor.browser,
        principal=name,
    )
    while world.random.random() < 0.12:
        world.emit(world.actions["signin.ConsoleLoginFailed"], door)
        yield 8.0
    if has_mfa:
        world.emit(world.actions["signin.CheckMfa"], door)
        yield 7.0
    mfa = {"mfa_used": "Yes" if has_mfa else "No"}
    world.emit(world.actions["signin.ConsoleLogin"], door, extra=mfa)
    created, key = world.clock(), world.ids.access_key()
    yield 4.0
    return Session(
        account=account.id,
        region=account.home,
        identity=identity.iam_user(account.id, name, user_id, key, created, has_mfa),
        ip=actor.ip,
        agent=actor.browser,
        principal=f"arn:aws:iam::{account.id}:user/{name}",
        access_key=key,
        expires=world.now + 28800,
        is_console=True,
        values={"principal_id": user_id},
    )


def open_key(world: World, actor: Actor, account: Account) -> Opening:
    """Use an IAM user's long-lived key; half of these users trade it for a session token."""
    user_id = "AIDA" + actor.user_id.replace("-", "").upper()[:17]
    key = "AKIA" + actor.user_id.replace("-", "").upper()[-16:]
    session = Session(
        account=account.id,
        region=account.home,
        identity=identity.iam_user(account.id, actor.name, user_id, key),
        ip=actor.ip,
        agent=actor.agent,
        principal=f"arn:aws:iam::{account.id}:user/{actor.name}",
        access_key=key,
        is_cli=actor.agent.startswith("aws-cli"),
        values={"principal_id": user_id},
    )
    if actor.user_id[0] in "01234567":
        return session
    token = {
        "duration": "43200",
        "access_key": world.ids.access_key(),
        "expiration": write_moment(world.now + 43200),
        "mfa_serial": f"arn:aws:iam::{account.id}:mfa/{actor.name}",
    }
    world.emit(world.actions["sts.GetSessionToken"], session, extra=token, succeeds=True)
    created = world.clock()
    yield 1.0
    key = token["access_key"]
    return Session(
        account=account.id,
        region=account.home,
        identity=identity.iam_user(account.id, actor.name, user_id, key, created, True),
        ip=actor.ip,
        agent=actor.agent,
        principal=session.principal,
        access_key=key,
        expires=world.now + 43200,
        is_cli=session.is_cli,
        values={"principal_id": user_id},
    )


def open_root(world: World, actor: Actor, account: Account) -> Opening:
    """Sign in as the root user, with MFA."""
    door = Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.root(account.id, "", ""),
        ip=actor.ip,
        agent=actor.browser,
        principal=f"arn:aws:iam::{account.id}:root",
    )
    world.emit(world.actions["signin.ConsoleLogin"], door, extra={"mfa_used": "Yes"})
    created, key = world.clock(), world.ids.access_key()
    yield 5.0
    return Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.root(account.id, key, created),
        ip=actor.ip,
        agent=actor.browser,
        principal=door.principal,
        access_key=key,
        expires=world.now + 3600,
        is_console=True,
        values={"principal_id": account.id},
    )
