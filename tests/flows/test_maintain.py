"""The maintain flow on a real Prefect server: upkeep by the step, told in Prefect."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lake.catalog import Lake, open_lake
from tests.events import rows
from tests.flows.conftest import Server
from tests.lakerows import at, commit_rows, event


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with six small files in one day."""
    lake = open_lake(str(tmp_path / "lake"), create=True)
    commit_rows(lake, *([event(at(0, hour), hour)] for hour in range(6)))
    return lake


def test_a_dry_run_says_what_would_be_done_and_upkeep_does_it(prefect: Server, lake: Lake) -> None:
    """The dry run changes nothing; the run merges the small files and keeps each event."""
    from flows.maintain import maintain_flow

    table = lake.table("cloudtrail_logs")
    before = table.current_snapshot()
    state = maintain_flow(lake=lake.location, dry_run=True, return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    assert (run.state_name, run.name) == (
        "Completed",
        f"say what maintain would do in {lake.location}",
    )
    assert "6 files would be compacted" in prefect.artifacts(run.id)["maintain-summary"]
    assert lake.table("cloudtrail_logs").current_snapshot() == before

    state = maintain_flow(lake=lake.location, return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    artifacts = prefect.artifacts(run.id)
    assert (run.state_name, run.name) == ("Completed", f"maintain {lake.location}")
    assert "| files written | 1 |" in artifacts["maintain-summary"]
    assert "6 files compacted" in artifacts["maintain-progress"]
    assert len(rows(lake)) == 6


def test_a_lake_that_is_not_there_fails_with_how_to_make_one(
    prefect: Server, tmp_path: Path
) -> None:
    """Upkeep makes no lake, and what the user has to change is not tried again."""
    from flows.maintain import maintain_flow

    state = maintain_flow(lake=str(tmp_path / "none"), return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    assert run.state_name == "Failed"
    assert run.state is not None
    assert "make one with: trailhouse ingest SOURCE" in str(run.state.message)
