"""Building by the step: on record, one at a time, its failures told and nothing lost by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import queryfile
from pipeline.ask import models as asked
from pipeline.ask.session import open_session
from pipeline.errors import CheckFailed, LakeBusy, UsageError
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.lease import hold
from pipeline.lake.state import list_runs
from pipeline.models.graph import Models, load_models
from pipeline.steps import build as step
from pipeline.steps import models as told
from pipeline.steps.build import BuildOptions, Progress, build
from tests.lakerows import at, commit_rows, event
from tests.smallmodels import ACCOUNTS, write_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models that a test may change."""
    return write_models(tmp_path / "content")


@pytest.fixture(autouse=True)
def _models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the models of the folder be those that come with Trailhouse."""

    def load() -> Models:
        return load_models(folder / "models")

    def references(files: Mapping[str, Path], *_: object) -> Mapping[str, pa.Table]:
        return {"accounts": ACCOUNTS if files else ACCOUNTS.slice(0, 0)}

    for module in (step, told):
        monkeypatch.setattr(module, "load_models", load)
        monkeypatch.setattr(module, "reference_tables", references)
    for module in (asked, queryfile):
        monkeypatch.setattr(module, "content_root", lambda: folder)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake of three days."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    commit_rows(lake, *([event(at(day, hour), hour) for hour in (0, 12, 23)] for day in range(3)))
    return lake


def test_a_build_is_on_record_and_a_second_changes_nothing(lake: Lake) -> None:
    """The run says what was built, with what context; the next finds nothing new."""
    heard: list[Progress] = []
    summary = build(lake, files={"accounts": Path("accounts.csv")}, report=heard.append)
    assert (summary.models_built, summary.views, summary.references_built) == (2, 2, 1)
    with open_session(lake) as session:
        kept = session.sql("select count(*) from total_calls").rows()[0][0]
    written = {model.name: model.rows_written for model in summary.models}
    assert (summary.days_built, written["total_calls"]) == (6, kept)
    assert [progress.done for progress in heard] == [0, 1, 2, 3]
    (run,) = list_runs(lake)
    assert (run.command, run.state, run.parameters["context"]) == ("build", "done", ["accounts"])
    assert (run.summary["models_built"], run.summary["failed"]) == (2, [])
    again = build(lake, files={"accounts": Path("accounts.csv")})
    assert (again.models_built, again.rows_written) == (0, 0)


def test_a_dry_run_says_what_would_be_built_and_why(lake: Lake) -> None:
    """It makes no table, takes no lease and is not on record."""
    with hold(lake, "build"):
        summary = build(lake, BuildOptions(dry_run=True))
    planned = {m.name: m for m in summary.models if m.state == "planned"}
    assert set(planned) == {"accounts", "daily_calls", "total_calls"}
    assert len(planned["daily_calls"].days) == 3
    assert all(model.reason for model in planned.values())
    assert (list_runs(lake), summary.models_planned) == ([], 2)


def test_one_builds_at_a_time(lake: Lake) -> None:
    """A second build is turned away while the first goes on."""
    with hold(lake, "build"), pytest.raises(LakeBusy):
        build(lake)


def test_a_failed_check_is_told_and_keeps_the_last_good_table(lake: Lake, folder: Path) -> None:
    """What depends on it waits; the error names the check, the rows and the next step."""
    build(lake)
    file = folder / "models/intermediate/daily_calls.sql"
    text = file.read_text().replace("count(*) as n_calls", "-count(*) as n_calls")
    file.write_text(text.replace("checks: {", "checks: {rows: {positive: n_calls > 0}, "))
    summary = build(lake)
    states = {model.name: model.state for model in summary.models}
    assert (states["daily_calls"], states["total_calls"]) == ("failed", "stopped")
    with pytest.raises(CheckFailed) as failed:
        summary.raise_failure()
    assert "daily_calls: check rows" in str(failed.value)
    assert "fails for 3 rows" in str(failed.value)
    assert "trailhouse models daily_calls" in failed.value.next_step
    assert "daily_calls" in list_runs(lake, 1)[0].summary["failed"]
    status = {status.name: status for status in told.list_models(lake)}
    assert status["daily_calls"].n_rows == 3


def test_models_tell_how_fresh_they_are(lake: Lake) -> None:
    """Before a build, after it, and when events have come since."""
    before = {status.name: status for status in told.list_models(lake)}
    assert before["daily_calls"].state == "not built"
    assert before["daily_calls"].n_days_waiting == 3
    assert before["calls"].state == "read through"
    build(lake)
    after = {status.name: status for status in told.list_models(lake)}
    total = after["total_calls"]
    assert (total.state, total.n_rows, total.n_days_waiting) == ("current", 1, 0)
    assert total.through is not None
    assert total.through.date() == date(2026, 10, 3)
    assert (after["accounts"].layer, after["accounts"].n_rows) == ("reference", 0)
    commit_rows(lake, [event(at(5), 5)])
    later = {status.name: status for status in told.list_models(lake)}
    assert (later["daily_calls"].state, later["daily_calls"].n_days_waiting) == ("waiting", 1)


def test_a_model_tells_all_of_itself(lake: Lake) -> None:
    """Columns with types once built, what it reads and what reads it, checks and SQL."""
    build(lake)
    detail = told.describe_model(lake, "daily_calls")
    assert detail.columns[2] == ("n_calls", "bigint", "number")
    assert (detail.reads, detail.read_by) == (["calls"], ["busy_days", "total_calls"])
    assert detail.checks == ["one row per event_date, event_name"]
    assert detail.sql.startswith("select event_date")
    with pytest.raises(UsageError, match="no model daily_call; did you mean daily_calls"):
        told.describe_model(lake, "daily_call")
