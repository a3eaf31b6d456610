"""Every model: its header is whole, it runs on a lake with nothing in it, and others can run it.

The linter goes over the same files in `make check`.
"""

from __future__ import annotations

import re
from functools import cache

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from pipeline.lake.catalog import open_lake
from pipeline.models.change_kinds import change_kinds
from pipeline.models.graph import Models
from pipeline.queryfile import content_root
from tests.models.mart import all_models, failures, fill

NAMES = sorted(
    file.name.removesuffix(".sql")
    for layer in ("staging", "intermediate", "marts")
    for file in content_root().joinpath("models", layer).iterdir()
    if file.name.endswith(".sql")
)
CONTRACT = (
    *("events", "event_resources", "sessions", "session_lineage", "principal_audit"),
    *("action_audit", "resource_audit", "resource_history", "principal_resource_access"),
    *("console_logins", "access_denied", "credential_usage", "permission_changes"),
    *("network_changes", "logging_changes", "data_access", "daily_activity"),
)
COUNTED = ("n_calls", "n_changes")
SOURCES = {
    "access-analyzer": ("accessanalyzer",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elb", "elbv2"),
    "elasticmapreduce": ("emr",),
    "es": ("es", "opensearch"),
    "monitoring": ("cloudwatch",),
    "s3": ("s3", "s3control"),
    "ses": ("ses", "sesv2"),
    "sso": ("sso-admin",),
}
"""What botocore calls services whose event source has another name."""

DUCKDB_ONLY = {
    # policies, rules and grants are JSON inside of JSON, which Trino casts otherwise
    *("policy_documents", "policy_statements", "security_group_rules"),
    *("exposed_by_policy", "exposed_by_setting", "exposed_by_sharing"),
    # resources are looked for under every key of a request
    *("resource_calls", "resource_documents", "resource_entries", "resource_parameters"),
    *("resource_arns_typed", "event_resources"),
    # times are read in several formats
    "typed_logs",
    # maps and the record are made of JSON, for queries that were written for CloudTrail Lake
    *("event_data_store", "event_records"),
}
"""Models that only DuckDB runs; what they make are tables like any other."""

UNKNOWN_TO_BOTOCORE = {
    # S3 logs its public access blocks under these names (S3 guide, "CloudTrail events")
    *(("s3", f"{verb}{whose}PublicAccessBlock") for verb in ("Put", "Delete")
      for whose in ("Bucket", "Account")),
    # the API of the Identity Center directory's console, which has no SDK (Identity Center guide,
    # "Logging API calls with CloudTrail")
    *(("sso-directory", name) for name in ("CreateUser", "DeleteUser", "CreateGroup", "DeleteGroup",
                                           "AddMemberToGroup", "RemoveMemberFromGroup")),
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> Models:
    """Give all models."""
    return all_models()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Give every model filled from a lake without events."""
    lake = open_lake(str(tmp_path_factory.mktemp("content") / "lake"), create=True)
    return fill(lake)


def test_the_tables_people_ask_are_there(models: Models) -> None:
    """The names of the tables are a contract."""
    assert set(CONTRACT) <= set(models.names)


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_those_that_the_header_explains(
    name: str, models: Models, empty: duckdb.DuckDBPyConnection
) -> None:
    """A model has the columns its header tells of, in that order, each with its meaning."""
    model = models[name]
    found = [column[0] for column in empty.execute(f"select * from {name}").description or ()]
    assert found == list(model.columns)
    assert all(meaning.strip() for meaning in model.columns.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_lake_without_events_has_empty_tables(
    name: str, empty: duckdb.DuckDBPyConnection
) -> None:
    """No model invents rows."""
    assert empty.execute(f"select count(*) from {name}").fetchone() == (0,)


def test_checks_hold_of_nothing(empty: duckdb.DuckDBPyConnection) -> None:
    """Every check of every model runs, and holds of a lake without events."""
    assert list(failures(empty)) == []


@pytest.mark.parametrize("name", CONTRACT)
def test_tables_people_ask_are_checked(name: str, models: Models) -> None:
    """A table has a grain that is checked; what is a view has it from the tables it reads."""
    model = models[name]
    checked = [model, *(models[source] for source in model.sources if source in models)]
    assert re.search(r"\(\w+(, \w+)*\)", model.grain), "the grain names no columns"
    assert model.materialize == "view" or model.checks.unique
    if set(COUNTED) & set(model.columns):
        assert any(one.checks.reconciles for one in checked), "counts reconcile with the facts"


@pytest.mark.parametrize("name", NAMES)
def test_other_engines_can_run_the_sql(name: str, models: Models) -> None:
    """SQL translates to Trino, whose dialect Athena speaks, but for models known not to."""
    assert name in DUCKDB_ONLY or refusals(models[name].sql) == []


def refusals(sql: str) -> list[str]:
    """Return what of a model's SQL has no counterpart in Trino."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    found = [call.name for call in tree.find_all(exp.Anonymous) if call.name.lower() != "row"]
    found += [str(walk) for walk in tree.find_all(exp.JSONExtract)]
    try:
        sqlglot.parse_one(
            sqlglot.transpile(
                sql,
                read="duckdb",
                write="trino",
                unsupported_level=sqlglot.ErrorLevel.RAISE,
            )[0],
            read="trino",
        )
    except sqlglot.errors.SqlglotError as refused:
        found.append(str(refused))
    return found


@cache
def operations(source: str) -> frozenset[str]:
    """Return the operations that botocore knows of an event source."""
    from botocore.loaders import Loader

    loader = Loader()
    known = set(loader.list_available_services("service-2"))
    names = [name for name in SOURCES.get(source, (source,)) if name in known]
    return frozenset[str]().union(
        *(loader.load_service_model(name, "service-2")["operations"] for name in names)
    )


def test_every_operation_named_exists() -> None:
    """A misspelt operation would never match, and nobody would notice."""
    version = re.compile(r"(20\d{6})?(v\d+)?$")
    unknown = [
        (source, name)
        for source, name in {
            (row["event_source"].removesuffix(".amazonaws.com"), row["event_name"])
            for row in change_kinds().to_pylist()
        }
        if name not in operations(source)
        and version.sub("", name) not in operations(source)
        and (source, name) not in UNKNOWN_TO_BOTOCORE
    ]
    assert unknown == []


def test_an_operation_is_in_an_area_once() -> None:
    """Two rows for one operation and area would count its calls twice."""
    keys = [
        (row["event_source"], row["event_name"], row["area"])
        for row in change_kinds().to_pylist()
        if row["area"] != "creation"
    ]
    assert len(keys) == len(set(keys))
