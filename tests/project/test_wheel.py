"""The wheel holds all that the program needs, and works where nothing else is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

import pipeline
from tests.project.documents import ROOT

pytestmark = pytest.mark.soak

SQL = "select count(*) as n, count(distinct eventid) as ids from cloudtrail_logs"


def _run(*command: object, folder: Path) -> str:
    """Run a command without this environment's variables; return what it printed."""
    ours = ("TRAILHOUSE_", "PYTHON", "VIRTUAL_ENV")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    words = [str(word) for word in command]
    ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, f"{words}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, folder=folder)
    (built,) = folder.glob("trailhouse-*.whl")
    return built


def test_the_wheel_holds_everything(wheel: Path) -> None:
    """Modules, queries, the simulator's catalogue, types and the licence are in it, tests not."""
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
        (described,) = (name for name in held if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(described))
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("pipeline", "flows")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml", ".typed"}
    }
    queries = {f"pipeline/{path.relative_to(ROOT)}" for path in ROOT.glob("queries/**/*.sql")}
    assert queries
    assert wanted | queries <= held
    assert {name.split("/")[0] for name in held if ".dist-info" not in name} == {
        "pipeline",
        "flows",
    }
    assert any(name.endswith("/licenses/LICENSE") for name in held)
    assert metadata["Name"] == "trailhouse"
    assert metadata["Version"] == pipeline.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed with the locked versions and nothing else, it fills a lake and answers."""
    venv.create(tmp_path / "empty", with_pip=True)
    python, program = (tmp_path / "empty/bin" / name for name in ("python", "trailhouse"))
    constraints = ROOT / "requirements.lock"
    _run(python, "-m", "pip", "install", "--quiet", "-c", constraints, wheel, folder=tmp_path)
    _run(python, "-m", "pip", "check", folder=tmp_path)
    assert (
        _run(program, "--version", folder=tmp_path).strip() == f"trailhouse {pipeline.__version__}"
    )
    _run(program, "simulate", "trail", "--events", 2_000, "--days", 2, folder=tmp_path)
    summary = json.loads(_run(program, "ingest", "trail", "--format", "json", folder=tmp_path))
    assert summary["rows_added"] == 2_000
    answer = json.loads(_run(program, "sql", SQL, "--format", "jsonl", folder=tmp_path))
    assert answer == {"n": 2_000, "ids": 2_000}
    assert json.loads(_run(program, "status", "--format", "json", folder=tmp_path))["n_events"]
    assert _run(program, "coverage", folder=tmp_path)
    place = _run(python, "-c", "import pipeline; print(pipeline.__file__)", folder=tmp_path)
    assert Path(place.strip()).is_relative_to(tmp_path)


def test_flows_say_what_they_miss(wheel: Path, tmp_path: Path) -> None:
    """Without Prefect, importing the flows says which extra to install."""
    venv.create(tmp_path / "bare", with_pip=True)
    python = tmp_path / "bare/bin/python"
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, folder=tmp_path)
    command = [str(python), "-c", "import flows.ingest"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode
    assert "trailhouse[flows]" in ran.stderr
