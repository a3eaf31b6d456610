"""How people sign in: single sign-on, passwords, keys, and roles taken from there."""

from __future__ import annotations

from pipeline.simulate import identity
from pipeline.simulate.credentials import (
    Opening,
    grant_role,
    hand_out,
    own,
    own_role,
    use_grant,
)
from pipeline.simulate.hops import chain, switch_on, take_root
from pipeline.simulate.inventory import GLOBAL
from pipeline.simulate.lineage import Lineage
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

KEEPS_KEY = "012345"
"""First digits of the users that call with their long-lived key; others trade it for a token."""


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
    door = _saml_door(world, actor, account)
    events = _take_by_saml(world, door, grant)
    yield 1.0
    propagates = actor.persona.name == "analyst" and int(actor.user_id[:2], 16) < 100
    session = use_grant(
        world,
        role,
        grant,
        door.lineage,
        "AssumeRoleWithSAML",
        events,
        region=world.random.choice(account.regions),
        ip=actor.ip,
        agent=agent,
        is_cli=agent.startswith("aws-cli"),
        is_console=is_console,
        identity_json=identity.assumed_role(
            role,
            actor.name,
            grant["access_key"],
            grant["created"],
            on_behalf_of=behalf if propagates else None,
        ),
        values={"sso_instance": organisation.sso_instance, "member_account": account.id},
    )
    if is_console:
        login = world.actions["signin.ConsoleLogin"]
        world.emit(login, session, extra={"mfa_used": "No", "console": ""})
        yield 4.0
    if world.random.random() < actor.persona.chains:
        return (yield from chain(world, actor, session))
    if world.random.random() < actor.persona.roots:
        yield from take_root(world, session)
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


def _saml_door(world: World, actor: Actor, account: Account) -> Session:
    """Return a person whom the portal vouches for, at the door of an account."""
    provider = world.providers.setdefault(account.id, world.ids.alnum(27) + "=")
    return Session(
        account=account.id,
        region=world.organisation.home,
        identity=identity.saml_user(provider, actor.name),
        ip=actor.ip,
        agent="aws-internal/3 aws-sdk-java/1.12.761 Linux/5.10.223 OpenJDK_64-Bit_Server_VM/25",
        principal=actor.name,
        lineage=Lineage((f"{provider}/{actor.name}",), "saml_user"),
    )


def _take_by_saml(world: World, door: Session, grant: dict[str, str]) -> tuple[str, ...]:
    """Write the AssumeRoleWithSAML of an SSO sign-in; returns its event's id."""
    account = door.account
    provider = f"arn:aws:iam::{account}:saml-provider/AWSSSO_{account[:8]}_DO_NOT_DELETE"
    extra = {**grant, "provider_arn": provider, "provider_token": world.ids.b64(40)}
    return hand_out(world, world.actions["sts.AssumeRoleWithSAML"], door, extra)


def open_console(world: World, actor: Actor, account: Account) -> Opening:
    """Sign an IAM user in with a password: wrong ones now and then, with or without MFA.

    Some then switch to a role of another account.
    """
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
    events = hand_out(world, world.actions["signin.ConsoleLogin"], door, mfa)
    created, key, at = world.clock(), world.ids.access_key(), world.now
    yield 4.0
    arn = f"arn:aws:iam::{account.id}:user/{name}"
    session = Session(
        account=account.id,
        region=account.home,
        identity=identity.iam_user(account.id, name, user_id, key, created, has_mfa),
        ip=actor.ip,
        agent=actor.browser,
        principal=arn,
        access_key=key,
        expires=world.now + 28800,
        is_console=True,
        values={"principal_id": user_id},
    )
    own(world, session, Lineage((arn,), "user"), arn, "ConsoleLogin", events, at)
    if actor.user_id[1] in "01234567":
        return (yield from switch_on(world, actor, session, name))
    return session


def open_key(world: World, actor: Actor, account: Account) -> Opening:
    """Use an IAM user's long-lived key; many of these users trade it for a token first."""
    session = key_session(account, actor.name, actor.user_id, actor.ip, actor.agent)
    if actor.user_id[0] in KEEPS_KEY:
        return session
    if actor.user_id[0] in "678":
        return (yield from _federate(world, actor, session))
    return (yield from _trade(world, actor, session))


def key_session(account: Account, name: str, number: str, ip: str, agent: str) -> Session:
    """Return an IAM user with its long-lived key; user id and key follow from a UUID."""
    plain = number.replace("-", "").upper()
    user_id, key = "AIDA" + plain[:17], "AKIA" + plain[-16:]
    arn = f"arn:aws:iam::{account.id}:user/{name}"
    return Session(
        account=account.id,
        region=account.home,
        identity=identity.iam_user(account.id, name, user_id, key),
        ip=ip,
        agent=agent,
        principal=arn,
        access_key=key,
        is_cli=agent.startswith("aws-cli"),
        values={"principal_id": user_id},
        lineage=Lineage((arn,), "user"),
    )


def _trade(world: World, actor: Actor, user: Session) -> Opening:
    """Trade an IAM user's key for a session token, with MFA."""
    account, user_id = user.account, user.values["principal_id"]
    token = {
        "duration": "43200",
        "access_key": world.ids.access_key(),
        "expiration": write_moment(world.now + 43200),
        "mfa_serial": f"arn:aws:iam::{account}:mfa/{actor.name}",
    }
    events = hand_out(world, world.actions["sts.GetSessionToken"], user, token)
    created, at = world.clock(), world.now
    yield 1.0
    key = token["access_key"]
    traded = Session(
        account=account,
        region=user.region,
        identity=identity.iam_user(account, actor.name, user_id, key, created, True),
        ip=actor.ip,
        agent=actor.agent,
        principal=user.principal,
        access_key=key,
        expires=world.now + 43200,
        is_cli=user.is_cli,
        values={"principal_id": user_id},
    )
    arn = user.principal
    return own(world, traded, user.lineage, arn, "GetSessionToken", events, at)


def _federate(world: World, actor: Actor, user: Session) -> Opening:
    """Ask, as an IAM user that brokers for others, for a token in a name of its choice."""
    account, name = user.account, f"{actor.team}-job"
    arn = f"arn:aws:sts::{account}:federated-user/{name}"
    token = {
        "duration": "43200",
        "access_key": world.ids.access_key(),
        "expiration": write_moment(world.now + 43200),
        "federated_name": name,
        "federated_arn": arn,
    }
    events = hand_out(world, world.actions["sts.GetFederationToken"], user, token)
    created, at = world.clock(), world.now
    yield 1.0
    issuer = {
        "principalId": user.values["principal_id"],
        "arn": user.principal,
        "userName": actor.name,
    }
    key = token["access_key"]
    session = Session(
        account=account,
        region=user.region,
        identity=identity.federated_user(account, name, key, created, issuer),
        ip=actor.ip,
        agent=actor.agent,
        principal=arn,
        access_key=key,
        expires=world.now + 43200,
        is_cli=user.is_cli,
        values={"principal_id": f"{account}:{name}"},
    )
    return own(world, session, user.lineage, arn, "GetFederationToken", events, at)


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
    events = hand_out(world, world.actions["signin.ConsoleLogin"], door, {"mfa_used": "Yes"})
    created, key, at = world.clock(), world.ids.access_key(), world.now
    yield 5.0
    session = Session(
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
    arn = door.principal
    return own(world, session, Lineage((arn,), "root"), arn, "ConsoleLogin", events, at)
