"""The ingest flow on a real Prefect server: it does what the step does, and tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import open_lake
from pipeline.lake.state import list_runs
from tests.events import document, event, rows, trail_name
from tests.flows.conftest import Server


def test_a_run_takes_in_what_is_new_and_says_so(
    prefect: Server, trail: Path, tmp_path: Path
) -> None:
    """The lake has each event once; the run has a name that says what, a bar and a page."""
    from flows.ingest import ingest_flow

    lake = str(tmp_path / "lake")
    state = ingest_flow(lake=lake, sources=[str(trail)], from_="2026-02-01", return_state=True)
    run = prefect.run(state.state_details.flow_run_id)
    assert (run.state_name, run.name) == (
        "Completed",
        f"ingest {trail} into {lake} from 2026-02-01",
    )
    assert len(rows(open_lake(lake))) == 4
    artifacts = prefect.artifacts(run.id)
    assert "5 records read, 4 rows added, 1 duplicates" in artifacts["ingest-progress"]
    assert "| rows added | 4 |" in artifacts["ingest-summary"]
    again = ingest_flow(lake=lake, sources=[str(trail)])
    assert (again["objects_found"], again["objects_new"], again["rows_added"]) == (2, 0, 0)


def test_what_is_not_given_comes_from_the_settings(
    prefect: Server, trail: Path, tmp_path: Path
) -> None:
    """A run without parameters ingests the sources of trailhouse.toml into its lake."""
    from flows.ingest import ingest_flow

    (tmp_path / "trailhouse.toml").write_text('lake = "kept"\nsources = ["trail"]\n')
    state = ingest_flow(return_state=True)
    assert state.is_completed()
    assert prefect.run(state.state_details.flow_run_id).name == "ingest the configured sources"
    (recorded,) = list_runs(open_lake("kept"))
    assert (recorded.state, recorded.summary["rows_added"]) == ("done", 4)


def test_objects_that_failed_are_told_with_their_next_step(
    prefect: Server, trail: Path, tmp_path: Path
) -> None:
    """What could not be read does not fail the run, and is on its page by state."""
    from flows.ingest import ingest_flow

    broken = trail / trail_name(9).lstrip("/")
    broken.write_bytes(b"\x1f\x8b\x08" + document(event(9)))
    state = ingest_flow(lake=str(tmp_path / "lake"), sources=[str(trail)], return_state=True)
    page = prefect.artifacts(state.state_details.flow_run_id)["ingest-summary"]
    assert state.is_completed()
    assert "| broken | 1 | run again: trailhouse ingest SOURCE; if it stays so" in page


def test_what_the_user_has_to_change_fails_at_once(
    prefect: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that is not there is not tried again; the state says what to do."""
    import flows.ingest

    tries = _count_tries(monkeypatch)
    state = flows.ingest.ingest_flow(
        lake=str(tmp_path / "lake"), sources=["no/such/trail"], return_state=True
    )
    run = prefect.run(state.state_details.flow_run_id)
    assert (run.state_name, len(tries)) == ("Failed", 1)
    assert run.state is not None
    assert "no file or folder no/such/trail; check the path" in str(run.state.message)


def test_what_may_pass_is_tried_again(
    prefect: Server, trail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lake whose other writers won too often is tried again, and the run completes."""
    import flows.ingest

    tries = _count_tries(monkeypatch)
    real = flows.ingest.ingest

    def busy_at_first(*given: Any) -> Any:
        if len(tries) == 1:
            raise LakeBusy("lake x: other writers kept winning", "run again")
        return real(*given)

    monkeypatch.setattr(flows.ingest, "ingest", busy_at_first)
    summary = flows.ingest.ingest_flow(lake=str(tmp_path / "lake"), sources=[str(trail)])
    assert (len(tries), summary["rows_added"]) == (2, 4)


def test_work_goes_on_when_prefect_cannot_be_told(
    prefect: Server, trail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Artifacts are a trace: when they cannot be stored, the events are taken in all the same."""
    import flows.trace
    from flows.ingest import ingest_flow

    def unreachable(*given: Any) -> None:
        raise httpx.ConnectError("All connection attempts failed")

    for name in ("create_progress_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(flows.trace, name, unreachable)
    summary = ingest_flow(lake=str(tmp_path / "lake"), sources=[str(trail)])
    assert summary["rows_added"] == 4


def _count_tries(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Count the tries of the ingest task, and let none be waited for."""
    import flows.ingest

    tries: list[None] = []
    real = flows.ingest.load_settings

    def counted(*given: Any) -> Any:
        tries.append(None)
        return real(*given)

    monkeypatch.setattr(flows.ingest, "load_settings", counted)
    at_once = flows.ingest.take_in.with_options(retry_delay_seconds=0)
    monkeypatch.setattr(flows.ingest, "take_in", at_once)
    return tries
