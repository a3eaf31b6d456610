"""Whole queries: their shape, names and order mean in DuckDB what they mean in Athena."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.models import table_names
from pipeline.errors import QueryError
from tests.ask.dialect.conftest import BUCKET, KEY, Asked

GET = "where dt = '2026/10/01' and eventname = 'GetObject'"

SHAPES: list[tuple[str, list[tuple[Any, ...]]]] = [
    # order, and how many
    ("select x from (values 1, null, 2) v(x) order by x", [(1,), (2,), (None,)]),
    ("select x from (values 1, null, 2) v(x) order by x desc", [(2,), (1,), (None,)]),
    ("select x from (values 1, null, 2) v(x) order by x nulls first", [(None,), (1,), (2,)]),
    ("select x from (values 1, 2, 3) v(x) order by 1 limit all", [(1,), (2,), (3,)]),
    ("select x from (values 1, 2, 3) v(x) order by 1 offset 1 limit 1", [(2,)]),
    ("select x from (values 1, 2, 3) v(x) order by 1 fetch first 2 rows only", [(1,), (2,)]),
    ("select x from (values 1, 2, 3) v(x) order by 1 offset 2 rows fetch next row only", [(3,)]),
    ("values (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
    ("select * from (values (1, 'a'))", [(1, "a")]),
    ("table ingest_conflicts", []),
    # an alias goes before a column in ORDER BY, and nowhere else
    ("select 'z' || eventname as eventname from t where eventname like 'G%' "
     "and dt = '2026/10/01' order by eventname", [("zGetObject",)]),
    ("select -x as x from (values 1, 2) v(x) order by x", [(-2,), (-1,)]),
    ("select max(eventname) as eventname, count(*) from t group by eventname order by 1 limit 1",
     [("ConsoleLogin", 10)]),
    ("select eventname, count(*) from t group by 1 having count(*) > 9 order by 1 limit 1",
     [("ConsoleLogin", 10)]),
    # joins and subqueries
    ("select count(*) from t a, t b where a.eventid = b.eventid and a.dt = '2026/10/01'", [(3,)]),
    ("select eventid is null, count(*) from t a full join t b using (eventid) group by 1",
     [(False, 30)]),
    ("select count(*) from t where exists (select 1 from u where u.eventid = t.eventid "
     "and u.errorcode is not null)", [(10,)]),
    ("select distinct (select count(*) from u where u.eventname = t.eventname) from t", [(10,)]),
    ("select count(*) from t where (eventsource, eventname) in (('s3.amazonaws.com', 'GetObject'))",
     [(10,)]),
    ("select n from t cross join lateral (select length(t.eventname) as n) limit 1", [(12,)]),
    ("with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) "
     "select i from n order by 1", [(1,), (2,), (3,)]),
    ("select 1 union select 1 union all select 2 order by 1", [(1,), (2,)]),
    ("select 1 intersect select 1", [(1,)]),
    ("select 1 except select 1", []),
    ("select eventname, awsregion, count(*) from t group by grouping sets ((eventname), "
     "(awsregion)) order by 1 nulls last, 2 limit 1", [("ConsoleLogin", None, 10)]),
    ("select count(*) > 0 from t tablesample bernoulli (100)", [(True,)]),
    # unnest: rows and maps become columns, lists go side by side
    (f"select r.arn, type from t cross join unnest(resources) as r(arn, accountid, type) {GET} "
     "order by 1", [(BUCKET, "AWS::S3::Bucket"), (KEY, "AWS::S3::Object")]),
    (f"select r.arn from t, unnest(resources) as r {GET} order by 1", [(BUCKET,), (KEY,)]),
    (f"select arn from t, unnest(resources) {GET} order by 1", [(BUCKET,), (KEY,)]),
    (f"select x.arn from t cross join unnest(resources) as r(x) {GET} order by 1",
     [(BUCKET,), (KEY,)]),
    (f"select r.n, r.arn from t cross join unnest(resources) with ordinality "
     f"as r(arn, accountid, type, n) {GET} order by 1", [(1, KEY), (2, BUCKET)]),
    ("select a, b from unnest(array[1, 2], array['x']) as u(a, b) order by 1",
     [(1, "x"), (2, None)]),
    ("select x, n from unnest(array['a', 'b']) with ordinality as u(x, n)", [("a", 1), ("b", 2)]),
    ("select k, v from unnest(map(array['a'], array[1])) as m(k, v)", [("a", 1)]),
    ("select eventname, r.arn from t left join unnest(resources) as r(arn, a, b) on true "
     "where dt = '2026/10/01' and eventname <> 'GetObject' order by 1",
     [("ConsoleLogin", None), ("RunInstances", None)]),
    # names, texts and operators
    ('select "eventname" from "default"."my-logs" where "eventname" = \'GetObject\' limit 1',
     [("GetObject",)]),
    ("select UserIdentity.SessionContext.SessionIssuer.UserName from T where EVENTNAME = "
     "'GetObject' limit 1", [("build",)]),
    ("select count(*) from t where eventname like 'Get\\_%' escape '\\'", [(0,)]),
    ("select count(*) from t where eventname != 'GetObject' and eventname <> 'x'", [(20,)]),
    ("select 'it''s' || ' ' || 'so'", [("it's so",)]),
    ("select count(*) from t where errorcode is not distinct from null", [(20,)]),
    ("select x.resources[1].arn from t x where cardinality(resources) > 1 limit 1", [(KEY,)]),
    ("\ufeffselect 1\r\n", [(1,)]),
    ("select /* c */ 1 -- and ${so} 'on'\n;", [(1,)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "rows"), SHAPES)
def test_a_query_means_what_it_means_in_athena(
    athena: Asked, query: str, rows: list[tuple[Any, ...]]
) -> None:
    """The rows are those that Trino documents for the form."""
    assert athena(query).rows() == rows


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ("eventName, useridentity.ARN, awsregion as Region", ["eventName", "ARN", "Region"]),
        ("1, eventname, count(*) over ()", ["_col0", "eventname", "_col2"]),
        ('eventname as "Event Name", t.eventTime', ["Event Name", "eventTime"]),
        ("resources[1].arn, resources[1]", ["arn", "_col1"]),
        ("lower(eventname), cast(eventtime as varchar)", ["_col0", "_col1"]),
        ('"$path", year', ["$path", "year"]),
    ],
)
def test_columns_have_the_names_that_athena_gives(
    athena: Asked, items: str, names: list[str]
) -> None:
    """A column's or field's own name as it is written, or _col and its place."""
    assert athena(f"select {items} from t limit 1").columns == names


@pytest.mark.parametrize("dialect", Dialect)
def test_notes_are_said_once_and_with_their_place(dialect: Dialect) -> None:
    """A table that is named twice is noted where it first stands."""
    sql = "select a.eventid\nfrom mine a\njoin mine b on a.eventid = b.eventid"
    (note,) = translate(sql, dialect, table_names()).notes
    assert (note.line, note.column) == (2, 6)
    assert str(note) == f"mine is taken for {dialect.table} (line 2 column 6)"


def test_duckdbs_refusals_name_the_place_in_the_query(athena: Asked) -> None:
    """What only DuckDB finds wrong is said by line and column of the query as it was written."""
    with pytest.raises(QueryError, match=r"colour.*at line 3 column 7; columns are listed by"):
        athena("select s.uri\nfrom ingest_objects s\nwhere colour = 'x'")


def test_a_table_as_it_was_is_asked_for_by_at(athena: Asked) -> None:
    """Time travel in the query is refused with the option that does it."""
    with pytest.raises(QueryError, match="give --at"):
        athena("select * from t for timestamp as of timestamp '2026-10-01 00:00:00 UTC'")


def test_a_translation_is_quick() -> None:
    """Once sqlglot is loaded, a long query takes no more than a tenth of a second."""
    query = (
        "with a as (select eventname, useridentity.arn as who, "
        "json_extract_scalar(requestparameters, '$.bucketName') as b, count(*) as n from mine "
        "where year = '2026' and eventtime > to_iso8601(current_timestamp - interval '7' day) "
        "group by 1, 2, 3) select a.*, row_number() over (partition by b order by n desc) as rn "
        "from a where " + " or ".join(f"who like '%role-{n}%'" for n in range(50))
    )
    names = table_names()
    translate(query, Dialect.ATHENA, names)
    start = time.process_time()
    translate(query, Dialect.ATHENA, names)
    assert time.process_time() - start < 0.1
