"""A row of the real models is the same however many days are built together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.models import reference_tables
from pipeline.models.model import Model
from pipeline.models.run import BuildOptions, build
from pipeline.simulate import Plan, simulate
from tests.events import gzipped, take_in, trail_name
from tests.models.building import contents
from tests.models.mart import all_models, fill
from tests.models.stories import NOON, Record, Story, account_of

START = NOON.replace(hour=0)
DAYS = [START.date() + timedelta(n) for n in range(6)]
LOOKING_AROUND = [model.name for model in all_models() if model.lookback or model.lookahead]


def _neighbours() -> Iterator[Record]:
    """Yield events tied to those of other days, some near enough to be looked at, some not."""
    story = Story("neighbours", "Days look at their neighbours.", 1)
    ada, door, hall = story.user(), story.role("door"), story.role("hall")
    story.assume(ada, door, "ada", story.key(1))
    story.assume(ada, hall, "ada", story.key(2))
    story.call(hall.session("ada", story.key(2)), 60)
    for day in (0, 1, 4, 5):
        seconds = day * 86_400 + 120
        caller = door.session("ada", story.key(1))
        story.call(caller, seconds, eventName="DeleteUser", errorCode="AccessDenied")
        story.call(ada, seconds, sharedEventID="one call on all days")
        copy, room = account_of(hall.session("ada", "")), story.role("room", 1)
        story.assume(copy, room, "ada", story.key(10 + day), seconds, account=room.account)
        for original in (str(story.records[0]["eventID"]), "never delivered"):
            addendum = {"reason": "UPDATED_DATA", "originalEventID": original}
            story.call(ada, seconds, addendum=addendum)
    return iter(story.records)


def _lake(folder: Path) -> Lake:
    """Make a lake of simulated days, whose sessions go on past midnight, and such events."""
    simulate(Plan(accounts=3, seed=9, start=START, days=2.5, events=900, late=0.1), folder / "logs")
    lake = open_lake(str(folder / "lake"), create=True)
    take_in(lake, {f"/{p.name}": p.read_bytes() for p in (folder / "logs").rglob("*.json.gz")})
    take_in(lake, {trail_name(1): gzipped(*_neighbours())})
    return lake


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give every table made of all days at once, in sight of all of them."""
    connection = fill(_lake(tmp_path_factory.mktemp("chunks")))
    connection.execute("create schema alone")
    connection.execute("set search_path = 'alone,main'")
    return connection


def _alone(connection: duckdb.DuckDBPyConnection, model: Model, day: date) -> Sequence[object]:
    """Return a model's rows of a day, in sight of the days that it asks for and no other."""
    for source, reach in all_models().reaches(model.name).items():
        if all_models().is_daily(source):
            first, last = day - timedelta(reach.back), day + timedelta(reach.ahead)
            connection.execute(
                f"create or replace view alone.{source} as from main.{source} "
                f"where event_date between date '{first}' and date '{last}'"
            )
    for view in all_models().views(model.name):
        connection.execute(f"create or replace view alone.{view} as {all_models()[view].sql}")
    rows = f"select * from ({model.sql}) as made where {model.day} = date '{day}'"
    return connection.execute(rows).fetchall()


@pytest.mark.parametrize("name", LOOKING_AROUND)
def test_a_day_alone_has_the_rows_it_has_among_all(
    marts: duckdb.DuckDBPyConnection, name: str
) -> None:
    """What looks around itself sees its neighbours by date, not all that happen to be there."""
    model = all_models()[name]
    alone = [row for day in DAYS for row in _alone(marts, model, day)]
    together = marts.execute(f"from main.{name}").fetchall()
    assert sorted(map(repr, alone)) == sorted(map(repr, together))


@pytest.mark.soak
def test_builds_of_few_rows_at_a_time_equal_one_of_all(tmp_path: Path) -> None:
    """The runner makes the same tables of days a few at a time as at once."""
    lake, models, references = _lake(tmp_path), all_models(), reference_tables({})
    names = [model.name for model in models if model.materialize == "daily"]
    assert build(lake, models, references, BuildOptions(run_rows=1_000_000_000)).is_good
    together = {name: contents(lake, name) for name in names}
    assert build(lake, models, references, BuildOptions(names, full=True, run_rows=300)).is_good
    assert {name: contents(lake, name) for name in names} == together
