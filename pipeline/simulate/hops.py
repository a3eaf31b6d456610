"""How people go on from the role they have: chains over accounts, in company, and as root."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.simulate import identity
from pipeline.simulate.credentials import (
    Opening,
    assume_across,
    hand_out,
    own,
    refuse_across,
    standing_role,
    switch_role,
)
from pipeline.simulate.identity import Role
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.scope import write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.world import World


def chain(world: World, actor: Actor, session: Session) -> Opening:
    """Go on from a person's session to a role in another account, who it is kept as source."""
    others = [a for a in world.organisation.accounts if a.id != session.account]
    if not others:
        return session
    target = world.random.choice(others)
    who = _who(actor)
    if world.random.random() < 0.2:
        refuse_across(world, session, standing_role(world, target, "Auditor"))
        yield 3.0
    if session.is_console:
        role = standing_role(world, target, "OperationsConsole")
        return (yield from switch_role(world, session, role, target, who))
    role = standing_role(world, target, "BreakGlassOperator")
    if world.random.random() < 0.25:
        _accompany(world, actor, role, target)
    name = "break-glass" if world.random.random() < 0.3 else f"{who}-{world.ids.hex(6)}"
    hop = yield from _assume_as(world, session, role, target, name, who)
    further = [a for a in others if a.id != target.id]
    if further and world.random.random() < 0.3:
        last = world.random.choice(further)
        role = standing_role(world, last, "BreakGlassAuditor")
        hop = yield from _assume_as(world, hop, role, last, name, who)
    return hop


def switch_on(world: World, actor: Actor, session: Session, name: str) -> Opening:
    """Go on from an IAM user's console session to a role of another account, always the same."""
    others = [a for a in world.organisation.accounts if a.id != session.account]
    if not others:
        return session
    target = others[int(actor.user_id[2], 16) % len(others)]
    role = standing_role(world, target, "OperationsConsole")
    return (yield from switch_role(world, session, role, target, name))


def _assume_as(
    world: World, session: Session, role: Role, account: Account, name: str, who: str
) -> Opening:
    extra = {"source_identity": who}
    return assume_across(world, session, role, account, name, "sts.AssumeRoleAs", extra)


def _accompany(world: World, actor: Actor, role: Role, account: Account) -> None:
    """Let a second person take the same role in the same second, under a name that both may use."""
    for other in world.organisation.actors:
        place, here = next(iter(other.sessions.items()), ("", None))
        is_ready = (
            other is not actor
            and other.persona.opens == "sso"
            and here is not None
            and not here.is_console
            and here.account != account.id
            and here.expires > world.now
        )
        if is_ready and here is not None:
            opening = _assume_as(world, here, role, account, "break-glass", _who(other))
            other.sessions[place] = _finish(opening).bear(other.persona)
            return


def _finish(opening: Opening) -> Session:
    """Run an opening to its end without letting time pass."""
    while True:
        try:
            next(opening)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]  # what an Opening returns


def _who(actor: Actor) -> str:
    return actor.name.partition("@")[0].encode("ascii", "ignore").decode()


def take_root(world: World, session: Session) -> Iterator[float]:
    """Take a member account's root for a task, as central root access allows, and do it."""
    members = [a for a in world.organisation.accounts if a.id != session.account]
    if not members:
        return
    member = world.random.choice(members)
    token = {
        "duration": "900",
        "access_key": world.ids.access_key(),
        "expiration": write_moment(world.now + 900),
        "member_account": member.id,
    }
    events = hand_out(world, world.actions["sts.AssumeRoot"], session, token)
    created, at = world.clock(), world.now
    yield 2.0
    arn = f"arn:aws:iam::{member.id}:root"
    root = Session(
        account=member.id,
        region=member.home,
        identity=identity.assumed_root(member.id, token["access_key"], created),
        ip=session.ip,
        agent=session.agent,
        principal=arn,
        access_key=token["access_key"],
        expires=world.now + 900,
        is_cli=session.is_cli,
        values={"principal_id": member.id},
    )
    own(world, root, session.lineage, arn, "AssumeRoot", events, at)
    world.emit(world.actions["s3.GetBucketPolicy"], root)
    yield 6.0
    world.emit(world.actions["iam.GetAccountSummary"], root)
    yield 4.0
