"""Sessions: one snapshot a query, answers in every form, and nothing of the lake is writable."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import pipeline
from pipeline.ask.session import Session, open_session
from pipeline.errors import LakeError, QueryError, SnapshotNotFound
from pipeline.lake.catalog import Lake
from pipeline.lake.schema import TABLES
from tests.lakerows import at, commit_rows, event

_BY_DAY = "select event_date, count(*) as n from cloudtrail_logs group by 1 order by 1"


def test_answers_come_as_arrow_polars_rows_and_relation(session: Session) -> None:
    """One answer can be had in every form, and each holds the same rows."""
    with session.sql(_BY_DAY) as answer:
        assert answer.columns == ["event_date", "n"]
        assert answer.types == ["DATE", "BIGINT"]
        rows = answer.rows()
        assert len(rows) == 10
        assert answer.polars().rows() == rows
        assert [tuple(row.values()) for row in answer.arrow().to_pylist()] == rows
        assert answer.duckdb().filter("n > 3").fetchall() == [(at(9).date(), 4)]


def test_batches_stream(session: Session) -> None:
    """Batches are of the asked size and never held whole."""
    with session.sql("select i from range(50000) as t(i)") as answer:
        reader = answer.batches(10_000)
        assert isinstance(reader, pa.RecordBatchReader)
        sizes = [batch.num_rows for batch in reader]
    assert sum(sizes) == 50_000
    assert max(sizes) <= 10_240


def test_a_refusal_in_the_middle_of_a_stream_is_a_query_error(session: Session) -> None:
    """What goes wrong after the first batches is told as any other refusal."""
    query = "select cast(if(i = 90000, 'x', '1') as integer) from range(100000) as t(i)"
    with (
        session.sql(query) as answer,
        pytest.raises(QueryError, match="Could not convert"),
    ):
        for _ in answer.batches(1000):
            pass
    with pytest.raises(QueryError, match="Could not convert"):
        session.sql(query).polars()


def test_now_is_one_moment(session: Session) -> None:
    """An answer that is read twice says the same twice."""
    with session.sql("select now(), current_date") as answer:
        assert answer.rows() == answer.rows()


def test_times_are_utc(session: Session) -> None:
    """Times come out in UTC, whatever the machine's own zone."""
    query = "select max(event_time), strftime(max(event_time), '%H:%M') from cloudtrail_logs"
    ((moment, text),) = session.sql(query).rows()
    assert (moment, moment.utcoffset()) == (at(9, 23), timedelta(0))
    assert text == "23:00"


def test_parameters_are_bound_never_spliced(session: Session) -> None:
    """A value that looks like SQL is only a value."""
    evil = "' or 1=1 --"
    answer = session.sql("select count(*) from cloudtrail_logs where eventname = ?", [evil])
    assert answer.rows() == [(0,)]
    with pytest.raises(QueryError, match=r"Values were not provided.*give --param \w+=VALUE"):
        session.sql("select $missing").rows()


def test_older_snapshots_can_be_asked(lake: Lake) -> None:
    """A snapshot id or an instant gives the lake as it was, and one snapshot stays as it is."""
    commit_rows(lake, [event(at(0))])
    first = lake.table("cloudtrail_logs").current_snapshot()
    assert first is not None
    with open_session(lake) as session:
        kept = session.snapshot()
        commit_rows(lake, [event(at(1))])
        count = "select count(*) from cloudtrail_logs"
        assert session.sql(count).rows() == [(2,)]
        assert session.sql(count, at=first.snapshot_id).rows() == [(1,)]
        moment = datetime.fromtimestamp(first.timestamp_ms / 1000, UTC)
        assert session.sql(count, at=moment).rows() == [(1,)]
        assert kept.sql(count).rows() == [(1,)]
        with pytest.raises(SnapshotNotFound):
            session.sql(count, at=moment - timedelta(days=1))
        with pytest.raises(SnapshotNotFound):
            session.sql(count, at=12345)


def test_an_empty_lake_answers(lake: Lake) -> None:
    """Before the first event every table is there, typed and empty."""
    with open_session(lake) as session:
        for name in TABLES:
            assert session.sql(f"select count(*) from {name}").rows() == [(0,)]
        assert session.tables()[: len(TABLES)] == list(TABLES)
        assert {row[0] for row in session.sql("show tables").rows()} >= set(TABLES)


def test_local_files_join_the_lake(session: Session, tmp_path: Path) -> None:
    """An analyst's CSV can be read beside the tables."""
    suspects = tmp_path / "suspects.csv"
    suspects.write_text("name\nGetObject\n")
    query = f"select count(*) from cloudtrail_logs join '{suspects}' on name = eventname"
    assert session.sql(query).rows() == [(31,)]


def test_python_variables_are_out_of_reach(session: Session) -> None:
    """A frame of ours that happens to have a name is no table."""
    frame = pl.DataFrame({"x": [1]})
    with pytest.raises(QueryError, match="frame does not exist"):
        session.sql("select * from frame").rows()
    assert frame.height == 1


def test_settings_and_extensions_stay_locked(session: Session) -> None:
    """Nothing is fetched from the network and no setting can be changed."""
    with pytest.raises(QueryError, match="httpfs"):
        session.sql("select * from 'https://localhost/x.csv'").rows()
    with pytest.raises(QueryError):
        session.sql("set autoinstall_known_extensions = true")


def test_a_misspelt_table_gets_its_candidate(session: Session) -> None:
    """A wrong table name is answered with the right one."""
    with pytest.raises(QueryError, match=r"did you mean cloudtrail_logs\?"):
        session.sql("select * from cloudtrial_logs")


def test_explain_shows_the_files_too(session: Session) -> None:
    """The plan says which snapshot, files, days, rows and bytes a query reads."""
    answer = session.sql("select * from cloudtrail_logs where event_date >= '2026-10-09'")
    (plan,) = answer.plan.tables
    snapshot = session.lake.table("cloudtrail_logs").current_snapshot()
    assert snapshot is not None
    assert plan.snapshot_id == snapshot.snapshot_id
    assert (plan.read.n_files, plan.whole.n_files) == (3, 11)
    assert (plan.read.n_rows, plan.whole.n_rows) == (7, 31)
    assert (plan.read.n_days, plan.whole.n_days) == (2, 10)
    assert (plan.read.first_day, plan.read.last_day) == (at(8).date(), at(9).date())
    assert 0 < plan.read.n_bytes < plan.whole.n_bytes
    assert "event_date_high >= '2026-10-09'" in plan.condition


def test_the_package_opens_lakes_without_loading_the_heavy_parts(
    ten_days: Lake,
) -> None:
    """`pipeline.open_lake` is there, and `import pipeline` alone loads none of what it needs."""
    code = "import pipeline, sys; print([m for m in ('duckdb', 'pyarrow') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    with pipeline.open_lake(ten_days.location) as opened:
        assert opened.sql("select count(*) from cloudtrail_logs").polars().item() == 31
    with pytest.raises(AttributeError):
        pipeline.no_such_thing  # noqa: B018  # the look-up is what is tested


def test_no_lake_is_told(tmp_path: Path) -> None:
    """Opening what is no lake says so, and how to make one."""
    with pytest.raises(LakeError, match=r"no lake at .*trailhouse ingest"):
        pipeline.open_lake(tmp_path / "nothing")
