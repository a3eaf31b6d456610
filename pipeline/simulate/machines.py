"""How machines come to have credentials: builds, functions, instances, services, vendors."""

from __future__ import annotations

from pipeline.simulate import identity
from pipeline.simulate.credentials import (
    Opening,
    assume_across,
    grant_role,
    hand_out,
    own_role,
    service_session,
    standing_role,
    use_grant,
)
from pipeline.simulate.identity import Role
from pipeline.simulate.inventory import GLOBAL
from pipeline.simulate.lineage import Lineage
from pipeline.simulate.organisation import Account, Actor, public_ip
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

_EARLY = 7200.0  # seconds from the trail's start in which older sessions are met
_WORKLOADS = frozenset(
    {
        "ec2.amazonaws.com",
        "lambda.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "codebuild.amazonaws.com",
    }
)
"""Services whose role sessions are named after the instance, function, task or build."""

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


def open_oidc(world: World, actor: Actor, account: Account) -> Opening:
    """Trade a build's OpenID Connect token for a role."""
    provider = f"arn:aws:iam::{account.id}:oidc-provider/{_GITHUB}"
    subject = f"repo:example-org/{actor.team}-service:ref:refs/heads/main"
    role = own_role(world, actor, account.id, f"{actor.team}-github-deploy")
    grant = grant_role(world, role, "GitHubActions", 3600)
    ip = public_ip(world.random)
    door = Session(
        account=account.id,
        region=account.home,
        identity=identity.web_identity_user(provider, subject),
        ip=ip,
        agent=_ACTIONS_AGENT,
        principal=subject,
        lineage=Lineage((f"{provider}/{subject}",), "web_identity_user"),
    )
    extra = {**grant, "provider_arn": provider, "subject": subject}
    call = world.actions["sts.AssumeRoleWithWebIdentity"]
    region = GLOBAL if world.random.random() < 0.3 else ""
    events = hand_out(world, call, door, extra, region)
    yield 2.0
    return use_grant(
        world,
        role,
        grant,
        door.lineage,
        "AssumeRoleWithWebIdentity",
        events,
        region=account.home,
        ip=ip,
        agent=actor.agent,
        is_cli=actor.agent.startswith("aws-cli"),
        identity_json=identity.assumed_role(
            role,
            "GitHubActions",
            grant["access_key"],
            grant["created"],
            federated_provider=provider,
        ),
    )


def open_crossaccount(world: World, actor: Actor, account: Account) -> Opening:
    """Go from the build role of the tooling account to the deploy role of the target."""
    tooling = world.organisation.tooling
    build = yield from _by_service(
        world,
        tooling,
        standing_role(world, tooling, "pipeline-build"),
        "codebuild.amazonaws.com",
        f"AWSCodeBuild-{world.ids.uuid()}",
        seconds=3600,
        agent=_LAMBDA_AGENT.replace("AWS_Lambda_python3.12", "AWS_ECS_EC2"),
    )
    target = standing_role(world, account, "pipeline-deploy")
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
    """Let an AWS service hand a role's credentials to what runs on it.

    Some of those in use as the trail begins were handed out before it.
    """
    where = region or account.home
    is_early = world.now < world.start + _EARLY and world.random.random() < 0.3
    ago = world.random.random() * seconds / 2 + 60 if is_early else 0.0
    grant = grant_role(world, role, session_name, seconds, ago)
    door = service_session(account, where, service)
    shared = {"shared": f',"sharedEventID":"{world.ids.uuid()}"'}
    call = world.actions["sts.AssumeRole"]
    events = () if is_early else hand_out(world, call, door, {**grant, **shared})
    yield 1.0
    return use_grant(
        world,
        role,
        grant,
        door.lineage,
        "AssumeRole",
        events,
        region=where,
        ip=service if linked else ip or public_ip(world.random),
        agent=service if linked else agent,
        is_inside=linked,
        vpce=vpce,
        workload=session_name if service in _WORKLOADS else "",
        identity_json=identity.assumed_role(
            role,
            session_name,
            grant["access_key"],
            grant["created"],
            invoked_by=service if linked else "",
            is_ec2=service == "ec2.amazonaws.com",
        ),
    )


def open_lambda(world: World, actor: Actor, account: Account) -> Opening:
    role = own_role(world, actor, account.id, f"{actor.name}-exec", "/service-role/")
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


def open_ec2(world: World, actor: Actor, account: Account) -> Opening:
    role = own_role(world, actor, account.id, f"{actor.name}-instance")
    instance = "i-0" + actor.user_id.replace("-", "")[:16]
    return _inside_vpc(world, actor, account, role, "ec2.amazonaws.com", instance, _SERVER_AGENT)


def open_ecs(world: World, actor: Actor, account: Account) -> Opening:
    role = own_role(world, actor, account.id, f"{actor.name}-task")
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


def open_glue(world: World, actor: Actor, account: Account) -> Opening:
    role = own_role(world, actor, account.id, f"{actor.name}-job", "/service-role/")
    return _by_service(
        world,
        account,
        role,
        "glue.amazonaws.com",
        "GlueJobRunnerSession",
        seconds=3600,
        agent=_GLUE_AGENT,
    )


def open_linked(world: World, actor: Actor, account: Account) -> Opening:
    service = actor.persona.service
    path = f"/aws-service-role/{service}/"
    role = own_role(world, actor, account.id, actor.persona.linked_role, path)
    name = service.partition(".")[0].capitalize() + "Session"
    return _by_service(
        world, account, role, service, name, seconds=3600, agent=service, linked=True
    )


def open_service(world: World, actor: Actor, account: Account) -> Opening:
    """Act as an AWS service itself, which needs no credentials."""
    organisation = world.organisation
    session = service_session(account, world.random.choice(account.regions), actor.persona.service)
    session.expires = world.now + 3600
    session.values.update(
        log_bucket=organisation.log_bucket,
        log_account=organisation.log_account.id,
        service_identity=identity.aws_internal(account.id, actor.persona.service),
    )
    return session
    yield 0.0


def open_vendor(world: World, actor: Actor, account: Account) -> Opening:
    """Let a vendor's account take its role here; only our side of the call is ours to see."""
    role = standing_role(world, account, "PostureScannerReadOnly")
    name = f"scan-{world.ids.uuid()}"
    grant = grant_role(world, role, name, 3600)
    vendor = world.organisation.vendor
    agent = "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.15.0 lang/python#3.10.12"
    door = Session(
        account=account.id,
        region=GLOBAL,
        identity=identity.aws_account(vendor, f"AROA{actor.user_id[:8].upper()}XSCANNER9:{name}"),
        ip=actor.ip,
        agent=agent,
        principal=f"arn:aws:sts::{vendor}:assumed-role/scanner/{name}",
        lineage=Lineage((f"account:{vendor}",), "account"),
    )
    shared = {"shared": f',"sharedEventID":"{world.ids.uuid()}"'}
    extra = {**grant, **shared, "external_id": actor.user_id}
    events = hand_out(world, world.actions["sts.AssumeRoleExternal"], door, extra)
    yield 1.0
    return use_grant(
        world,
        role,
        grant,
        door.lineage,
        "AssumeRole",
        events,
        region=world.random.choice((*account.regions, account.home)),
        ip=actor.ip,
        agent=agent,
        identity_json=identity.assumed_role(role, name, grant["access_key"], grant["created"]),
    )
