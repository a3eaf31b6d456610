"""How actors come to have credentials, and the records that leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Generator

from pipeline.simulate import identity
from pipeline.simulate.identity import Role
from pipeline.simulate.inventory import GLOBAL
from pipeline.simulate.organisation import Account, Actor, public_ip
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

Opening = Generator[float, None, Session]
"""Yields seconds to wait between its calls, returns the credentials."""

_SPARE = 900.0  # seconds a session must still last to be worth using
_GITHUB = "token.actions.githubusercontent.com"
_LAMBDA_AGENT = (
    "Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10.223 md/arch#x86_64 "
    "lang/python#3.12.4 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy "
    "Botocore/1.34.145"
)
_SERVER_AGENT = (
    "aws-sdk-java/2.26.27 Linux/6.1.102-111.187.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/"
    "21.0.4+7-LTS Java/21.0.4 vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/standard"
)
_CONTAINER_AGENT = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#arm64 "
    "exec-env/AWS_ECS_FARGATE api/dynamodb#1.34.4"
)
_GLUE_AGENT = (
    "ElasticMapReduce/1.0.0 emrfs/s3n {}, aws-sdk-java/1.12.763 Linux/5.10.220-209.869.amzn2.x86_64"
    " OpenJDK_64-Bit_Server_VM/17.0.12+7-LTS java/17.0.12 vendor/Amazon.com_Inc."
)
_ACTIONS_AGENT = (
    "aws-sdk-js/3.632.0 ua/2.0 os/linux#6.8.0-1012-azure lang/js md/nodejs#20.16.0 "
    "api/sts#3.632.0 configure-aws-credentials-for-github-actions"
)


def open_session(world: World, actor: Actor) -> Opening:
    """Sign the actor in the way its persona does, or go on with what it still has."""
    account = _choose(world, actor)
    kept = actor.sessions.get(account.id)
    if kept and kept.expires > world.now + _SPARE:
        return kept
    session = yield from _OPENERS[actor.persona.opens](world, actor, account)
    session.bear(actor.persona)
    session.values.setdefault("team", account.team)
    session.values.setdefault("who", actor.name.partition("@")[0])
    actor.sessions = {
        key: old for key, old in actor.sessions.items() if old.expires > world.now + _SPARE
    }
    actor.sessions[account.id] = session
    return session


def _choose(world: World, actor: Actor) -> Account:
    if len(actor.accounts) == 1:
        return actor.accounts[0]
    # People mostly stay where they are signed in.
    if actor.sessions and not actor.persona.wide and world.random.random() < 0.8:
        last = next(reversed(actor.sessions))
        return next(account for account in actor.accounts if account.id == last)
    return world.random.choice(actor.accounts)


def _role(world: World, actor: Actor, account: str, name: str, path: str = "/") -> Role:
    """Return the actor's role in an account, the same each time."""
    role = actor.roles.get(account)
    if role is None:
        role = Role(account, name, "AROA" + world.ids.upper(17), path)
        actor.roles[account] = role
    return role


def _grant(world: World, role: Role, session: str, seconds: int, key: str = "") -> dict[str, str]:
    """Return the values of a call that hands out a role's credentials."""
    return {
        "role_arn": role.arn,
        "role_id": role.id,
        "role_account": role.account,
        "role_session": session,
        "assumed_arn": role.session_arn(session),
        "duration": str(seconds),
        "access_key": key or world.ids.access_key(),
        "expiration": write_moment(world.now + seconds),
    }


def _assumed(
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


def _open_sso(world: World, actor: Actor, account: Account) -> Opening:
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
    role = _role(world, actor, account.id, name, path)
    grant = _grant(world, role, actor.name, 28800)
    _take_by_saml(world, actor, account, grant)
    created = world.clock()
    yield 1.0
    propagates = actor.persona.name == "analyst" and int(actor.user_id[:2], 16) < 100
    session = _assumed(
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
    role = _target_role(world, target, "BreakGlassOperator")
    return (
        yield from assume_across(
            world, session, role, target, f"{who}-{world.ids.hex(6)}", "sts.AssumeRoleAs", extra
        )
    )


def _target_role(world: World, account: Account, name: str) -> Role:
    """Return an account's standing role of that name, one for all who take it."""
    known = world.roles.get((account.id, name))
    if known is None:
        known = Role(account.id, name, "AROA" + world.ids.upper(17))
        world.roles[(account.id, name)] = known
    return known


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
    grant = _grant(world, role, session_name, 3600)
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
    return _assumed(
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


def _open_console(world: World, actor: Actor, account: Account) -> Opening:
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


def _open_key(world: World, actor: Actor, account: Account) -> Opening:
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


def _open_root(world: World, actor: Actor, account: Account) -> Opening:
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


def _open_oidc(world: World, actor: Actor, account: Account) -> Opening:
    """Trade a build's OpenID Connect token for a role."""
    provider = f"arn:aws:iam::{account.id}:oidc-provider/{_GITHUB}"
    subject = f"repo:example-org/{actor.team}-service:ref:refs/heads/main"
    role = _role(world, actor, account.id, f"{actor.team}-github-deploy")
    grant = _grant(world, role, "GitHubActions", 3600)
    ip = public_ip(world.random)
    door = Session(
        account=account.id,
        region=account.home,
        identity=identity.web_identity_user(provider, subject),
        ip=ip,
        agent=_ACTIONS_AGENT,
        principal=subject,
    )
    extra = {**grant, "provider_arn": provider, "subject": subject}
    call = world.actions["sts.AssumeRoleWithWebIdentity"]
    world.emit(call, door, extra=extra, succeeds=True)
    created = world.clock()
    yield 2.0
    return _assumed(
        world,
        role,
        grant,
        region=account.home,
        ip=ip,
        agent=actor.agent,
        is_cli=actor.agent.startswith("aws-cli"),
        identity_json=identity.assumed_role(
            role, "GitHubActions", grant["access_key"], created, federated_provider=provider
        ),
    )


def _open_crossaccount(world: World, actor: Actor, account: Account) -> Opening:
    """Go from the build role of the tooling account to the deploy role of the target."""
    tooling = world.organisation.tooling
    build = yield from _by_service(
        world,
        tooling,
        _target_role(world, tooling, "pipeline-build"),
        "codebuild.amazonaws.com",
        f"AWSCodeBuild-{world.ids.uuid()}",
        seconds=3600,
        agent=_LAMBDA_AGENT.replace("AWS_Lambda_python3.12", "AWS_ECS_EC2"),
    )
    target = _target_role(world, account, "pipeline-deploy")
    if target.account == tooling.id:
        return build
    name = f"{actor.team}-{world.ids.hex(8)}"
    return (yield from assume_across(world, build, target, account, name))


def _by_service(
    world: World,
    account: Account,
    role: Role,
    service: str,
    session_name: str,
    *,
    seconds: int,
    agent: str,
    ip: str = "",
    region: str = "",
    vpce: str = "",
    linked: bool = False,
) -> Opening:
    """Let an AWS service hand a role's credentials to what runs on it."""
    where = region or account.home
    grant = _grant(world, role, session_name, seconds)
    door = _service_session(account, where, service)
    shared = {"shared": f',"sharedEventID":"{world.ids.uuid()}"'}
    call = world.actions["sts.AssumeRole"]
    world.emit(call, door, extra={**grant, **shared}, succeeds=True)
    created = world.clock()
    yield 1.0
    return _assumed(
        world,
        role,
        grant,
        region=where,
        ip=service if linked else ip or public_ip(world.random),
        agent=service if linked else agent,
        is_inside=linked,
        vpce=vpce,
        identity_json=identity.assumed_role(
            role,
            session_name,
            grant["access_key"],
            created,
            invoked_by=service if linked else "",
            is_ec2=service == "ec2.amazonaws.com",
        ),
    )


def _service_session(account: Account, region: str, service: str) -> Session:
    return Session(
        account=account.id,
        region=region,
        identity=identity.aws_service(service),
        ip=service,
        agent=service,
        principal=service,
        is_inside=True,
    )


def _open_lambda(world: World, actor: Actor, account: Account) -> Opening:
    role = _role(world, actor, account.id, f"{actor.name}-exec", "/service-role/")
    region = world.random.choice(account.regions)
    return _by_service(
        world,
        account,
        role,
        "lambda.amazonaws.com",
        actor.name,
        seconds=21600,
        agent=_LAMBDA_AGENT,
        region=region,
    )


def _open_ec2(world: World, actor: Actor, account: Account) -> Opening:
    role = _role(world, actor, account.id, f"{actor.name}-instance")
    instance = "i-0" + actor.user_id.replace("-", "")[:16]
    return _inside_vpc(world, actor, account, role, "ec2.amazonaws.com", instance, _SERVER_AGENT)


def _open_ecs(world: World, actor: Actor, account: Account) -> Opening:
    role = _role(world, actor, account.id, f"{actor.name}-task")
    task = world.ids.hex(32)
    return _inside_vpc(
        world, actor, account, role, "ecs-tasks.amazonaws.com", task, _CONTAINER_AGENT
    )


def _inside_vpc(
    world: World, actor: Actor, account: Account, role: Role, service: str, name: str, agent: str
) -> Opening:
    """Open a session in a VPC: through an endpoint with a private address, or out by NAT."""
    number = int(actor.user_id[:4], 16)
    private = f"10.{number % 64}.{number // 64 % 256}.{number % 240 + 10}"
    endpoint = "vpce-0" + account.id + world.organisation.id[-4:]
    behind = number % 3 > 0
    return _by_service(
        world,
        account,
        role,
        service,
        name,
        seconds=21600,
        agent=agent,
        ip=private if behind else account.exit_ip,
        vpce=endpoint if behind else "",
    )


def _open_glue(world: World, actor: Actor, account: Account) -> Opening:
    role = _role(world, actor, account.id, f"{actor.name}-job", "/service-role/")
    return _by_service(
        world,
        account,
        role,
        "glue.amazonaws.com",
        "GlueJobRunnerSession",
        seconds=3600,
        agent=_GLUE_AGENT,
    )


def _open_linked(world: World, actor: Actor, account: Account) -> Opening:
    service = actor.persona.service
    path = f"/aws-service-role/{service}/"
    role = _role(world, actor, account.id, actor.persona.linked_role, path)
    name = service.partition(".")[0].capitalize() + "Session"
    return _by_service(
        world, account, role, service, name, seconds=3600, agent=service, linked=True
    )


def _open_service(world: World, actor: Actor, account: Account) -> Opening:
    """Act as an AWS service itself, which needs no credentials."""
    organisation = world.organisation
    session = _service_session(account, world.random.choice(account.regions), actor.persona.service)
    session.expires = world.now + 3600
    session.values.update(
        log_bucket=organisation.log_bucket,
        log_account=organisation.log_account.id,
        service_identity=identity.aws_internal(account.id, actor.persona.service),
    )
    return session
    yield 0.0


def _open_vendor(world: World, actor: Actor, account: Account) -> Opening:
    """Let a vendor's account take its role here; only our side of the call is ours to see."""
    role = _target_role(world, account, "PostureScannerReadOnly")
    name = f"scan-{world.ids.uuid()}"
    grant = _grant(world, role, name, 3600)
    vendor = world.organisation.vendor
    agent = "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.15.0 lang/python#3.10.12"
    door = Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.aws_account(vendor, f"AROA{actor.user_id[:8].upper()}XSCANNER9:{name}"),
        ip=actor.ip,
        agent=agent,
        principal=f"arn:aws:sts::{vendor}:assumed-role/scanner/{name}",
    )
    shared = {"shared": f',"sharedEventID":"{world.ids.uuid()}"'}
    extra = {**grant, **shared, "external_id": actor.user_id}
    world.emit(world.actions["sts.AssumeRoleExternal"], door, extra=extra, succeeds=True)
    created = world.clock()
    yield 1.0
    return _assumed(
        world,
        role,
        grant,
        region=world.random.choice((*account.regions, account.home)),
        ip=actor.ip,
        agent=agent,
        identity_json=identity.assumed_role(role, name, grant["access_key"], created),
    )


_OPENERS: dict[str, Callable[[World, Actor, Account], Opening]] = {
    "sso": _open_sso,
    "console": _open_console,
    "key": _open_key,
    "root": _open_root,
    "oidc": _open_oidc,
    "crossaccount": _open_crossaccount,
    "lambda": _open_lambda,
    "ec2": _open_ec2,
    "ecs": _open_ecs,
    "glue": _open_glue,
    "linked": _open_linked,
    "service": _open_service,
    "vendor": _open_vendor,
}
