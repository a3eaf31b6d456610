"""The build flow on a real Prefect server: tables by the step, told in Prefect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.models.graph import load_models
from pipeline.steps import build as step
from tests.flows.conftest import Server
from tests.lakerows import at, commit_rows, event
from tests.smallmodels import ACCOUNTS, write_models


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small models in the place of those that come with Trailhouse."""
    folder = write_models(tmp_path / "content")

    def references(files: Mapping[str, Path], *_: object) -> Mapping[str, pa.Table]:
        return {"accounts": ACCOUNTS if files else ACCOUNTS.slice(0, 0)}

    monkeypatch.setattr(step, "load_models", lambda: load_models(folder / "models"))
    monkeypatch.setattr(step, "reference_tables", references)
    return folder


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake of three days."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    commit_rows(lake, *([event(at(day))] for day in range(3)))
    return lake


@pytest.mark.usefixtures("folder")
def test_a_dry_run_says_what_would_be_built_and_a_run_builds_it(
    prefect: Server, lake: Lake
) -> None:
    """Both leave their name and a page of each table; the summary is what the flow returns."""
    from flows.build import build_flow

    state = build_flow(lake=lake.location, dry_run=True, return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    assert (run.state_name, run.name) == (
        "Completed",
        f"say what would be built in {lake.location}",
    )
    assert "2 would be built" in prefect.artifacts(run.id)["build-summary"]

    state = build_flow(lake=lake.location, select=["+total_calls"], return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    artifacts = prefect.artifacts(run.id)
    assert (run.state_name, run.name) == ("Completed", f"build +total_calls in {lake.location}")
    page = artifacts["build-summary"].replace("\\", "")
    assert "| daily_calls | daily | built | 3 | 2026-10-01 | 2026-10-03 |" in page
    assert "2 built" in artifacts["build-progress"]
    assert state.result()["models_built"] == 2


def test_a_failed_check_fails_the_run_once(prefect: Server, lake: Lake, folder: Path) -> None:
    """The state names the check and the next step, the page has the rows; nothing is retried."""
    from flows.build import build_flow

    file = folder / "models/intermediate/daily_calls.sql"
    text = file.read_text()
    file.write_text(text.replace("checks: {", "checks: {rows: {many: n_calls > 9}, "))
    state = build_flow(lake=lake.location, return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    assert run.state_name == "Failed"
    assert run.state is not None
    assert "daily_calls: check rows" in str(run.state.message)
    assert "trailhouse models daily_calls" in str(run.state.message)
    page = prefect.artifacts(run.id)["build-summary"].replace("\\", "")
    assert "### daily_calls: rows" in page
    assert "| total_calls | needs daily_calls |" in page


def test_a_deployment_is_of_the_module(prefect: Server) -> None:
    """It can be served on a schedule, one run at a time."""
    from flows import build

    deployment = build.deployment(cron="0 4 * * *")
    assert (deployment.name, deployment.entrypoint) == ("scheduled", "flows.build.build_flow")
