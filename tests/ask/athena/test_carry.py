"""Carry expressions to Athena's SQL: the same answers, or a reason why not."""

from __future__ import annotations

import duckdb
import pytest

from pipeline.ask.athena.carry import carry
from pipeline.ask.athena.meanings import NotPortable
from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.dialect.macros import make_macros

COLUMNS = {
    "t": {
        "text": "VARCHAR",
        "document": "VARCHAR",
        "moment": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE",
        "number": "INTEGER",
        "items": "VARCHAR[]",
    }
}
ROWS = """
    create table t as
    select * from (values
        ('role/a/b', '{"a": {"b": 1}, "c": "x", "d": null, "e": [1, 2]}',
         timestamptz '2026-10-05 11:42:18+00', date '2026-10-05', 3, ['a', 'b']),
        ('', '{}', timestamptz '2024-02-29 00:00:00+00', date '2024-02-29', null, []),
        ('2026-10-05T11:42:18Z', '[]', null, null, -1, ['2026', null]),
        (null, null, null, null, null, null)
    ) as v (text, document, moment, day, number, items)
"""


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """Give a DuckDB with a table of texts, times and lists, nulls among them."""
    made = duckdb.connect()
    made.execute("set TimeZone = 'UTC'")
    made.execute(ROWS)
    return made


@pytest.mark.parametrize(
    "expression",
    [
        "regexp_extract(text, '/(x?)', 1)",
        "regexp_extract(text, 'no such')",
        "split_part(text, '/', 2)",
        "split_part(text, '/', 9)",
        "regexp_replace(text, '/', '$1', 'g')",
        "regexp_replace(text, '^(role)/', '\\1:')",
        "regexp_replace(text, '/b$|/c$', '')",
        "document ->> '$.a'",
        "document ->> '$.a.b'",
        "document ->> '$.c'",
        "document ->> '$.d'",
        "document ->> '$.e'",
        "document ->> '$.e[1]'",
        "cast(json_extract(document, '$.c') as varchar)",
        "cast(json_extract(document, '$.d') as varchar)",
        "try_cast(document as json) ->> '$.a'",
        "case when text like '%T%Z' then cast(text as timestamptz) end",
        "case when text like '____-__-__T%' then try_cast(text as timestamptz) end",
        "try_cast(text as timestamptz) > timestamptz '2026-10-05 00:00:00+00'",
        "cast(try_strptime(text, '%Y-%m-%dT%H:%M:%SZ') as timestamptz)",
        "day - date '2026-01-01'",
        "cast(day - 7 as date)",
        "cast(day + number as date)",
        "cast(number + day as date)",
        "cast(day + number * interval '1' day as date)",
        "greatest(number, 1)",
        "least(number, 1)",
        "items[1]",
        "items[3]",
        "['z'] || coalesce(items, [])",
        "text || '!'",
        "concat(text, '!')",
        "ends_with(text, '/b')",
        "list_contains(items, 'a')",
        "moment",
        "list_transform(items, lambda x: upper(x))",
    ],
)
def test_answers_are_the_same(connection: duckdb.DuckDBPyConnection, expression: str) -> None:
    """What is carried over and translated back, which is held to Trino's answers, is equal."""
    query = f"select text, {expression} as answer from t"
    back = translate(carry(query, COLUMNS, str), Dialect.ATHENA, ["t"])
    make_macros(connection, back.sql)
    wanted = connection.execute(f"select text, cast(answer as varchar) from ({query})").fetchall()
    found = connection.execute(f"select text, cast(answer as varchar) from ({back.sql})").fetchall()
    without_zone = [(text, told and str(told).removesuffix("+00")) for text, told in wanted]
    assert [(t, told and str(told).removesuffix("+00")) for t, told in found] == without_zone


@pytest.mark.parametrize(
    ("expression", "function"),
    [
        ("max(text)", "MAX"),
        ("arg_max(text, moment)", "MAX_BY"),
        ("arg_min(number, day)", "MIN_BY"),
        ("bool_or(text = '')", "BOOL_OR"),
    ],
)
def test_aggregates_are_the_same(
    connection: duckdb.DuckDBPyConnection, expression: str, function: str
) -> None:
    """Aggregates pass over nulls as they do in DuckDB."""
    carried = carry(f"select {expression} as answer from t", COLUMNS, str)
    assert f"{function}(" in carried
    back = translate(carried, Dialect.ATHENA, ["t"])
    make_macros(connection, back.sql)
    wanted = connection.execute(f"select {expression} from t").fetchall()
    assert connection.execute(back.sql).fetchall() == wanted


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("split_part(text, '/', -1)", "from the end"),
        ("regexp_replace(text, '/', '')", "the first match only"),
        ("regexp_replace(text, text, '')", "not constant"),
        ("document ->> text", "JSON path"),
        ("document ->> '$.e[*]'", "JSON path"),
        ("unnest(items)", "unnest among the columns"),
        ("try_cast(json_extract(document, '$.e') as varchar[])", "a cast from JSON"),
        ("greatest(number, 1, 2)", "more than two"),
        ("json_merge_patch(document, '{}')", "no such function in Trino"),
        ("string_agg(text, ',')", "no such function in Trino, or another"),
        ("md5(text)", "no such function in Trino"),
        ("no_such_column", "could not be resolved"),
    ],
)
def test_what_differs_is_refused(expression: str, reason: str) -> None:
    """What has no counterpart, or one that is not known, keeps the query back."""
    with pytest.raises(NotPortable, match=reason):
        carry(f"select {expression} as answer from t", COLUMNS, str)


def test_stars_are_spelt_out_and_tables_moved() -> None:
    """No star is left to grow with the table; a query's own names stay."""
    sql = (
        "with own as (select * exclude (day) from t) select * from own join t as other using (text)"
    )
    text = carry(sql, COLUMNS, lambda name: f"audit.{name}")
    assert "*" not in text
    assert "audit.t AS t" in text
    assert "audit.t AS other" in text
    assert "audit.own" not in text
