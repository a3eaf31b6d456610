"""The parts: templates, identifiers, rhythms, the catalogue and bounded delivery."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from pipeline.simulate.catalogue import Action, load_catalogue
from pipeline.simulate.deliver import Delivery
from pipeline.simulate.event import Event
from pipeline.simulate.ids import Ids
from pipeline.simulate.inventory import Inventory, Resource
from pipeline.simulate.organisation import found
from pipeline.simulate.plan import Plan
from pipeline.simulate.rhythm import share, week
from pipeline.simulate.schedule import Schedule
from pipeline.simulate.scope import Scope, write_moment
from pipeline.simulate.session import Session
from pipeline.simulate.template import compile_json, escape
from pipeline.simulate.world import World


def _world(events: list[Event]) -> World:
    plan = Plan(accounts=2)
    random = Random(3)
    ids = Ids(random)
    catalogue = load_catalogue()
    return World(plan, catalogue, found(plan, catalogue, random, ids), random, ids, events.append)


def test_a_value_with_quotes_stays_inside_its_string() -> None:
    """An escaped value put into a compiled template leaves valid JSON."""
    template = compile_json('{"name": "<who>", "n": "<#int:1-2>", "share": "5%"}')
    filled = template % {"who": escape('Zoë "the \\ cat"\n'), "int:1-2": "2"}
    assert json.loads(filled) == {"name": 'Zoë "the \\ cat"\n', "n": 2, "share": "5%"}


def test_identifiers_have_the_asked_length_across_pools() -> None:
    """Identifiers are whole where one pool of text ends and the next begins."""
    ids = Ids(Random(1))
    assert all(len(ids.hex(17)) == 17 for _ in range(10_000))
    assert len({ids.uuid() for _ in range(10_000)}) == 10_000


def test_a_moment_reads_as_in_responses() -> None:
    """Midnight and noon are 12, and the day has no leading zero."""
    assert write_moment(0) == "Jan 1, 1970, 12:00:00 AM"
    assert write_moment(43_261) == "Jan 1, 1970, 12:01:01 PM"


def test_schedulers_start_at_the_hour() -> None:
    """An hourly job's work is in the first five minutes, and adds up to the hour's."""
    assert share("hourly", True) * 5 + share("hourly", False) * 55 == 60
    assert week("office", 0)[5 * 24 + 12] < week("office", 0)[12]


@pytest.mark.parametrize("action", load_catalogue().actions.values(), ids=lambda a: a.id)
def test_every_action_fills_in_to_a_record(action: Action) -> None:
    """Each action of the catalogue gives valid JSON, worked and refused, inside and outside."""
    catalogue = load_catalogue()
    random = Random(1)
    inventory = Inventory(catalogue, random, Ids(random))
    for form in {
        action.forms.worked,
        action.forms.worked_inside,
        action.forms.refused,
        action.forms.refused_inside,
    }:
        scope = Scope(inventory, "123456789012", "eu-west-1", 1_700_000_000.0, {})
        scope.update(_SESSION)
        record = json.loads(form % scope)
        assert record["eventID"] == "id"
        assert record["eventVersion"] in {"1.08", "1.09", "1.10", "1.11"}


_GIVEN = (
    "agent ip session_token command vpce shared addendum console access_key assumed_arn "
    "expiration role_arn role_id role_account role_session source_identity external_id "
    "provider_arn provider_token subject mfa_serial permission_set member_account sso_instance "
    "switch_from federated_name federated_arn mfa_used log_bucket log_account insight_source "
    "insight_name insight_id team who principal principal_id error_code error_message time "
    "recipient request_id"
)
_SESSION = {
    **dict.fromkeys(_GIVEN.split(), ""),
    "identity": "{}",
    "service_identity": "{}",
    "event_id": "id",
    "duration": "900",
    "recipient": "123456789012",
}


def test_a_call_that_fails_changes_nothing() -> None:
    """A refused CreateBucket leaves no bucket behind, an allowed one does."""
    events: list[Event] = []
    world = _world(events)
    account = world.organisation.accounts[1]
    session = Session(account.id, account.home, '{"type":"Unknown"}', "192.0.2.1", "x", "arn")
    for denied, worked in ((1.0, False), (0.0, True)):
        session.denied = denied
        focus: dict[str, Resource] = {}
        world.emit(world.actions["s3.CreateBucket"], session, focus, succeeds=worked)
        record = json.loads(events[-1].text)
        assert ("errorCode" not in record) is worked
        assert ("bucket" in focus) is worked
        gone = world.emit(world.actions["s3.DeleteBucket"], session, succeeds=True)
        assert (gone is not None) is worked


def test_open_objects_stay_bounded(tmp_path: Path) -> None:
    """However dense the events, what waits for delivery stays under a fixed number."""
    random = Random(1)
    held: list[int] = []
    delivery = Delivery(
        Plan(duplicates=0.0), tmp_path, "o-x", random, Ids(random), lambda r, i, s: held.append(r)
    )
    for index in range(120_000):
        account = f"{index % 40:012}"
        delivery.add(Event("{}", 1_700_000_000, account, "eu-west-1", str(index), "s", "n"))
        if index % 1000 == 0:
            assert index - sum(held) <= 50_000
    delivery.finish()
    assert sum(held) == 120_000
    assert max(held) <= 2_000


def test_events_come_as_the_time_goes_on() -> None:
    """Events leave one by one in order of time; nothing is kept to be sorted."""
    events: list[Event] = []
    world = _world(events)
    schedule = Schedule(Plan(accounts=2, events=500, days=0.2), world, world.organisation.actors)
    seen: list[int] = []

    def tick(now: float) -> None:
        seen.append(len(events))

    schedule.run(tick)
    assert [e.time for e in events] == sorted(e.time for e in events)
    assert len(set(seen)) > 20


def test_something_extra_runs_beside_the_plan() -> None:
    """What is added to a schedule runs at its time."""
    events: list[Event] = []
    world = _world(events)
    plan = Plan(accounts=2, events=50, days=0.2)
    schedule = Schedule(plan, world, world.organisation.actors)
    times: list[float] = []

    def extra() -> Iterator[float]:
        times.append(world.now)
        yield 120.0
        times.append(world.now)

    schedule.add(plan.start.timestamp() + 60, extra())
    schedule.run(lambda now: None)
    assert times == [plan.start.timestamp() + 60, plan.start.timestamp() + 180]
