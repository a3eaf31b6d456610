"""Run commands as a user does, on a small lake, and compare what they print with golden files."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.main import run as run_program
from tests.events import event, gzipped, trail_name

GOLDEN = Path(__file__).parent.parent / "golden"
HOSTILE = "=cmd()\x1b[31m\u202eevil[bold]"
"""Text as an attacker would put it into a log: a formula, an escape sequence, a turn, markup."""


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        """The output as one JSON value."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, with no settings of whoever runs the tests."""
    for name in os.environ:
        if name.startswith("TRAILHOUSE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the program in this process."""

    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run_program([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that compares a text with a golden file, or writes the file anew."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--refresh-golden", default=False):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"no {file}; run: pytest tests/cli --refresh-golden"
        assert text == file.read_text(encoding="utf-8"), "if so wanted: --refresh-golden"

    return compare


def write_trail(folder: Path) -> Path:
    """Write three days of a trail: 24 events, two twice, one record bad, one object broken."""
    for day in (1, 2, 3):
        records = [
            event(
                f"{day}-{number}",
                eventTime=f"2026-03-0{day}T{number + 8:02}:00:00Z",
                eventName=("GetUser", "ListUsers")[number % 2],
                userAgent=HOSTILE,
            )
            for number in range(8)
        ]
        name = trail_name(day, day=f"2026/03/0{day}").removeprefix("/")
        _write(folder / name, gzipped(*records, *records[: day == 2]))
    bad = trail_name(4, day="2026/03/03").removeprefix("/")
    _write(folder / bad, gzipped(event("bad", eventTime="once upon a time"), records[0]))
    broken = trail_name(5, day="2026/03/03").removeprefix("/")
    _write(folder / broken, gzipped(event("lost"))[:-12])
    notice = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {}}]}
    _write(folder / "notices/one.json.gz", gzip.compress(json.dumps(notice).encode(), mtime=0))
    return folder


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a lake once for all tests that only read it."""
    folder = tmp_path_factory.mktemp("cli")
    write_trail(folder / "trail")
    lake = folder / "lake"
    assert run_program(["ingest", str(folder / "trail"), "--lake", str(lake), "-q"]) == 0
    return lake


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """Return a folder of logs."""
    return write_trail(tmp_path / "trail")


@pytest.fixture
def lake(_shared: Path) -> Path:
    """Return a lake filled from the trail; tests only read it."""
    return _shared


@pytest.fixture
def own_lake(run: Run, trail: Path, tmp_path: Path) -> Path:
    """Return a lake that a test may change."""
    assert run("ingest", trail, "--lake", tmp_path / "own").code == 0
    return tmp_path / "own"


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Return a text with what differs from run to run replaced."""
    for found, instead in pairs:
        text = text.replace(found, instead)
    return text


def program() -> Sequence[str]:
    """Return the installed program, for tests that need a process of its own."""
    found = shutil.which("trailhouse", path=str(Path(sys.executable).parent))
    assert found
    return [found]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
