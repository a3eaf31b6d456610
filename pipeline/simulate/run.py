"""A simulation from plan to files: actors act, records are delivered, the truth is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from pipeline.errors import UsageError
from pipeline.simulate.catalogue import load_catalogue
from pipeline.simulate.deliver import Delivery
from pipeline.simulate.event import Event
from pipeline.simulate.ids import Ids
from pipeline.simulate.keys import KEYS, RowWriter
from pipeline.simulate.lineage import SCHEMA, SESSIONS_FILE, Grant
from pipeline.simulate.organisation import found
from pipeline.simulate.plan import Plan, check_plan
from pipeline.simulate.schedule import Schedule
from pipeline.simulate.truth import FILE, KEYS_FILE, Tally, Truth, write_truth
from pipeline.simulate.world import World


class Scenario(Protocol):
    """Something that happens beside the usual, through World.emit with a label.

    start is in seconds after the plan's start. act is resumed after each number of seconds it
    yields. Its events come on top of the plan's.
    """

    @property
    def start(self) -> float:
        """When it begins."""
        ...

    def act(self, world: World) -> Iterator[float]:
        """Yield the seconds to wait before going on."""
        ...


def run(
    plan: Plan,
    out: Path,
    progress: Callable[[int], None] | None = None,
    scenarios: Sequence[Scenario] = (),
) -> Truth:
    """Write a plan's trail to a folder; see pipeline.simulate.simulate."""
    check_plan(plan)
    _claim(out)
    random = Random(plan.seed)
    ids = Ids(random)
    catalogue = load_catalogue()
    organisation = found(plan, catalogue, random, ids)
    tally = Tally()
    delivery = Delivery(plan, out, organisation.id, random, ids, tally.see_object)
    with (
        RowWriter(out / KEYS_FILE, KEYS) as keys,
        RowWriter(out / SESSIONS_FILE, SCHEMA) as sessions,
    ):

        def take(event: Event) -> None:
            tally.see(event)
            keys.add(event.account, event.event_id)
            delivery.add(event)

        def grant(granted: Grant) -> None:
            sessions.add(*granted)

        world = World(plan, catalogue, organisation, random, ids, take, grant)
        schedule = Schedule(plan, world, organisation.actors)
        for scenario in scenarios:
            schedule.add(plan.start.timestamp() + scenario.start, scenario.act(world))

        def tick(now: float) -> None:
            delivery.advance(now)
            if progress:
                progress(world.emitted)

        schedule.run(tick)
        delivery.finish()
    truth = tally.conclude(delivery.doubled)
    write_truth(truth, out)
    return truth


def _claim(out: Path) -> None:
    """Refuse a folder that holds a trail already: its records would not be in the truth."""
    for name in ("AWSLogs", FILE, KEYS_FILE, SESSIONS_FILE):
        if (out / name).exists():
            raise UsageError(
                f"cannot simulate into {out}: it has {name} already",
                "name an empty folder, or remove what is there",
            )
    out.mkdir(parents=True, exist_ok=True)
