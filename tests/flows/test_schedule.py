"""Deployments: served by a process of their own, run when asked or due, one at a time."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.lake.catalog import open_lake
from tests.events import rows
from tests.flows.conftest import Server, await_that, stop

_SERVE = """
import sys
from datetime import timedelta
from prefect import serve
from flows.ingest import deployment
serve(deployment("often", interval=timedelta(seconds=int(sys.argv[1]))))
"""
_NO_SCHEDULER = version("sqlalchemy").startswith("2.1.")


@pytest.fixture
def served(
    prefect: Server, trail: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """Serve the ingest flow at an interval in seconds, configured by a file."""
    (tmp_path / "trailhouse.toml").write_text('lake = "lake"\nsources = ["trail"]\n')
    with open(tmp_path / "serve.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(request.param)],
            env=prefect.environment,
            cwd=tmp_path,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_that("the runner serves", lambda: "polling" in (tmp_path / "serve.log").read_text())
        yield prefect
    finally:
        stop(process)
        with prefect.client() as client:
            client.delete_deployment(client.read_deployment_by_name("ingest/often").id)


@pytest.mark.parametrize("served", [3600], indirect=True)
def test_a_served_deployment_runs_when_asked_one_at_a_time(served: Server, tmp_path: Path) -> None:
    """Of three runs asked for at once one fills the lake; the others are left out, not queued."""
    with served.client() as client:
        deployed = client.read_deployment_by_name("ingest/often")
        for _ in range(3):
            client.create_flow_run_from_deployment(deployed.id)
    await_that("one run completed", lambda: _ended(served) == {"Completed": 1, "Cancelled": 2})
    assert len(rows(open_lake(str(tmp_path / "lake")))) == 4


@pytest.mark.soak
@pytest.mark.skipif(_NO_SCHEDULER, reason="Prefect 3.8's scheduler fails on SQLAlchemy 2.1")
@pytest.mark.parametrize("served", [2], indirect=True)
def test_a_served_deployment_runs_when_due_one_at_a_time(served: Server, tmp_path: Path) -> None:
    """The schedule fills the lake; a run that comes due while one goes on is left out."""
    await_that(
        "a run completed and an overlap was left out",
        lambda: _ended(served).keys() >= {"Completed", "Cancelled"},
    )
    assert len(rows(open_lake(str(tmp_path / "lake")))) == 4


def _ended(server: Server) -> Counter[str]:
    """Count the ended runs of deployments that are there, by state."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterDeploymentId,
        FlowRunFilterState,
        FlowRunFilterStateName,
    )

    with server.client() as client:
        deployed = client.read_deployment_by_name("ingest/often")
        ended = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployed.id]),
            state=FlowRunFilterState(
                name=FlowRunFilterStateName(any_=["Completed", "Cancelled", "Failed", "Crashed"])
            ),
        )
        return Counter(str(run.state_name) for run in client.read_flow_runs(flow_run_filter=ended))
