"""Query files: the header, the SQL, the tables and parameters, and what is wrong with its place."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.queryfile import content_root, parse_query, read_query

_FILE = """/*
name: logins
description: Who signed in.
checks: {unique: [event_id]}
*/
with

found as (
    select event_id from Events as e
    where e.event_date >= $since and exists (select 1 from accounts)
),

events_of_day as (select * from found)

select * from events_of_day cross join unnest([1]) as t(r) cross join range($n);
"""


def test_a_file_comes_apart() -> None:
    """Header, SQL and the line it begins on are told apart."""
    query = parse_query(_FILE, "queries/logins.sql")
    assert (query.name, query.description) == ("logins", "Who signed in.")
    assert query.header["checks"] == {"unique": ["event_id"]}
    assert query.sql.startswith("with\n")
    assert query.sql.endswith("range($n)")
    assert query.first_line == 6


def test_tables_are_those_it_does_not_make_itself() -> None:
    """Common table expressions and table functions are no tables; subqueries are looked into."""
    query = parse_query(_FILE, "queries/logins.sql")
    assert query.tables == {"events", "accounts"}
    assert query.parameters == {"since", "n"}


def test_a_common_table_expression_may_hide_a_table() -> None:
    """The table is still read where the expression of the same name is made from it."""
    text = "/* {name: a, description: b} */ with t as (select * from t) select * from t"
    assert parse_query(text, "a.sql").tables == {"t"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select 1", "a.sql:1: no header"),
        ("/* name: a", "a.sql:1: the header's comment is never closed"),
        ("/* just words */ select 1", "a.sql:1: the header is no mapping"),
        ("/*\nname: a\n*/ select 1", "a.sql:1: the header has no description"),
        ("/*\nname: b\ndescription: c\n*/ select 1", "says name: b; name it a"),
        ("/*\nname: a\ndescription: [c\n*/ select 1", "a.sql:4:"),
        (
            "/*\nname: a\nname: a\ndescription: c\n*/ select 1",
            "a.sql:3: name comes twice",
        ),
        ("/*\nname: a\ndescription: c\n*/\n;", "a.sql: no SQL after the header"),
    ],
)
def test_what_is_wrong_has_a_place(text: str, told: str) -> None:
    """A header that cannot be is an error with file and line."""
    with pytest.raises(UsageError) as wrong:
        parse_query(text, "a.sql")
    assert told in str(wrong.value)


@pytest.mark.parametrize("sql", ["select from where", "select 1; select 2"])
def test_sql_that_is_no_statement_has_a_place(sql: str) -> None:
    """SQL that does not parse, or several statements, name the file."""
    query = parse_query(f"/* {{name: a, description: b}} */ {sql}", "a.sql")
    with pytest.raises(UsageError, match=r"^a\.sql: "):
        assert query.tables


def test_every_query_that_comes_along_is_readable() -> None:
    """Each file of queries/lake has a header, parses, and reads only tables of the lake."""
    found = [item.name for item in content_root().joinpath("lake").iterdir()]
    assert found
    for name in found:
        query = read_query(f"lake/{name.removesuffix('.sql')}")
        assert query.tables <= {
            "cloudtrail_logs",
            "ingest_objects",
            "ingest_quarantine",
            "ingest_conflicts",
        }
