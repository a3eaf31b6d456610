"""A real PostgreSQL server of the test's own, where its programs are installed; else a skip.

Use it by importing the fixture into a conftest: `from tests.postgres import postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Run a server on loopback for the session; give the URL of its database."""
    if not shutil.which("initdb") or not shutil.which("postgres"):
        pytest.skip("PostgreSQL is not installed")
    user = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as folder:
        if user is not None:
            os.chown(folder, user, -1)
        data = str(Path(folder, "data"))
        make = ["initdb", "--pgdata", data, "--auth", "trust", "--username", "trail", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, user=user)
        port = _free_port()
        run = ["postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "fsync=off"]
        with subprocess.Popen(run, user=user, stderr=subprocess.DEVNULL) as server:
            try:
                _await(port)
                yield f"postgresql://trail@127.0.0.1:{port}/postgres"
            finally:
                server.send_signal(signal.SIGINT)  # not waiting for clients to leave


def _unprivileged() -> int | None:
    """Return a user to run as: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PostgreSQL did not start")
