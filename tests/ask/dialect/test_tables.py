"""Tables: what stands for the log is the log, what is known stays, what is of others is refused."""

from __future__ import annotations

import pytest

from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.models import table_names
from pipeline.errors import QueryError
from tests.ask.dialect.conftest import Asked, notes_of

N_EVENTS = [(30,)]


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("my_table", "my_table"),
        ("default.cloudtrail_logs_pp", "cloudtrail_logs_pp"),
        ('"AwsDataCatalog"."security"."ct-logs"', "ct-logs"),
        ("<table>", "<table>"),
        ("<database>.<table name>", "<table name>"),
        ("{table}", "{table}"),
        ("${table}", "${table}"),
        ("{{ table }}", "{{ table }}"),
        ("${db}.${table}", "${table}"),
        ("[table]", "[table]"),
        ("$EDS_ID", "$EDS_ID"),
        ("%(table)s", "%(table)s"),
        (":table", ":table"),
        ("YOUR_TABLE", "YOUR_TABLE"),
        ("cloudtrail_logs_<bucket>", "cloudtrail_logs_<bucket>"),
        ("4a1b2c3d-1111-2222-3333-0123456789ab", "4a1b2c3d-1111-2222-3333-0123456789ab"),
    ],
)
def test_any_name_stands_for_the_log(athena: Asked, table: str, named: str) -> None:
    """A name that is no table here, or a placeholder for one, is the log; it is said once."""
    query = f"select count(*) from {table} where eventname is not null and eventsource <> 'x'"
    answer = athena(query)
    assert answer.rows() == N_EVENTS
    assert [note.text for note in answer.notes] == [f"{named} is taken for cloudtrail_logs"]


def test_the_documented_name_needs_no_note() -> None:
    """AWS's own table is ours, whatever catalog and database it is said to be in."""
    assert notes_of("select eventname from awsdatacatalog.default.cloudtrail_logs") == []


def test_known_names_are_never_taken_for_the_log(athena: Asked) -> None:
    """The lake's own tables, those of models, and what the query defines stay what they are."""
    assert athena("select count(*) from ingest_objects where size_bytes > 1000").rows() == [(9,)]
    query = "with mine as (select eventname as n from t) select count(n) from mine"
    assert athena(query).rows() == N_EVENTS
    sql = translate("select session_id from sessions", Dialect.ATHENA, table_names()).sql
    assert "FROM sessions" in sql


@pytest.mark.parametrize(
    "query",
    [
        "with cloudtrail_logs as (select * from cloudtrail_logs where day = '01') "
        "select count(*) from cloudtrail_logs",
        "with cloudtrail_logs as (select * from other where dt = '2026/10/01') "
        "select count(*) from cloudtrail_logs",
        "with cloudtrail_logs as (select 1 as one), b as (select * from other where day = '01' "
        "and year = '2026') select count(*) from b",
    ],
)
def test_a_definition_may_have_the_tables_own_name(athena: Asked, query: str) -> None:
    """What a query defines as cloudtrail_logs does not hide the table from the others."""
    assert athena(query).rows() == [(3,)]


def test_columns_keep_the_name_the_table_had(athena: Asked) -> None:
    """A column may be qualified with the table's name, its schema too, in any case."""
    query = (
        "select My_Table.eventName, default.my_table.useridentity.ARN "
        "from default.my_table where MY_TABLE.EventName = 'ConsoleLogin' limit 1"
    )
    assert athena(query).rows() == [("ConsoleLogin", "arn:aws:iam::111111111111:user/alice")]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            "select srcaddr, dstport from vpc_flow_logs",
            "no table vpc_flow_logs, and it cannot be cloudtrail_logs, which has no column "
            "srcaddr, dstport, at line 1 column 8",
        ),
        ("select count(*) from alb_logs", "by its name is not of CloudTrail, at line 1 column 22"),
        (
            "select a.eventname, u.team\nfrom cloudtrail_logs a join users u on u.name = 'x'",
            "no table users, and it cannot be cloudtrail_logs, which has no column team",
        ),
        ("select nothing from cloudtrail_logs", "there is no column nothing, at line 1 column 8"),
        ("select useridentity.shoe from t", "useridentity has no field shoe, at line 1 column 21"),
        ("select resources.arn from t", "resources is a list and has no field arn"),
        ('select * from "t$partitions"', "what Athena knows about a table"),
        ("select * from information_schema.columns", "information_schema.columns is not here"),
        ("select * from read_csv('/etc/passwd')", "no table function read_csv"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(query: str, reason: str) -> None:
    """A table of other logs, a column or field there is not: said with line and column."""
    with pytest.raises(QueryError) as refused:
        translate(query, Dialect.ATHENA, table_names())
    assert reason in str(refused.value)


def test_names_are_no_way_in(athena: Asked) -> None:
    """A hostile name stays a name, and a file's name in place of a table is no file."""
    hostile = '"x"";drop table y;--"'
    assert athena(f"select count(*) from {hostile}").rows() == N_EVENTS
    assert athena("select count(*) from '/etc/passwd'").rows() == N_EVENTS
    with pytest.raises(QueryError, match="a query only reads"):
        athena("with x as (insert into t values (1)) select 1")
    with pytest.raises(QueryError, match="no function getenv"):
        athena("select getenv('HOME')")
