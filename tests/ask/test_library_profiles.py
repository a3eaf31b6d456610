"""Saved questions that compare days, shares or kinds: judged on tables filled by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipeline.ask.files import TableFiles, list_files
from pipeline.errors import QueryError
from pipeline.lake.catalog import open_lake
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import read_lake
from tests.ask.casebook import Case

MARCH = {"since": "2026-03-01", "until": "2026-04-01"}
HOME = "111122223333"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

Tables = Callable[..., Case]


@pytest.fixture(scope="module")
def no_facts(tmp_path_factory: pytest.TempPathFactory) -> TableFiles:
    """The facts of a lake that has none."""
    lake = open_lake(str(tmp_path_factory.mktemp("none") / "lake"), create=True)
    return list_files(read_lake(lake).tables[LOGS.name])


@pytest.fixture
def tables(no_facts: TableFiles) -> Tables:
    """Return a function that makes tables of rows given as SQL."""

    def make(**texts: str) -> Case:
        connection = duckdb.connect()
        connection.execute("set TimeZone = 'UTC'")
        for name, sql in texts.items():
            connection.execute(f"create table {name} as {sql}")
        return Case(connection, no_facts)

    return make


def picked(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of rows."""
    return [tuple(row[name] for name in names) for row in rows]


def activity(*rows: str) -> str:
    """Return days of activity: day, region, service, calls."""
    listed = ", ".join(rows)
    return (
        "select date '2026-03-01' + day as event_date, region, service, n_calls, "
        f"'{HOME}' as account_id, 'home' as account_name, 1 as n_writes, 0 as n_errors "
        f"from (values {listed}) as given(day, region, service, n_calls)"
    )


def test_a_day_far_above_the_median(tables: Tables) -> None:
    """A day counts that has more than three times the median, and enough calls to matter."""
    days = [f"({day}, 'eu', 's3', 10)" for day in range(9)]
    case = tables(daily_activity=activity(*days, "(9, 'eu', 's3', 100)", "(9, 'eu', 'sts', 5)"))
    rows = case.rows("unusual-volume", **MARCH)
    assert picked(rows, "service", "n_calls", "usual", "times_usual") == [("s3", 100, 10.0, 10.0)]
    assert case.rows("unusual-volume", times=10, **MARCH) == []


def test_a_region_with_a_small_share(tables: Tables) -> None:
    """The share is that of all the account's calls of the period."""
    case = tables(
        daily_activity=activity("(0, 'eu', 's3', 995)", "(1, 'ap', 'ec2', 4)", "(2, 'ap', 's3', 1)")
    )
    (row,) = case.rows("unusual-regions", **MARCH)
    assert (row["region"], row["n_calls"], row["share_percent"]) == ("ap", 5, 0.5)
    assert row["services"] == ["ec2", "s3"]
    assert case.rows("unusual-regions", percent=0, **MARCH) == []


def test_reading_more_than_on_other_days(tables: Tables) -> None:
    """A day is judged by the other days, not by itself; a first day only by how much it reads."""
    case = tables(
        data_access="select date '2026-03-01' + day as event_date, principal_id, n_reads, "
        f"'b' as resource_arn, 1 as bytes_out, '{HOME}' as account_id, 'home' as account_name "
        "from (values (0, 'ada', 10), (1, 'ada', 12), (2, 'ada', 70), (0, 'bob', 60), "
        "(1, 'bob', 61), (5, 'eve', 80), (6, 'tim', 9)) as given(day, principal_id, n_reads)"
    )
    rows = case.rows("unusual-downloads", **MARCH)
    assert picked(rows, "principal_id", "n_reads", "usual") == [("eve", 80, None), ("ada", 70, 11)]


def test_addresses_that_are_new_to_who_was_there_before(tables: Tables) -> None:
    """Only principals that were active before the period have new addresses."""
    given = (
        "select * from (values ('ada', date '2026-02-20', ['a', 'b']), "
        "('ada', date '2026-03-02', ['b', 'c']), ('bob', date '2026-02-20', ['a']), "
        "('bob', date '2026-03-02', ['z']), ('eve', date '2026-03-02', ['a'])) "
        "as given(principal_id, event_date, source_ips)"
    )
    case = tables(
        sessions=given, key_days=f"from ({given}) limit 0", principal_audit="select 1 as n"
    )
    rows = case.rows("new-addresses", **MARCH)
    assert picked(rows, "principal_id", "source_ip", "n_before", "is_only_new") == [
        ("bob", "z", 1, True),
        ("ada", "c", 2, False),
    ]


def test_principals_and_keys_by_their_age(tables: Tables) -> None:
    """Idle is who has not called for so many days; old is a key whose age is so much or unknown."""
    case = tables(
        principal_audit="select principal_id, kind as principal_type, time as last_event_time, "
        "time as first_event_time, 1 as n_calls, 1 as n_writes, ['x'] as humans, "
        f"'home' as account_name, '{HOME}' as principal_account_id from (values "
        "('a', 'user', timestamptz '2026-03-01 12:00'), ('b', 'role', timestamptz '2026-03-25'), "
        "('c', 'aws_service', timestamptz '2026-03-01')) as given(principal_id, kind, time)",
        credential_usage="select key as access_key_id, 'p' as principal_id, 'p' as principal_name, "
        "age as age_days, null::timestamptz as created_time, timestamptz '2026-03-09' as "
        f"last_event_time, 3 as n_calls, 'home' as account_name, '{HOME}' as account_id, "
        "date '2026-03-09' as event_date from (values ('K1', 100), ('K2', 5), ('K3', null)) "
        "as given(key, age)",
    )
    idle = case.rows("idle-principals", days=20, **MARCH)
    assert picked(idle, "principal_id", "days_idle") == [("a", 30)]
    old = case.rows("old-keys", **MARCH)
    assert picked(old, "access_key_id", "age_days") == [("K1", 100), ("K3", None)]


def test_changes_by_hand_against_automation(tables: Tables) -> None:
    """The console or a human is by hand; a service or a listed automation is not; else unknown."""
    case = tables(
        changes_in_context="select timestamptz '2026-03-05' as event_time, 'ec2.amazonaws.com' as "
        "event_source, 'RunInstances' as event_name, false as is_error, null::boolean as "
        "is_management_event, human as root_human, 'p' as root_principal_id, 'p' as principal_id, "
        f"'{HOME}' as account_id, 'home' as account_name, told as human, automation, is_console "
        "from (values ('ada', 'ada', 'no', false), (null, 'not listed', 'no', true), "
        "('ada', 'ada', 'terraform', true), (null, 'not a person', 'no', false), "
        "(null, 'not found', 'cannot tell', null)) as given(human, told, automation, is_console)"
    )
    (row,) = case.rows("manual-changes", **MARCH)
    assert (row["n_manual"], row["n_automated"], row["n_unknown"]) == (2, 2, 1)
    assert row["share_percent"] == 50.0


def test_changes_that_give_more_power(tables: Tables) -> None:
    """Each kind of escalation says why; giving another a plain policy is none."""
    wide = '{"Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}'
    changes = pa.table(
        {
            "event_name": [
                *("AttachUserPolicy", "PutUserPolicy", "AttachUserPolicy", "CreateAccessKey"),
                *("CreateAccessKey", "DeleteUserPermissionsBoundary", "AttachUserPolicy"),
            ],
            "kind": ["grant", "grant", "grant", "credential", "credential", "boundary", "grant"],
            "change": ["added"] * 5 + ["removed", "added"],
            "target_arn": ["bob", "bob", "ada", "bob", "ada", "bob", "bob"],
            "policy_arn": [ADMINISTRATOR, None, "p", None, None, None, "p"],
            "policy_document": [None, wide, None, None, None, None, None],
        }
    )
    case = tables()
    case.connection.register("given", changes)
    case.connection.execute(
        "create table permission_changes as select *, timestamptz '2026-03-05' as event_time, "
        "'ada' as principal_id, 'ada' as root_principal_id, null as root_human, 'certain' as "
        "root_confidence, target_arn as target, null as policy_name, true as is_success, "
        f"'{HOME}' as account_id, 'home' as account_name, 'none' as approval, null as source_ip, "
        "row_number() over () as event_id from given"
    )
    rows = case.rows("escalations", **MARCH)
    assert picked(rows, "event_id", "why", "is_own") == [
        (1, "gives administrator rights", False),
        (2, "allows everything, or all of IAM", False),
        (3, "gives something to itself", True),
        (4, "makes credentials of another", False),
        (6, "removes a boundary", False),
    ]


def test_tables_of_another_version_are_told(tables: Tables) -> None:
    """Where a table lacks a column that our question reads, a build is what helps."""
    case = tables(network_changes="select 1 as event_id")
    with pytest.raises(QueryError, match="another version than network-changes is of; run: trail"):
        case.rows("network-changes", **MARCH)
