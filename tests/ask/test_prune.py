"""Pruning: the files that cannot matter are left out, and never one that can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ask.session import Session, open_session
from pipeline.errors import QueryError
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.snapshot import connect, scan_sql
from tests.lakerows import at, commit_rows, event


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with files of one day and of three, and times written in unusual ways."""
    lake = open_lake(str(tmp_path_factory.mktemp("odd") / "lake"), create=True)
    with lake.table("cloudtrail_logs").transaction() as change:
        change.set_properties({"write.metadata.metrics.column.eventtime": "full"})
    files = [[event(at(day, hour), hour) for hour in (0, 7, 23)] for day in range(8)]
    files.append([event(at(2, 5), eventtime="2026-10-03 05:00:00")])
    files.append([event(at(3, 0, 1), eventtime="2026-10-04T02:01:00+02:00")])
    files.append([event(at(3, 23, 30), eventtime="2026-10-05T01:30:00.250+02:00")])
    files.append([event(at(5, 1), eventtime=None), event(at(5, 22), eventtime="20261006T220000Z")])
    commit_rows(lake, *files)
    return lake


@pytest.fixture(scope="module")
def pruned(odd: Lake) -> Iterator[Session]:
    """The odd lake as people ask it."""
    with open_session(odd) as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(pruned: Session) -> Iterator[duckdb.DuckDBPyConnection]:
    """The odd lake with every file in every view: what the answers must equal."""
    connection = connect()
    view = pruned.snapshot().view
    for name, table in view.tables.items():
        paths = view.paths(name)
        connection.execute(f"create view {name} as from {scan_sql(table.schema, paths)}")
    yield connection
    connection.close()


def _read(session: Session, where: str, *values: object) -> int:
    answer = session.sql(f"select count(*) from cloudtrail_logs where {where}", values)
    answer.rows()
    return answer.plan.tables[0].read.n_files


@pytest.mark.parametrize(
    ("where", "n_files"),
    [
        ("event_date = date '2026-10-03'", 1),
        ("event_date = '2026-10-03'", 1),
        ("date '2026-10-03' = EVENT_DATE", 1),
        ("event_date >= '2026-10-09'", 3),
        ("event_date < '2026-10-03'", 2),
        ("event_time < '2026-10-03'", 2),
        ("event_time <= '2026-10-03'", 3),
        ("event_time > timestamp '2026-10-09 23:00:00'", 2),
        ("event_time >= timestamptz '2026-10-09 00:00:00+05'", 4),
        ("event_time between '2026-10-02' and '2026-10-03'", 2),
        ("event_date in ('2026-10-02', date '2026-10-04')", 2),
        ("event_date = '2026-10-02' or event_date = '2026-10-04'", 2),
        ("event_date = '2026-10-02' or eventname = 'x'", 11),
        ("event_date = '2026-10-02' and (eventname = 'x' or awsregion = 'y')", 1),
        ("not event_date = '2026-10-02'", 10),
        ("event_date <> '2026-10-02'", 10),
        ("event_time::date = '2026-10-03'", 1),
        ("cast(event_time as date) between date '2026-10-02' and date '2026-10-04'", 3),
        ("date_trunc('month', event_time) = '2026-09-01'", 0),
        ("date_trunc('day', event_time) = timestamp '2026-10-03'", 1),
        ("extract(year from event_time) = 2025", 0),
        (
            "year(event_date) = 2026 and month(event_date) = 10 and day(event_date) = 4",
            1,
        ),
        ("strftime(event_date, '%Y/%m/%d') = '2026/10/05'", 1),
        ("event_time >= now() + interval '7 days'", 0),
        ("event_date >= current_date + 1", 0),
        ("event_date = date '2026-10-03' + interval 1 day", 1),
        ("event_date = cast('2026-10-03' as date)", 1),
        ("abs(random()) >= 0 and event_date = '2026-10-03'", 1),
        ("event_date = '2026-10-03' and random() > 2", 1),
        ("event_time > to_timestamp(random())", 11),
    ],
)
def test_a_condition_on_time_reaches_the_files(session: Session, where: str, n_files: int) -> None:
    """Of eleven files of ten days a condition on time reads the files of its days."""
    far_future = where.endswith(("'7 days'", "current_date + 1"))
    if far_future and datetime.now(UTC) < at(11):
        pytest.skip("the clock stands before the events of this test")
    assert _read(session, where) == n_files


@pytest.mark.parametrize(
    ("where", "n_files"),
    [
        ("eventtime >= '2026-10-08'", 1),
        (
            "eventtime >= '2026-10-08T00:00:00Z' and eventtime < '2026-10-08T12:00:00Z'",
            1,
        ),
        ("eventtime like '2026-10-07%'", 1),
        ("starts_with(eventtime, '2026-10-07T')", 1),
        ("substr(eventtime, 1, 10) = '2026-10-07'", 1),
        ("left(eventtime, 7) = '2026-09'", 0),
        ("eventtime between '2026-10-07' and '2026-10-08'", 1),
        ("eventtime like '%07%'", 12),
        ("cast(eventtime as varchar) = '2026-10-07'", 12),
    ],
)
def test_a_condition_on_the_documented_text_reaches_the_files(
    pruned: Session, where: str, n_files: int
) -> None:
    """Text times are compared as text with the texts that each file really holds."""
    assert _read(pruned, where) in {
        n_files,
        n_files + 1,
    }  # one file holds 20261006T230000Z


def test_parameters_reach_the_files(session: Session) -> None:
    """A parameter prunes as a literal does, by place and by name, unused ones left aside."""
    assert _read(session, "eventname <> ? and event_date = ?", "x", date(2026, 10, 3)) == 1
    by_name = session.sql(
        "select $label, count(*) from cloudtrail_logs where event_time >= $since group by all",
        {"label": "n", "since": at(9)},
    )
    assert by_name.rows() == [("n", 3)]
    assert by_name.plan.tables[0].read.n_files == 2


@pytest.mark.parametrize(
    ("query", "n_files"),
    [
        ("with a as (from cloudtrail_logs where event_date = '2026-10-03') from a", 1),
        ("from (from cloudtrail_logs where event_date = '2026-10-03')", 1),
        ("from cloudtrail_logs as l where l.event_date = '2026-10-03'", 1),
        (
            "from cloudtrail_logs as l where cloudtrail_logs.event_date = '2026-10-03'",
            0,
        ),
        (
            "from cloudtrail_logs a, cloudtrail_logs b where a.event_date = '2026-10-03'",
            11,
        ),
        (
            (
                "from cloudtrail_logs a, cloudtrail_logs b"
                " where a.event_date = '2026-10-03' and b.event_date = '2026-10-05'"
            ),
            2,
        ),
        (
            (
                "with cloudtrail_logs as (from cloudtrail_logs where event_date = '2026-10-03')"
                " from cloudtrail_logs"
            ),
            1,
        ),
        (
            (
                "with a as (from cloudtrail_logs), cloudtrail_logs as (select 1 as event_date)"
                " from a, cloudtrail_logs where cloudtrail_logs.event_date = 1"
            ),
            11,
        ),
        (
            (
                "from cloudtrail_logs a left join cloudtrail_logs b"
                " on b.event_date = '2026-10-03' where a.event_date = '2026-10-04'"
            ),
            2,
        ),
        (
            (
                "from cloudtrail_logs a left join cloudtrail_logs b"
                " on a.event_date = '2026-10-03' and b.event_date = '2026-10-03'"
            ),
            11,
        ),
        (
            "select 1 where exists (from cloudtrail_logs where event_date = '2026-10-03')",
            1,
        ),
        ("from cloudtrail_logs where event_date = '2026-10-03' using sample 50%", 11),
        ("from query('from cloudtrail_logs where event_date = ''2026-10-03''')", 11),
        ("from query_table('cloudtrail_logs') where event_date = '2026-10-03'", 11),
        ("from cloudtrail_logs as l(a, b) where event_date = '2026-10-03'", 11),
        (
            (
                "from cloudtrail_logs where event_date = '2026-10-03'"
                " union all from cloudtrail_logs where event_date = '2026-10-04'"
            ),
            2,
        ),
    ],
)
def test_each_mention_is_judged_by_its_own_conditions(
    session: Session, query: str, n_files: int
) -> None:
    """Aliases, common table expressions, joins and unions prune by their own WHERE; a table
    that is mentioned twice gets what both need."""
    if not n_files:
        with pytest.raises(QueryError):
            session.sql(query)
        return
    assert session.sql(query).plan.tables[0].read.n_files == n_files


_DAYS = st.integers(-1, 9).map(lambda day: (at(day) + timedelta(0)).date().isoformat())
_TIMES = st.builds(
    lambda day, hour: at(day, hour).strftime("%Y-%m-%d %H:%M:%S"),
    st.integers(-1, 9),
    st.sampled_from([0, 5, 12, 23]),
)
_CONSTANTS = st.one_of(
    _DAYS.map("'{}'".format),
    _DAYS.map("date '{}'".format),
    _TIMES.map("timestamp '{}'".format),
    _TIMES.map("timestamptz '{}+02'".format),
    _DAYS.map("cast('{}' as date) + interval 1 day".format),
    st.just("null"),
    st.just("now()"),
    st.just("current_date"),
)
_TEXTS = st.one_of(
    _DAYS.map("'{}'".format),
    _TIMES.map(lambda text: f"'{text.replace(' ', 'T')}Z'"),
    _TIMES.map("'{}'".format),
    st.sampled_from(["'2026'", "'2026-10-0'", "'z'", "''", "'2026-10-05T01:30:00.250+02:00'"]),
)
_MOMENTS = st.sampled_from(
    ["event_time", "event_date", "event_time::date", "date_trunc('day', event_time)",
     "cast(event_date as timestamp)", "date_trunc('hour', event_time)"]
)  # fmt: skip
_SPELLINGS = st.sampled_from(["eventtime", "left(eventtime, 10)", "substr(eventtime, 1, 7)"])
_OPERATORS = st.sampled_from(["=", "<", "<=", ">", ">=", "<>", "is distinct from"])
_ATOMS = st.one_of(
    st.builds("{} {} {}".format, _MOMENTS, _OPERATORS, _CONSTANTS),
    st.builds("{2} {1} {0}".format, _MOMENTS, _OPERATORS, _CONSTANTS),
    st.builds("{} {} {}".format, _SPELLINGS, _OPERATORS, _TEXTS),
    st.builds("{} between {} and {}".format, _MOMENTS, _CONSTANTS, _CONSTANTS),
    st.builds("{} not between {} and {}".format, _MOMENTS, _CONSTANTS, _CONSTANTS),
    st.builds("eventtime between {} and {}".format, _TEXTS, _TEXTS),
    st.builds("eventtime between {} and {}".format, _CONSTANTS, _TEXTS),
    st.builds("{} in ({}, {})".format, _MOMENTS, _CONSTANTS, _CONSTANTS),
    st.builds("{} not in ({}, {})".format, _MOMENTS, _CONSTANTS, _CONSTANTS),
    st.builds("eventtime in ({}, {})".format, _TEXTS, st.one_of(_TEXTS, _CONSTANTS)),
    st.builds("eventtime like concat({}, '%')".format, _TEXTS),
    _DAYS.map("eventtime like '{}%'".format),
    _DAYS.map("eventtime like '%{}_'".format),
    st.sampled_from(
        [
            "year(event_date) = 2026", "month(event_date) = 9", "day(event_date) % 2 = 0",
            "event_date is null", "event_time is not null", "eventtime is null",
            "coalesce(event_date, current_date) = current_date", "dayofweek(event_date) < 3",
            "strftime(event_date, '%d') in ('03', '04')", "eventname = 'GetObject'",
            "case when event_date > '2026-10-03' then true end", "true", "false",
            "year(event_time) = 2025", "event_date = event_time::date",
            "eventtime = event_time::text",
        ]
    ),
)  # fmt: skip
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=5,
)
_KEY = "eventid"
_COLUMNS = "eventid, event_time, event_date, eventtime, eventname"
_NESTED = (
    "select {k} from (select COLUMNS from cloudtrail_logs where {b}) as x where {a}",
    "select {k} from (select * from cloudtrail_logs order by event_time limit 9) as x where {a}",
    (
        "select {k} from (select * exclude (event_time), event_time + interval 1 day as event_time"
        " from cloudtrail_logs) as x where {a}"
    ),
    (
        "select {k} from (select *, row_number() over (order by event_time, eventid) as n"
        " from cloudtrail_logs) as x where {a} and n < 9"
    ),
    (
        "with c as (select COLUMNS from cloudtrail_logs), d as (select distinct * from c"
        " where {b}), e as (select d.* from d) select {k} from e where {a}"
    ),
    (
        "with c as (select COLUMNS from cloudtrail_logs) select l.{k}, r.{k} from c as l"
        " {j} join c as r on l.event_date = r.event_date and {rb} where {ra}"
    ),
    (
        "with c as (select l.eventid, coalesce(r.event_time, l.event_time) as event_time,"
        " r.event_date, l.eventtime, r.eventname from cloudtrail_logs as l {j} join"
        " cloudtrail_logs as r on l.eventid = r.eventid and {rb}) select {k} from c where {a}"
    ),
    (
        "with c as (select COLUMNS from cloudtrail_logs where {b} union all"
        " select eventid, ingested_at, event_date, eventname, eventtime from cloudtrail_logs)"
        " select {k} from c where {a}"
    ),
    (
        "select n from (select event_date, eventtime, max(event_time) as event_time,"
        " min(eventname) as eventname, count(*) as n from cloudtrail_logs"
        " group by rollup (event_date, eventtime)) as x where {a}"
    ),
    (
        "with cloudtrail_logs as (select * from cloudtrail_logs where {b})"
        " select {k} from cloudtrail_logs where {a}"
    ),
)
_SHAPES = st.sampled_from(
    [
        "select {k} from cloudtrail_logs where {a}",
        "select {k} from cloudtrail_logs as x where {a} order by 1 limit 3",
        "with c as (select * from cloudtrail_logs where {a}) select {k} from c where {b}",
        "select count(*), min(event_time) from cloudtrail_logs where {a} having count(*) > 0",
        (
            "select {k} from cloudtrail_logs where {a} union all"
            " select {k} from cloudtrail_logs where {b}"
        ),
        (
            "select l.{k}, r.{k} from (from cloudtrail_logs where {a}) as l"
            " {j} join cloudtrail_logs as r on l.event_date = r.event_date and {rb}"
        ),
        (
            "select l.{k}, r.{k} from cloudtrail_logs as l {j} join cloudtrail_logs as r"
            " on l.event_date = r.event_date and {rb} where {la}"
        ),
        (
            "select l.{k} from cloudtrail_logs as l {s} join cloudtrail_logs as r"
            " on l.event_date = r.event_date and {rb} where {la}"
        ),
        (
            "select l.{k}, r.event_time from cloudtrail_logs as l"
            " asof {i} join cloudtrail_logs as r"
            " on l.awsregion = r.awsregion and l.event_time > r.event_time where {ra}"
        ),
        (
            "select {k} from cloudtrail_logs as l where {la} and exists"
            " (select 1 from cloudtrail_logs as r where r.event_date = l.event_date and {rb})"
        ),
        "select {k} from cloudtrail_logs join (select 1 as one) on {a}",
        *(query.replace("COLUMNS", _COLUMNS) for query in _NESTED),
    ]
)


def _qualified(condition: str, alias: str) -> str:
    for name in ("event_time", "event_date", "eventtime", "eventname"):
        condition = condition.replace(name, f"{alias}.{name}")
    return condition


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    shape=_SHAPES,
    a=_CONDITIONS,
    b=_CONDITIONS,
    join=st.sampled_from(["", "left", "right", "full"]),
    semi=st.sampled_from(["semi", "anti"]),
)
def test_pruning_never_changes_an_answer(
    pruned: Session,
    whole: duckdb.DuckDBPyConnection,
    shape: str,
    a: str,
    b: str,
    join: str,
    semi: str,
) -> None:
    """Any query gives the same rows, or the same refusal, with and without pruning."""
    query = shape.format(
        k=_KEY, a=a, b=b, j=join, s=semi, i=join if join == "left" else "",
        la=_qualified(a, "l"), ra=_qualified(a, "r"), rb=_qualified(b, "r"),
    )  # fmt: skip
    try:
        expected = sorted(map(repr, whole.execute(query).fetchall()))
    except duckdb.Error:
        with pytest.raises(QueryError):
            pruned.sql(query).rows()
        return
    with pruned.sql(query) as answer:
        assert sorted(map(repr, answer.rows())) == expected
