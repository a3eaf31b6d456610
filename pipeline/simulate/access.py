"""How actors come to have credentials: what they still have, or the way of their persona."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.simulate import machines, people
from pipeline.simulate.credentials import Opening, renew
from pipeline.simulate.organisation import Account, Actor
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

_SPARE = 900.0  # seconds a session must still last to be worth using
_RENEWED = 0.6  # how often the console has got a new key meanwhile


def open_session(world: World, actor: Actor) -> Opening:
    """Sign the actor in the way its persona does, or go on with what it still has."""
    account = _choose(world, actor)
    kept = actor.sessions.get(account.id)
    if kept and kept.expires > world.now + _SPARE:
        if kept.is_renewed and world.random.random() < _RENEWED:
            kept = actor.sessions[account.id] = renew(world, kept)
        return _furnish(kept, actor, account)
    session = yield from _OPENERS[actor.persona.opens](world, actor, account)
    _furnish(session.bear(actor.persona), actor, account)
    actor.sessions = {
        key: old for key, old in actor.sessions.items() if old.expires > world.now + _SPARE
    }
    actor.sessions[account.id] = session
    return session


def _furnish(session: Session, actor: Actor, account: Account) -> Session:
    """Return it with what calls say of who makes them."""
    session.values.setdefault("team", account.team)
    session.values.setdefault("who", actor.name.partition("@")[0])
    return session


def _choose(world: World, actor: Actor) -> Account:
    if len(actor.accounts) == 1:
        return actor.accounts[0]
    # People mostly stay where they are signed in.
    if actor.sessions and not actor.persona.wide and world.random.random() < 0.8:
        last = next(reversed(actor.sessions))
        return next(account for account in actor.accounts if account.id == last)
    return world.random.choice(actor.accounts)


_OPENERS: dict[str, Callable[[World, Actor, Account], Opening]] = {
    "sso": people.open_sso,
    "console": people.open_console,
    "key": people.open_key,
    "root": people.open_root,
    "oidc": machines.open_oidc,
    "crossaccount": machines.open_crossaccount,
    "lambda": machines.open_lambda,
    "ec2": machines.open_ec2,
    "ecs": machines.open_ecs,
    "glue": machines.open_glue,
    "linked": machines.open_linked,
    "service": machines.open_service,
    "vendor": machines.open_vendor,
}
