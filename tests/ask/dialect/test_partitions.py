"""Partitions: every common scheme asks of the day, Region and account, and chooses files."""

from __future__ import annotations

import pytest

from pipeline.errors import QueryError
from tests.ask.dialect.conftest import Asked, n_files, notes_of

ONE_DAY = 3


@pytest.mark.parametrize(
    "where",
    [
        "region = 'eu-west-1' and year = '2026' and month = '10' and day = '02'",
        "t.year = '2026' and t.month = '10' and t.day in ('02', '31')",
        "account = '111111111111' and year = '2026' and month = '10' and day = '02'",
        "timestamp = '2026/10/02'",
        "\"timestamp\" between '2026/10/02' and '2026/10/02'",
        "date_partition = '2026/10/02' and region_partition = 'eu-west-1' "
        "and account_partition = '111111111111'",
        "dt = '2026-10-02'",
        "dt = '20261002'",
        "dt like '2026/10/02%'",
        "p_date = '2026/10/02' and p_region = 'eu-west-1' and p_account = '111111111111'",
        "log_date = '2026/10/02' and account_id = '111111111111'",
        "day = '2026/10/02'",
        "day = '2026-10-02'",
        "year || '-' || month || '-' || day = '2026-10-02'",
        "concat(year, month, day) = '20261002'",
        "date_parse(concat(year, '-', month, '-', day), '%Y-%m-%d') = timestamp '2026-10-02'",
        "date_parse(dt, '%Y/%m/%d') = timestamp '2026-10-02'",
        "date(date_parse(dt, '%Y-%m-%d')) = date '2026-10-02'",
        "cast(year as integer) = 2026 and cast(month as int) = 10 and cast(day as bigint) = 2",
        "year >= '2026' and month > '09' and day < '03' and day > '01'",
        "(year = '2026' and month = '10' and day = '02') or (year = '2025')",
    ],
)
def test_each_scheme_finds_its_day(athena: Asked, where: str) -> None:
    """The rows are those of the day, from the one file of it."""
    answer = athena(f"select count(*) from logs t where {where}")
    assert answer.rows() == [(ONE_DAY,)]
    assert n_files(answer) == 1


def test_partitions_are_text_as_documented(athena: Asked) -> None:
    """Selected, a partition is the text that Athena would give."""
    names = "region, year, month, day, timestamp, date_partition, account"
    answer = athena(f"select distinct {names} from t where timestamp < '2026/10/02'")
    assert answer.columns == names.split(", ")
    day = ("2026", "10", "01", "2026/10/01", "2026/10/01")
    assert answer.rows() == [("eu-west-1", *day, "111111111111")]


def test_a_star_has_no_partitions(athena: Asked) -> None:
    """All columns are the table's own."""
    columns = athena("select * from t where year = '2026'").columns
    assert not {"year", "region", "timestamp"} & set(columns)
    assert columns[:3] == ["eventversion", "useridentity", "eventtime"]


def test_a_querys_own_column_of_that_name_is_left_alone(athena: Asked) -> None:
    """An alias from a subquery, a common table expression or UNNEST is no partition."""
    query = (
        "with mine as (select eventname as day, year from t where year = '2026') "
        "select day, d.month, year from mine cross join unnest(array['x']) as d(month) "
        "where day = 'GetObject' limit 1"
    )
    assert athena(query).rows() == [("GetObject", "x", "2026")]


@pytest.mark.parametrize(
    "query",
    [
        "with a as (select * from t) select count(*) from a where dt = '2026/10/02'",
        "select count(*) from (select x.*, 1 as one from t x) where dt = '2026/10/02' and one = 1",
    ],
)
def test_a_star_hands_partitions_on(athena: Asked, query: str) -> None:
    """Where a query reads all columns of the log, partitions may be asked of it."""
    answer = athena(query)
    assert answer.rows() == [(ONE_DAY,)]
    assert n_files(answer) == 1


def test_a_union_of_stars_hands_them_on_too(athena: Asked) -> None:
    """What is all columns of the log on both sides has the log's partitions."""
    both = "select * from t where year = '2026' and day = '02' union all select * from u"
    answer = athena(f"select count(*) from ({both}) a where a.dt = '2026/10/02'")
    assert answer.rows() == [(2 * ONE_DAY,)]


@pytest.mark.parametrize(
    ("where", "n", "said"),
    [
        ("month = '7'", 0, "month is written as '07' in the partitions that AWS documents"),
        ("day = '2' and month = '10'", 0, "day is written as '02'"),
        ("year = '2026' and day = '2026/10/02'", 0, "day is written like '01'"),
        ("dt = '2026/10/2'", 0, "dt is written as '2026/10/02'"),
        ("timestamp = 'yesterday'", 0, "timestamp is written like '2026/07/01'"),
        ("dt > '2026/10/9'", 0, "is compared with that as text"),
    ],
)
def test_what_can_never_match_does_not_and_is_said(
    athena: Asked, where: str, n: int, said: str
) -> None:
    """The answer is Athena's, nothing, with a word on why."""
    answer = athena(f"select count(*) from t where {where}")
    assert answer.rows() == [(n,)]
    assert any(said in str(note) and "line 1" in str(note) for note in answer.notes)


def test_numbers_are_no_text(athena: Asked) -> None:
    """Athena refuses to compare a partition with a number."""
    with pytest.raises(QueryError, match="year is text, and 2026 is a number, at line 1 column 30"):
        athena("select count(*) from t where year = 2026")


def test_well_written_values_need_no_word() -> None:
    """Nothing is said where nothing is odd."""
    where = "year = '2026' and month = '07' and day between '01' and '31' and region like 'eu-%'"
    assert notes_of(f"select 1 from cloudtrail_logs where {where}") == []
    where = "dt >= '2026/07' and timestamp > '2026' and log_date < '2026-07-'"
    assert notes_of(f"select 1 from cloudtrail_logs where {where}") == []
