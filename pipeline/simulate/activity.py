"""A piece of work by one actor, call after call, as a generator that the schedule resumes."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from pipeline.simulate.access import open_session
from pipeline.simulate.catalogue import Persona, Step, Workflow
from pipeline.simulate.credentials import forward
from pipeline.simulate.inventory import Resource
from pipeline.simulate.organisation import Actor
from pipeline.simulate.session import Session
from pipeline.simulate.world import World

_ELSEWHERE = 0.5
_FORWARDED = 0.5
_INSIGHTS = (
    ("ec2.amazonaws.com", "RunInstances"),
    ("ec2.amazonaws.com", "TerminateInstances"),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
    ("ssm.amazonaws.com", "UpdateInstanceInformation"),
)


def work(world: World, actor: Actor) -> Iterator[float]:
    """Do one of the things the actor does; yields the seconds until it goes on."""
    session = yield from open_session(world, actor)
    workflow = _choose(world, actor.persona)
    focus: dict[str, Resource] = {}
    if actor.persona.name == "insights":
        session.values.update(_unusual(world))
    for step in workflow.steps:
        for turn in range(_times(world, step)):
            _call(world, session, step, focus, turn)
            yield -log(1 - world.random.random()) * workflow.pace


def _choose(world: World, persona: Persona) -> Workflow:
    weights = [workflow.weight for workflow in persona.workflows]
    return world.random.choices(persona.workflows, weights)[0]


def _times(world: World, step: Step) -> int:
    if step.chance < 1 and world.random.random() >= step.chance:
        return 0
    if step.low == step.high:
        return step.low
    return step.low + int(world.random.random() * (step.high - step.low + 1))


def _call(
    world: World, session: Session, step: Step, focus: dict[str, Resource], turn: int
) -> None:
    # Asked again, a question is about the same thing or about another one.
    elsewhere = turn and step.action.is_read and world.random.random() < _ELSEWHERE
    world.emit(step.action, session, {} if elsewhere else focus)
    if step.action.forwards and session.is_role and world.random.random() < _FORWARDED:
        service = forward(world, session, step.action.source)
        for name in step.action.forwards:
            world.emit(world.actions[name], service, focus)


def _unusual(world: World) -> dict[str, str]:
    source, name = world.random.choice(_INSIGHTS)
    return {
        "insight_source": source,
        "insight_name": name,
        "insight_id": world.ids.uuid(),
    }
