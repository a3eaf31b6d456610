"""Updates and shared events: what is one event, or one call, is counted as one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.iam.actions import action_table
from tests.models.views import FACTS, open_views, rows_of

A, B = "111111111111", "222222222222"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fact(name: str, *, original: str = "", day: float = 0, **columns: Any) -> dict[str, Any]:
    """Return a row of the facts; an original makes it an update of that event."""
    moment = NOON + timedelta(days=day)
    addendum = {"reason": "UPDATED_DATA", "originaleventid": original} if original else None
    return {
        "eventid": name,
        "recipientaccountid": A,
        "event_time": moment,
        "event_date": moment.date(),
        "addendum": addendum,
    } | columns


def read(sql: str, *facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a query yields over facts."""
    connection = _views()
    connection.register("cloudtrail_logs", pa.Table.from_pylist(list(facts), schema=FACTS))
    return rows_of(connection, sql)


@cache
def _views() -> Any:
    no_actions = action_table().slice(0, 0)
    return open_views(FACTS.empty_table(), ["shared_events"], iam_actions=no_actions)


def counted(*facts: dict[str, Any]) -> list[str]:
    """Return the ids of the events that count."""
    return [
        row["event_id"] for row in read("from events where is_counted order by event_id", *facts)
    ]


def test_an_update_leaves_the_count_to_its_original() -> None:
    """The original counts whether it is before, after or a day apart from its update."""
    assert counted(fact("o"), fact("u", original="o")) == ["o"]
    assert counted(fact("u", original="o"), fact("o")) == ["o"]
    assert counted(fact("u", original="o", day=1), fact("o")) == ["o"]
    assert counted(fact("u", original="o"), fact("o", day=1)) == ["o"]


def test_an_update_without_its_original_counts() -> None:
    """An event whose original was never delivered is counted, once over all its versions."""
    assert counted(fact("u", original="o")) == ["u"]
    assert counted(fact("v", original="o"), fact("u", original="o")) == ["u"]
    assert counted(fact("u", original="o", day=1), fact("v", original="o")) == ["v"]


def test_an_update_that_comes_on_two_days_counts_on_one() -> None:
    """One id with times on two days is two rows of the facts, of which the first one counts."""
    sql = "select event_date from events where is_counted"
    twice = [fact("u", original="o", day=day) for day in (0, 1)]
    assert read(sql, *twice) == [{"event_date": NOON.date()}]


def test_ids_are_of_their_account() -> None:
    """An event of the same id in another account's trail is no original."""
    assert counted(fact("o", recipientaccountid=B), fact("u", original="o")) == ["o", "u"]
    assert counted(
        fact("o", recipientaccountid=None), fact("u", original="o", recipientaccountid=None)
    ) == ["o"]


def test_updates_that_name_each_other_or_themselves_count_once() -> None:
    """A record may claim anything; still something is left to count."""
    assert counted(fact("u", original="u")) == ["u"]
    assert counted(fact("u", original="v"), fact("v", original="u")) == ["u"]
    assert counted(fact("o"), fact("u", original="o"), fact("v", original="u")) == ["o"]


def test_other_addenda_are_ordinary_events() -> None:
    """What was only late, or names no original, counts."""
    late = {"reason": "DELIVERY_DELAY", "originaleventid": "o"}
    bare = {"reason": "UPDATED_DATA", "originaleventid": None}
    assert counted(fact("o"), fact("l", addendum=late), fact("b", addendum=bare)) == ["b", "l", "o"]


def test_no_update_is_compared_with_all_others() -> None:
    """Updates meet events by an event's id, never by account alone: that is each with each."""
    connection = _views()
    [(_, plan)] = connection.sql("explain (format json) from event_updates").fetchall()
    joins = [node for node in _nodes(json.loads(plan)) if "JOIN" in node["name"]]
    assert joins
    for join in joins:
        conditions = join["extra_info"]["Conditions"]
        listed = [conditions] if isinstance(conditions, str) else conditions
        assert any("event_id = " in condition for condition in listed), listed


def _nodes(plan: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in plan:
        yield node
        yield from _nodes(node["children"])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from([A, B])),
        min_size=1,
        max_size=12,
        unique=True,
    ),
    st.randoms(use_true_random=False),
)
def test_what_counts_is_the_distinct_originals(
    versions: list[tuple[int, int, str]], random: Any
) -> None:
    """Version 0 of an event is the original, others update it: each event counts once."""
    facts = [
        fact(
            f"{event}-{version}",
            original=f"{event}-0" if version else "",
            day=version / 4,
            recipientaccountid=account,
        )
        for event, version, account in versions
    ]
    random.shuffle(facts)
    [row] = read(
        "select count(*) filter (where is_counted) as n, count(*) as m from events", *facts
    )
    assert row["n"] == len({(event, account) for event, _, account in versions})
    assert row["m"] == len(facts)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 6), st.booleans()),
        min_size=1,
        max_size=10,
        unique=True,
    ),
    st.integers(0, 6),
)
def test_a_day_depends_on_its_neighbours_only(
    versions: list[tuple[int, int, bool]], day: int
) -> None:
    """Built of a day and those beside it, a day's rows are the same as built of all days."""
    facts = [
        fact(
            f"{event}-{at}-{is_update}",
            original=f"{event}-0-False" if is_update else "",
            day=at,
        )
        for event, at, is_update in versions
    ]
    date = NOON.date() + timedelta(days=day)
    near = [row for row in facts if abs((row["event_date"] - date).days) <= 1]
    sql = f"from event_updates where event_date = '{date}' order by all"
    assert read(sql, *near) == read(sql, *facts)


USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{A}:user/ann", "accountid": A}
STRANGER = {"type": "AWSAccount", "principalid": "AIDAEXAMPLE", "accountid": A}


def test_the_side_that_knows_more_says_who_called() -> None:
    """The called account's side names only an account; the caller's names the user."""
    sides = [
        fact("called", recipientaccountid=B, sharedeventid="x", useridentity=STRANGER),
        fact("calling", sharedeventid="x", useridentity=USER, day=0.0001),
        fact("alone", sharedeventid="y", useridentity=USER),
    ]
    [row] = read("from shared_events", *sides)
    assert row["shared_event_id"] == "x"
    assert row["event_ids"] == ["called", "calling"]
    assert row["account_ids"] == [A, B]
    assert row["principal_id"] == USER["arn"]
    assert row["principal_event_id"] == "calling"


def test_sides_on_two_days_are_tied_on_both() -> None:
    """A call at midnight has its sides on two days: each day's row has both."""
    sides = [
        fact("called", recipientaccountid=B, sharedeventid="x", useridentity=STRANGER, day=0.6),
        fact("calling", sharedeventid="x", useridentity=USER, day=0.4),
    ]
    found = read("from shared_events order by event_date", *sides)
    assert [row["event_date"].day for row in found] == [1, 2]
    assert [row["n_sides"] for row in found] == [2, 2]
    assert {row["principal_id"] for row in found} == {USER["arn"]}
