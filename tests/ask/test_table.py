"""Tables from Python, whole or in part."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.ask.session import Session
from pipeline.errors import QueryError
from tests.lakerows import at


def test_a_table_is_arrow_polars_and_a_relation(session: Session) -> None:
    """The same rows come in each form, and a relation outlives the answer it came of."""
    answer = session.table("cloudtrail_logs")
    assert answer.arrow().num_rows == answer.polars().height == 31
    relation = session.table("cloudtrail_logs").duckdb()
    del answer
    assert relation.filter("event_date = '2026-10-01'").count("*").fetchall() == [(3,)]


def test_columns_and_rows_can_be_chosen(session: Session) -> None:
    """A condition on time chooses files, and its values are bound."""
    answer = session.table(
        "cloudtrail_logs",
        columns=["event_time", "eventname"],
        where="event_date = $day and eventname = $name -- of that day",
        parameters={"day": date(2026, 10, 2), "name": "GetObject"},
    )
    assert answer.columns == ["event_time", "eventname"]
    assert [table.read.n_files for table in answer.plan.tables] == [1]
    assert answer.polars()["event_time"].to_list() == [at(1, hour) for hour in (0, 12, 23)]


def test_every_name_listed_is_a_table(session: Session) -> None:
    """What `tables` lists can be asked for, or is refused with what it lacks."""
    names = session.tables()
    assert names[:4] == [
        "cloudtrail_logs",
        "ingest_objects",
        "ingest_quarantine",
        "ingest_conflicts",
    ]
    refusals = {name: why for name in names if (why := _refusal(session, name))}
    assert refusals.keys().isdisjoint(names[:4])
    assert [name for name, why in refusals.items() if "not built yet" not in why] == []


def _refusal(session: Session, name: str) -> str:
    """Return why a table cannot be asked for; empty: it can."""
    try:
        return "" if session.table(name).columns else "has no columns"
    except QueryError as refused:
        return str(refused)


@pytest.mark.parametrize("name", ['no"such', "cloudtrail_logs; drop table x", ""])
def test_a_name_is_only_a_name(session: Session, name: str) -> None:
    """Nothing of a name is read as SQL."""
    with pytest.raises(QueryError):
        session.table(name)
    with pytest.raises(QueryError):
        session.table("cloudtrail_logs", columns=[name])


def test_a_condition_is_only_a_condition(session: Session) -> None:
    """A condition that is more than one is refused."""
    with pytest.raises(QueryError):
        session.table("cloudtrail_logs", where="true); select (1")
