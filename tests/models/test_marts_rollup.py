"""How lists over all time stay bounded, and what a latest value may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import UsageError
from pipeline.models.header import read_model
from pipeline.models.model import Model
from pipeline.models.rollup import DAYS, MONTHS, months_sql, whole_sql

TEXT = """/*
name: seen
grain: one row per principal (principal_id)
description: Where principals came from.
materialize: rollup
key: [principal_id]
merge:
  source_ips: union(3)
  is_list_cut: cut(source_ips)
  last_time: max
  last_human: latest(last_time, nulls)
  last_known: latest(last_time)
columns:
  principal_id: who
  source_ips: addresses
  is_list_cut: whether an address is missing
  last_time: the last call
  last_human: the human behind the last call
  last_known: the last human that was known
*/
select event_date, principal_id, source_ips, is_list_cut, last_time, last_human, last_known
from sightings
"""

DAYS_OF_A_YEAR: Sequence[tuple[str, list[str] | None, str | None]] = [
    ("2026-01-01", ["10.0.0.9", "10.0.0.5"], "ada"),
    ("2026-01-02", ["10.0.0.1", "10.0.0.7"], None),
    ("2026-03-01", None, "bob"),
    ("2026-03-02", ["10.0.0.5", "10.0.0.3"], None),
]


@pytest.fixture(scope="module")
def model() -> Model:
    """Give a model with bounded lists."""
    return read_model(TEXT, "queries/models/marts/seen.sql", "marts")


def merged(model: Model, days: Sequence[tuple[str, Any, Any]]) -> Mapping[str, Any]:
    """Return the one row that days merge into."""
    rows = [
        {
            "event_date": date.fromisoformat(day),
            "principal_id": "p",
            "source_ips": addresses,
            "is_list_cut": False,
            "last_time": datetime.fromisoformat(day).replace(tzinfo=UTC),
            "last_human": human,
            "last_known": human,
        }
        for day, addresses, human in days
    ]
    with duckdb.connect() as connection:
        connection.register(model.name + DAYS, pa.Table.from_pylist(rows))
        connection.execute(f"create table {model.name}{MONTHS} as {months_sql(model)}")
        row: Mapping[str, Any] = connection.sql(whole_sql(model)).to_arrow_table().to_pylist()[0]
        return row


@pytest.mark.parametrize("days", list(permutations(DAYS_OF_A_YEAR)))
def test_the_smallest_values_stay_in_whatever_order_days_come(
    model: Model, days: Sequence[tuple[str, Any, Any]]
) -> None:
    """A bounded list keeps its smallest values, and says that others are missing."""
    row = merged(model, days)
    assert row["source_ips"] == ["10.0.0.1", "10.0.0.3", "10.0.0.5"]
    assert row["is_list_cut"] is True


def test_a_list_within_its_bound_is_whole(model: Model) -> None:
    """A list as long as its bound has lost nothing."""
    row = merged(model, [*DAYS_OF_A_YEAR[:1], *DAYS_OF_A_YEAR[2:]])
    assert (row["source_ips"], row["is_list_cut"]) == (["10.0.0.3", "10.0.0.5", "10.0.0.9"], False)


def test_a_cut_month_stays_cut(model: Model) -> None:
    """What a month has lost is still missing where the other months have nothing to add."""
    row = merged(model, [*DAYS_OF_A_YEAR[:2], ("2026-05-01", None, None)])
    assert (row["source_ips"], row["is_list_cut"]) == (["10.0.0.1", "10.0.0.5", "10.0.0.7"], True)


def test_null_can_be_the_latest_value(model: Model) -> None:
    """Who is not known of the last call is not known, unless the last known one is asked for."""
    row = merged(model, DAYS_OF_A_YEAR)
    assert (row["last_human"], row["last_known"]) == (None, "bob")


def test_cut_needs_lists_with_a_bound() -> None:
    """A list without a bound loses nothing, so asking whether it did is a mistake."""
    text = TEXT.replace("source_ips: union(3)", "source_ips: union")
    with pytest.raises(UsageError, match=r"source_ips is no union\(…\)"):
        read_model(text, "queries/models/marts/seen.sql", "marts")
