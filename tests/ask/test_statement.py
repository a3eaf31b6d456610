"""Statements: what reads is let through, what may write is not, refusals say where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.ask.advice import advise
from pipeline.ask.models import table_names
from pipeline.ask.statement import read_statement, refusal
from pipeline.errors import QueryError


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB without any table."""
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "select 1;",
        "-- a remark\nselect 1 -- another\n;",
        "with a as (select 1) from a",
        "values (1)",
        "from range(3)",
        "describe select 1",
        "summarize select 1",
        "show tables",
        "explain select 1",
        "explain (format json) select 1",
        "explain analyze select 1",
        "explain /* é */ (select 1)",
        "with recursive a as (select 1 as n union all select n + 1 from a where n < 3) from a",
        "pivot (select 1 as a, 2 as b) on a in (1, 2) using sum(b)",
    ],
)
def test_reads(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Everything that only reads is let through, and DuckDB takes it."""
    connection.execute(read_statement(connection, sql).sql).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{out}'",
        "with a as (copy (select 1) to '{out}') from a",
        "with a as materialized (/* */ copy (select 1) to '{out}') select * from a",
        "with a as (insert into t values (1) returning *) from a",
        "with a as (delete from t returning *) from a",
        "with a as (update t set x = 1 returning *) from a",
        "explain analyze copy (select 1) to '{out}'",
        "explain analyze with a as (copy (select 1) to '{out}') from a",
        "explain analyze /* /* */ select 1 --*/ copy (select 1) to '{out}'",
        "explain (analyze) copy (select 1) to '{out}'",
        "export database '{out}'",
        "attach '{out}'",
        "create table made as select 1",
        "create macro f() as 1",
        "insert into t values (1)",
        "set threads = 1",
        "pragma version",
        "call pragma_version()",
        "install httpfs",
        "load httpfs",
        "prepare a as select 1",
        "begin",
        "checkpoint",
        "use memory",
    ],
)
def test_writes(connection: duckdb.DuckDBPyConnection, tmp_path: Path, sql: str) -> None:
    """Whatever writes, or sets, or fetches is refused before it runs, however it is wrapped."""
    connection.execute("create table t (x integer)")
    out = tmp_path / "written"
    with pytest.raises(QueryError):
        read_statement(connection, sql.format(out=out))
    assert not out.exists()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", "there is no SQL statement"),
        ("-- only a remark\n", "there is no SQL statement"),
        ("select 1; select 2", "2 SQL statements where one is asked for"),
        ("pivot (select 1 as a) on a using sum(a)", "needs its values named"),
        ("select *\nfrom a\nwhere and 1", 'near "and", at line 3 column 7'),
        ("insert into t values (1)", "this is an insert statement"),
        ("with a as (copy (select 1) to 'x') from a", "this one holds a copy"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    connection: duckdb.DuckDBPyConnection, sql: str, told: str
) -> None:
    """A refusal names what is wrong, and where, in one line."""
    with pytest.raises(QueryError) as refused:
        read_statement(connection, sql)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_name_gets_its_candidates(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """DuckDB's candidates and the place reach the message, after letters of several bytes too."""
    sql = "select 'é',\n    evnt_time\nfrom (select 1 as event_time)"
    with pytest.raises(duckdb.Error) as wrong:
        connection.execute(sql)
    told = str(refusal(wrong.value, sql))
    assert 'Candidate bindings: "event_time", at line 2 column 5' in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("set memory_limit = '1GB'", "only reading statements run"),
        ("pragma version", "no settings"),
        ("copy (select 1) to 'x.csv'", "--output FILE"),
    ],
)
def test_a_refusal_says_what_to_do(
    connection: duckdb.DuckDBPyConnection, sql: str, step: str
) -> None:
    """Only who wants a file is told how to write one; others hear what runs."""
    with pytest.raises(QueryError, match=step):
        read_statement(connection, sql)


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("from nosuch", "the others are listed by: trailhouse models"),
        ("from event", "did you mean events? the others are listed by: trailhouse models"),
        ("select x from cloudtrail_logs", "listed by: trailhouse sql 'describe cloudtrail_logs'"),
        ("select x", "they are listed by: trailhouse models"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(
    connection: duckdb.DuckDBPyConnection, sql: str, step: str
) -> None:
    """The nearest table, or where the columns of those asked are; a guess of DuckDB's is not."""
    connection.sql("create table cloudtrail_logs (event_time timestamptz)")
    tree = read_statement(connection, sql).tree
    with pytest.raises(duckdb.Error) as refused:
        connection.sql(sql)
    advice = advise(refused.value, tree, table_names())
    assert advice.endswith(step)
    assert "Did you mean" not in str(refusal(refused.value, sql, advice))
