"""A real Prefect server on loopback, and what it knows of runs.

Prefect takes a second to import, so the tests import it when they run.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen
from uuid import UUID

import pytest

from tests.events import event, gzipped, trail_name

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

_STARTED_WITHIN = 60


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the environment that leads to it."""

    url: str
    environment: Mapping[str, str]

    def client(self) -> SyncPrefectClient:
        """Return a client of it."""
        from prefect.client.orchestration import SyncPrefectClient

        return SyncPrefectClient(self.url)

    def run(self, run_id: UUID) -> FlowRun:
        """Return a run as the server knows it."""
        with self.client() as client:
            return client.read_flow_run(run_id)

    def artifacts(self, run_id: UUID) -> dict[str, str]:
        """Return what a run left on the server, by key, its data or its description."""
        from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        with self.client() as client:
            found = client.read_artifacts(artifact_filter=of_run)
        return {a.key or "": str(a.description or a.data) for a in found}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a Prefect server of the test's own; it calls nobody and leaves nothing."""
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}/api", _environment(home, port))
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-ui"],
            env=server.environment,
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_health(server, process, home / "server.log")
        yield server
        _drain()
    finally:
        stop(process)


@pytest.fixture
def prefect(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """Let flows of this process run against the server, from an empty working directory."""
    for name in [*os.environ]:
        if name.startswith(("PREFECT_", "TRAILHOUSE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", server.environment["PREFECT_HOME"])
    monkeypatch.chdir(tmp_path)
    from prefect.settings import PREFECT_API_KEY, PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: server.url}, restore_defaults={PREFECT_API_KEY}):
        yield server


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A folder with two objects of a trail: five records, one of them delivered twice."""
    folder = tmp_path / "trail"
    for number, records in enumerate([(event(1), event(2), event(3)), (event(3), event(4))]):
        path = folder / trail_name(number).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzipped(*records))
    return folder


def await_that(told: str, look: Callable[[], bool], seconds: float = 60) -> None:
    """Look until there is something to see."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if look():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {told}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _drain() -> None:
    """Let what this process still has to tell the server be told while it is there."""
    if "prefect" not in sys.modules:
        return
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=10, at_exit=False)


def _environment(home: Path, port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "TRAILHOUSE_"))
    }
    return kept | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    }


def _await_health(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    def is_healthy() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(URLError, ConnectionError, TimeoutError):
            return bool(urlopen(f"{server.url}/health", timeout=2).status == 200)
        return False

    await_that("the server is healthy", is_healthy, _STARTED_WITHIN)
