"""The table is open: Polars and PyIceberg read from it what DuckDB reads."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.ask.session import open_session
from pipeline.lake.catalog import Lake
from tests.lakerows import at, commit_rows, event

pytestmark = pytest.mark.usefixtures("_plain_planner")

_IDENTITY = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111111111111:assumed-role/Deploy/é",
    "onbehalfof": {"userid": "u", "identitystorearn": None},
    "sessioncontext": {
        "attributes": {
            "mfaauthenticated": "false",
            "creationdate": "2026-10-01T00:00:00Z",
        },
        "sessionissuer": {"type": "Role", "username": "Deploy"},
        "webidfederationdata": {
            "federatedprovider": "arn:aws:iam::111111111111:oidc-provider/x",
            "attributes": [("sub", "repo:a/b"), ("aud", "sts")],
        },
    },
}


@pytest.fixture
def _plain_planner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Polars plan with PyIceberg: its faster planner is a package of its own."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")


@pytest.fixture
def nested(lake: Lake) -> Lake:
    """A lake with structs, maps, lists, nulls and microseconds, over days and commits."""
    full = event(
        at(0).replace(microsecond=123456),
        useridentity=_IDENTITY,
        resources=[
            {"arn": "arn:aws:s3:::a", "accountid": "1", "type": "AWS::S3::Bucket"},
            {},
        ],
        requestparameters='{"bucketName":"a","n":[1,2]}',
        event_key=-(2**62),
        source_position=7,
    )
    commit_rows(lake, [full, event(at(0, 1), resources=[])], [event(at(1))])
    commit_rows(lake, [event(at(2), useridentity=None)])
    return lake


def test_polars_reads_the_same(nested: Lake) -> None:
    """Polars' scan_iceberg on the table's metadata gives DuckDB's rows, nested values included."""
    metadata = nested.table("cloudtrail_logs").metadata_location
    theirs = pl.scan_iceberg(metadata).sort("event_time").collect()
    with open_session(nested) as session:
        ours = session.sql("from cloudtrail_logs order by event_time").polars()
    assert theirs.height == 4
    assert theirs.rows() == ours.select(theirs.columns).rows()


def test_polars_prunes_and_filters_the_same(nested: Lake) -> None:
    """A filter on time gives the same rows through Polars."""
    metadata = nested.table("cloudtrail_logs").metadata_location
    since = at(1, 0)
    theirs = pl.scan_iceberg(metadata).filter(pl.col("event_time") >= since)
    with open_session(nested) as session:
        ours = session.sql("select eventid from cloudtrail_logs where event_time >= ?", [since])
        assert_frame_equal(theirs.select("eventid").collect(), ours.polars(), check_row_order=False)


def test_pyiceberg_reads_the_same(nested: Lake) -> None:
    """PyIceberg's own scan gives DuckDB's rows, nested values included."""
    theirs = nested.table("cloudtrail_logs").scan().to_arrow().sort_by("event_time")
    with open_session(nested) as session:
        ours = session.sql("from cloudtrail_logs order by event_time").arrow()
    assert theirs.column_names == ours.column_names
    assert theirs.to_pylist() == [_as_pyiceberg_has_it(row) for row in ours.to_pylist()]


def _as_pyiceberg_has_it(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the one fault of PyIceberg 0.12: it reads a null list of structs as empty.

    Its projection rebuilds such lists from their offsets alone, which hold no nulls.
    """
    return row | {"resources": row["resources"] or []}


def test_pyiceberg_filters_the_same(nested: Lake) -> None:
    """PyIceberg's filter on time prunes to the same rows."""
    scan = nested.table("cloudtrail_logs").scan(
        row_filter="event_time >= '2026-10-02T00:00:00+00:00'"
    )
    with open_session(nested) as session:
        ours = session.sql("select count(*) from cloudtrail_logs where event_date >= '2026-10-02'")
        assert ours.rows() == [(scan.to_arrow().num_rows,)]
    assert len(list(scan.plan_files())) == 2
