"""Building what is new comes to the same as building everything, however events arrive."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.lake.compact import CompactOptions, compact, plan_groups
from pipeline.lake.derived import derived_view, list_derived
from pipeline.models.graph import Models
from tests.lakerows import Row, at, event
from tests.models.building import add, lake_of, read_models, run, tables

DAYS = (0, 1, 2, 5, 28, 29, 30, 31, 33)
"""Days of two months, some of them neighbours."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Return models of every kind."""
    return read_models(tmp_path_factory.mktemp("models"))


def _row(number: int, day: int, action: str, size: int, account: str) -> Row:
    moment = at(day, hour=size, minute=number % 60)
    names = {"eventname": action, "event_key": size, "recipientaccountid": account}
    return event(moment, number, **names)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[list[Row]], list[bool]]:
    """Draw batches of events, late ones among them, and after which of them to build."""
    facts = st.tuples(
        st.sampled_from(DAYS), st.sampled_from("AB"), st.integers(0, 9), st.sampled_from("123")
    )
    drawn = draw(st.lists(facts, min_size=3, max_size=14))
    rows = [_row(n, *fact) for n, fact in enumerate(drawn)]
    batches: list[list[Row]] = [[] for _ in range(draw(st.integers(2, 3)))]
    for row in rows:
        draw(st.sampled_from(batches)).append(row)
    batches = [batch for batch in batches if batch]
    return batches, draw(st.lists(st.booleans(), min_size=len(batches), max_size=len(batches)))


def _check_splits(models: Models, history: tuple[list[list[Row]], list[bool]], size: int) -> None:
    batches, builds = history
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growing = lake_of(folder / "growing")
        for batch, is_built in zip(batches, builds, strict=True):
            add(growing, batch)
            if is_built:
                run(growing, models, run_rows=size)
        run(growing, models)
        whole = lake_of(folder / "whole", [row for batch in batches for row in batch])
        run(whole, models)
        assert tables(growing) == tables(whole)


def test_building_as_events_arrive_equals_building_once(models: Models) -> None:
    """Built after some of the batches, few rows at a time, the tables hold what one build gives.

    Late events come to days that are built, to their neighbours and to a month that was done,
    and one batch is built with the next.
    """
    batches = [
        [(0, "A", 1, "1"), (1, "B", 2, "2"), (28, "A", 9, "3"), (30, "B", 3, "1")],
        [(0, "B", 7, "3"), (2, "A", 8, "1"), (29, "A", 0, "2"), (31, "B", 4, "1")],
        [(1, "A", 6, "1"), (30, "A", 9, "3"), (5, "A", 1, "1"), (33, "B", 5, "2")],
    ]
    numbers = count()
    rows = [[_row(next(numbers), *fact) for fact in batch] for batch in batches]
    _check_splits(models, (rows, [True, False, True]), 4)


@pytest.mark.soak
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=_histories(), size=st.sampled_from([1, 1_000_000]))
def test_building_at_random_equals_building_once(
    models: Models, history: tuple[list[list[Row]], list[bool]], size: int
) -> None:
    """The same of histories that are split at random."""
    _check_splits(models, history, size)


def _facts(*days: int) -> list[Row]:
    return [
        _row(100 * day + n, day, action, (day + n) % 10, str(1 + n % 2))
        for day in days
        for n, action in enumerate("ABA")
    ]


def test_only_days_that_depend_on_new_events_are_built(models: Models, tmp_path: Path) -> None:
    """A late event rebuilds its day and those that look at it, and no other."""
    lake = lake_of(tmp_path / "lake", _facts(0, 1, 2, 3, 4, 5, 6))
    run(lake, models)
    add(lake, [_row(999, 2, "B", 1, "1")])
    built = run(lake, models)
    assert [day.day for day in built["pairs"].days] == [2, 3, 4, 5]
    assert [day.day for day in built["near_days"].days] == [2, 3, 4, 5, 6]
    assert [day.day for day in built["actions"].days] == [3]


@pytest.mark.soak
def test_compaction_is_no_news(models: Models, tmp_path: Path) -> None:
    """After compaction nothing is built; after later events, only what those touch."""
    lake = lake_of(tmp_path / "lake", *(_facts(0, 1)[n : n + 1] for n in range(6)))
    run(lake, models)
    groups = plan_groups(lake, CompactOptions(min_files=2))
    assert all(compact(lake, group).is_done for group in groups)
    assert {result.state for result in run(lake, models).values()} <= {"current", "view"}
    add(lake, _facts(9))
    assert [day.day for day in run(lake, models)["actions"].days] == [10]


@pytest.mark.soak
def test_compaction_does_not_hide_what_was_not_built(models: Models, tmp_path: Path) -> None:
    """Events that were compacted before they were built are still new."""
    lake = lake_of(tmp_path / "lake", _facts(0, 1)[:3])
    run(lake, models)
    add(lake, [_row(7, 0, "B", 3, "1")])
    for group in plan_groups(lake, CompactOptions(min_files=2)):
        assert compact(lake, group).is_done
    assert run(lake, models)["actions"].state == "built"


@pytest.mark.soak
def test_days_outside_a_range_wait(models: Models, tmp_path: Path) -> None:
    """What --from and --to leave out is built by the next build, and then all is as it is."""
    lake = lake_of(tmp_path / "lake", _facts(0, 1, 2, 3))
    day = at(1).date()
    built = run(lake, models, first=day, last=day)
    assert built["pairs"].days == [day]
    assert "left for later" in built["pairs"].reason
    run(lake, models)
    whole = lake_of(tmp_path / "whole", _facts(0, 1, 2, 3))
    run(whole, models)
    assert tables(lake) == tables(whole)
    assert {result.state for result in run(lake, models).values()} <= {"current", "view"}


def test_what_came_out_as_it_was_is_no_news(models: Models, tmp_path: Path) -> None:
    """A late event that changes no row of a model leaves alone what depends on that model."""
    lake = lake_of(tmp_path / "lake", _facts(0, 1, 2))
    run(lake, models, select=["+near_days"])
    before = {name: derived_view(lake, name).snapshot_id for name in list_derived(lake)}
    add(lake, [_row(999, 1, "C", 1, "1")])
    built = run(lake, models, select=["+near_days"])
    assert [day.day for day in built["pairs"].days] == [1, 2, 3]
    assert [day.day for day in built["near_days"].days] == [2, 3]
    assert derived_view(lake, "near_days").snapshot_id == before["near_days"]
    assert derived_view(lake, "pairs").snapshot_id != before["pairs"]
    again = run(lake, models, select=["+near_days"])
    assert {result.state for result in again.values()} <= {"current", "view"}
