"""Models in SQL: tables, rollups, references and views, asked as the lake's own tables are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import queryfile
from pipeline.ask import models as asked
from pipeline.ask.session import Session, open_session
from pipeline.errors import QueryError
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.schema import TABLES
from pipeline.models.graph import load_models
from pipeline.models.run import build
from tests.lakerows import at, commit_rows, event
from tests.smallmodels import ACCOUNTS, write_models


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four models: two views, a daily one and a rollup."""
    return write_models(tmp_path_factory.mktemp("content"))


@pytest.fixture(autouse=True)
def _models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let these be the models that come with Trailhouse."""
    monkeypatch.setattr(asked, "content_root", lambda: folder)
    monkeypatch.setattr(queryfile, "content_root", lambda: folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Lake:
    """A lake of ten days, a file each, with its models built."""
    lake = open_lake(str(tmp_path_factory.mktemp("built") / "lake"), create=True)
    commit_rows(lake, *([event(at(day, hour), hour) for hour in (0, 12, 23)] for day in range(10)))
    result = build(lake, load_models(folder / "models"), {"accounts": ACCOUNTS})
    assert result.is_good
    return lake


@pytest.fixture
def session(built: Lake) -> Iterator[Session]:
    """The built lake, open for questions."""
    with open_session(built) as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "n_rows"),
    [
        ("from calls", 30),
        ("from CALLS", 30),
        ("from daily_calls", 10),
        ("from total_calls", 1),
        ("from total_calls__days", 10),
        ("from busy_days", 10),
        ("from accounts", 1),
        ("from calls join busy_days using (event_date)", 30),
        ("select (select count(*) from daily_calls) as n from accounts", 1),
        ("describe calls", 5),
        ("describe daily_calls", 3),
        ("summarize total_calls", 2),
        ("from query('from daily_calls')", 10),
    ],
)
def test_models_are_tables_like_any_other(session: Session, query: str, n_rows: int) -> None:
    """Tables of models, references and views can be named wherever a table can."""
    assert len(session.sql(query).rows()) == n_rows


def test_all_of_them_are_listed(session: Session) -> None:
    """`tables` and `show tables` name the lake's own tables, then those of models and views."""
    names = [*TABLES, "accounts", "busy_days", "calls", "daily_calls", "total_calls"]
    assert session.tables() == names
    shown = {name for (name,) in session.sql("show tables").rows()}
    assert shown >= set(names)


@pytest.mark.parametrize(
    ("query", "table", "n_files"),
    [
        ("from calls where event_date = '2026-10-03'", "cloudtrail_logs", 1),
        ("from calls where event_time >= '2026-10-09'", "cloudtrail_logs", 2),
        ("from calls where event_date = $1", "cloudtrail_logs", 1),
        (
            "with c as (select * from calls) select count(*) from c where event_date"
            " between '2026-10-02' and '2026-10-04'",
            "cloudtrail_logs",
            3,
        ),
        ("from (from calls limit 5) where event_date = '2026-10-03'", "cloudtrail_logs", 10),
        ("from calls where account_name = 'main'", "cloudtrail_logs", 10),
        ("from daily_calls where event_date = '2026-10-03'", "daily_calls", 1),
        ("from busy_days where event_date < '2026-10-03'", "daily_calls", 2),
    ],
)
def test_days_reach_the_files_below_a_view(
    session: Session, query: str, table: str, n_files: int
) -> None:
    """A condition on a view's time or day decides which files of what it reads are read."""
    answer = session.sql(query, ["2026-10-03"] if "$1" in query else None)
    plans = {plan.table: plan for plan in answer.plan.tables}
    assert plans[table].read.n_files == n_files
    assert plans[table].whole.n_files == 10
    assert plans[table].whole.n_days == 10


def test_a_name_of_the_query_itself_is_no_model(session: Session) -> None:
    """A common table expression hides the model of its name."""
    query = "with total_calls as (select 1 as one) from total_calls"
    assert session.sql(query).rows() == [(1,)]
    assert session.sql("with calls as (from calls) select count(*) from calls").rows() == [(30,)]


def test_the_lakes_own_tables_look_for_no_models(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query of the facts alone costs what it did before there were models."""
    looked: list[object] = []
    monkeypatch.setattr(asked.Named, "find", lambda *given: looked.append(given) or "")
    session.sql("with c as (from cloudtrail_logs) from c, ingest_objects").rows()
    assert not looked
    with pytest.raises(QueryError):
        session.sql("from calls")
    assert looked


def test_an_older_moment_has_its_own_rows(built: Lake, folder: Path, tmp_path: Path) -> None:
    """`at` asks tables of models as they were then, and views over what was then."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    models = load_models(folder / "models")
    commit_rows(lake, [event(at(0), 1)])
    build(lake, models, {"accounts": ACCOUNTS})
    before = datetime.now(UTC)
    commit_rows(lake, [event(at(1), 2)])
    build(lake, models, {"accounts": ACCOUNTS})
    with open_session(lake) as session:
        count = "select count(*) from "
        for name, now, then in (("calls", 2, 1), ("daily_calls", 2, 1), ("accounts", 1, 1)):
            assert session.sql(count + name).rows() == [(now,)]
            assert session.sql(count + name, at=before).rows() == [(then,)]
        first = session.sql("from total_calls", at=before).rows()
        assert [n for _, n in first] == [1]


def test_what_no_build_has_made_says_so(folder: Path, tmp_path: Path) -> None:
    """A model without its table, or over one, names what is missing and the command."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    with open_session(lake) as session:
        for query, told in (
            ("from daily_calls", "the model daily_calls was not built yet; run: trailhouse build"),
            ("from calls", "calls reads accounts, which was not built yet; run: trailhouse build"),
            ("from busy_days", "busy_days reads daily_calls, which was not built yet; run: "),
            ("from accounts", "the model accounts was not built yet"),
        ):
            with pytest.raises(QueryError) as refused:
                session.sql(query)
            assert told in str(refused.value)
        with pytest.raises(QueryError, match="trailhouse models"):
            session.sql("from no_such_table")
        assert session.sql("with calls as (select 1) from calls").rows() == [(1,)]
