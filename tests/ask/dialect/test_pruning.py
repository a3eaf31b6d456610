"""Pruning: a translated condition on time reads the files of its days, and no others."""

from __future__ import annotations

import pytest

from tests.ask.dialect.conftest import Asked, n_files

LAST_DAY = [
    "eventtime >= '2026-10-10'",
    "eventtime >= '2026-10-10T00:00:00Z' and eventtime < '2026-10-11T00:00:00Z'",
    "eventtime between '2026-10-10T00:00:00Z' and '2026-10-10T23:59:59Z'",
    "eventtime like '2026-10-10%'",
    "from_iso8601_timestamp(eventtime) >= timestamp '2026-10-10 00:00:00'",
    "from_iso8601_timestamp(eventtime) between timestamp '2026-10-10 00:00:00' "
    "and timestamp '2026-10-11 00:00:00'",
    "date(from_iso8601_timestamp(eventtime)) = date '2026-10-10'",
    "cast(from_iso8601_timestamp(eventtime) as date) >= date '2026-10-10'",
    "date_trunc('day', from_iso8601_timestamp(eventtime)) = timestamp '2026-10-10 00:00:00'",
    "date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ') > timestamp '2026-10-10 00:00:00' - interval '1' "
    "second",
    "parse_datetime(eventtime, 'yyyy-MM-dd''T''HH:mm:ss''Z''') >= timestamp '2026-10-10 00:00:00'",
    "from_iso8601_timestamp(eventtime) >= date_add('day', 9, timestamp '2026-10-01 00:00:00')",
    "dt >= date_format(date_add('day', 9, date '2026-10-01'), '%Y/%m/%d')",
    "timestamp >= format_datetime(timestamp '2026-10-10 00:00:00', 'yyyy/MM/dd')",
    "eventtime >= date_format(timestamp '2026-10-11 00:00:00' - interval '1' day, "
    "'%Y-%m-%dT%H:%i:%sZ')",
]


@pytest.mark.parametrize("where", LAST_DAY)
def test_conditions_on_time_choose_files(athena: Asked, where: str) -> None:
    """The last of ten days is read from its file, or with the one before it, for a text."""
    answer = athena(f"select count(*) from t where {where}")
    assert answer.rows() == [(3,)]
    assert n_files(answer) <= (2 if "eventtime " in where else 1)


@pytest.mark.parametrize(
    "where",
    [
        "from_iso8601_timestamp(eventtime) > current_timestamp + interval '36500' day",
        "from_iso8601_timestamp(eventtime) > date_add('day', 36500, now())",
        "dt > date_format(current_date + interval '36500' day, '%Y/%m/%d')",
        "year > date_format(now() + interval '36500' day, '%Y')",
        "eventtime > date_format(now() + interval '36500' day, '%Y-%m-%dT%H:%i:%sZ')",
    ],
)
def test_relative_times_choose_files(athena: Asked, where: str) -> None:
    """A time counted from now is known before the files are read: a century on, none is."""
    assert n_files(athena(f"select count(*) from t where {where}")) == 0


@pytest.mark.parametrize(
    "query",
    [
        "with a as (select * from t), b as (select eventname, eventtime as at from a) "
        "select count(*) from b where at >= '2026-10-10'",
        "select count(*) from (select * from t) where timestamp = '2026/10/10'",
        "select count(*) from t cross join unnest(array[1]) as u(one) where dt = '2026/10/10'",
        "select count(*) from t a join t b on a.eventid = b.eventid "
        "where a.dt = '2026/10/10' and b.dt = '2026/10/10'",
    ],
)
def test_files_are_chosen_through_queries_and_joins(athena: Asked, query: str) -> None:
    """A condition reaches the files through what stands between."""
    answer = athena(query)
    assert answer.rows() == [(3,)]
    assert n_files(answer) <= 2


@pytest.mark.parametrize(
    "where",
    [
        "eventtime >= '2026-10-10 00:00:00'",
        "eventtime >= timestamp '2026-10-10 00:00:00'",
        "eventtime between timestamp '2026-10-10 00:00:00' and timestamp '2026-10-11 00:00:00'",
        "date(eventtime) = date '2026-10-10'",
        "date_trunc('day', eventtime) = timestamp '2026-10-10 00:00:00'",
        "eventtime > date_add('day', 9, timestamp '2026-09-30 23:59:59')",
        "eventjson like '%' and eventtime >= timestamp '2026-10-10 00:00:00'",
    ],
)
def test_lake_conditions_choose_files(store: Asked, where: str) -> None:
    """Times of an event data store are times of the facts, from the view as well."""
    answer = store(f"select count(*) from $EDS_ID where {where}")
    assert answer.rows() == [(3,)]
    assert n_files(answer) == 1
