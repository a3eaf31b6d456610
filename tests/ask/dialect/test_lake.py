"""CloudTrail Lake: an event data store with its documented columns and types."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipeline.ask.dialect.schema import STORE_COLUMNS
from pipeline.errors import QueryError
from pipeline.ingest.restore import restore
from pipeline.lake.catalog import Lake
from tests.ask.dialect.conftest import BUCKET, KEY, Asked

FROM = "from 4a1b2c3d-1111-2222-3333-0123456789ab"
READS = "eventname = 'GetObject' and eventtime < '2026-10-02 00:00:00'"


def test_all_columns_are_the_documented_ones(store: Asked) -> None:
    """A star has AWS's columns in AWS's order, times, maps and booleans as such."""
    answer = store(f"select * {FROM} where {READS}")
    assert tuple(answer.columns) == STORE_COLUMNS
    kinds = dict(zip(answer.columns, answer.types, strict=True))
    assert kinds["eventtime"] == "TIMESTAMP"
    assert kinds["requestparameters"] == "MAP(VARCHAR, VARCHAR)"
    assert kinds["readonly"] == "BOOLEAN"
    row = dict(zip(answer.columns, answer.rows()[0], strict=True))
    assert row["eventtime"] == datetime(2026, 10, 1, 12)
    assert row["requestparameters"] == {
        "bucketName": "plans",
        "key": "a/b.txt",
        "n": '{"deep":[1]}',
    }
    assert row["readonly"] is True
    assert row["useridentity"]["sessioncontext"]["attributes"]["creationdate"].year == 2026
    assert list(row["resources"][0]) == ["accountid", "type", "arn", "arnprefix"]


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("element_at(requestParameters, 'bucketName')", "plans"),
        ("requestparameters['bucketName']", "plans"),
        ("element_at(requestparameters, 'nope')", None),
        ("element_at(responseelements, 'x')", None),
        ("json_extract_scalar(element_at(requestparameters, 'n'), '$.deep[0]')", "1"),
        ("cardinality(requestparameters)", 3),
        ("readonly", True),
        ("not readonly", False),
        ("useridentity.sessioncontext.attributes.creationdate", datetime(2026, 10, 1)),
        ("resources[1].arn", KEY),
        ("element_at(resources, 2).arn", BUCKET),
        ("eventtime", datetime(2026, 10, 1, 12)),
        ("date_format(eventtime, '%Y-%m')", "2026-10"),
        ("day_of_week(eventtime)", 4),
    ],
)
@pytest.mark.parametrize("within", ["", "(select * ", "(select eventjson as j, * "])
def test_columns_read_from_the_facts_are_those_of_the_view(
    store: Asked, item: str, value: object, within: str
) -> None:
    """Whether a query reads the facts or the view, it says the same."""
    source = f"{FROM} where {READS}"
    query = f"select {item} from {within}{source}) x" if within else f"select {item} {source}"
    answer = store(query)
    assert answer.rows() == [(value,)]
    assert ("event_data_store" in answer.sql) is bool(within)


def test_a_missing_key_is_an_error_of_a_subscript(store: Asked) -> None:
    """As Trino has it: element_at gives null, a subscript fails."""
    with pytest.raises(QueryError, match="Key not present in map: nope"):
        store(f"select requestparameters['nope'] {FROM} where {READS}").rows()


def test_resources_unnest_in_their_order(store: Asked) -> None:
    """Rows become columns in the order that CloudTrail Lake has them in."""
    query = (
        f"select r.arn, kind {FROM} cross join unnest(resources) as r(account, kind, arn, prefix) "
        f"where {READS} order by 1"
    )
    assert store(query).rows() == [(BUCKET, "AWS::S3::Bucket"), (KEY, "AWS::S3::Object")]


def test_the_record_is_whole(store: Asked, trail: Lake) -> None:
    """eventjson is the record, as JSON equal to what is given back of a row."""
    from pipeline.ask.session import open_session

    with open_session(trail) as session:
        rows = session.sql("from cloudtrail_logs order by eventid").arrow().to_pylist()
    found = store(f"select eventjson {FROM} order by eventid").rows()
    assert [json.loads(text) for (text,) in found] == [restore(row) for row in rows]
    assert store(f"select count(*) {FROM} where eventjson like '%plans/a%'").rows() == [(10,)]


def test_there_are_no_partitions(store: Asked) -> None:
    """An event data store has no partition columns; a query that names one is refused."""
    with pytest.raises(QueryError, match="event_data_store, which has no column year"):
        store(f"select count(*) {FROM} where year = '2026'")


def test_a_field_of_a_map_is_a_mistake(store: Asked) -> None:
    """A dot on a map is refused, or with --lenient read as its entry."""
    query = f"select requestparameters.bucketName {FROM} where {READS}"
    with pytest.raises(QueryError, match="requestparameters is a map and has no field"):
        store(query)
    assert store(query, lenient=True).rows() == [("plans",)]


def test_times_are_in_utc(store: Asked) -> None:
    """Text and times without a zone are UTC, and now() is comparable."""
    query = f"select count(*) {FROM} where eventtime = '2026-10-01 12:00:00' and eventtime < now()"
    expected = 1 if datetime.now(UTC) > datetime(2026, 10, 2, tzinfo=UTC) else 0
    assert store(query).rows() == [(expected,)]


def test_a_definition_may_have_the_facts_name(store: Asked) -> None:
    """What a query defines as cloudtrail_logs or event_data_store hides neither from the others."""
    for name in ("cloudtrail_logs", "event_data_store"):
        query = f"with {name} as (select 1 as one), b as (select eventid {FROM}) select count(*) n "
        assert store(query + f"from b, {name}").rows() == [(30,)]
