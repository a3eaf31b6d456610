"""Progress: how far, how fast, how long; a line now and then where there is no terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import progress
from pipeline.cli.progress import IngestProgress, Line
from pipeline.ingest.run import Counts
from tests.cli.conftest import program


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the test say how late it is."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def _counts(seconds: int) -> Counts:
    """Return the counts of an ingest after so many seconds: a tenth of it in each ten."""
    return Counts(
        objects_new=1000,
        objects_done=10 * seconds,
        bytes_new=100_000_000,
        bytes_read=1_000_000 * seconds,
        records_decoded=2_000 * seconds,
        listed_whole=seconds >= 20,
    )


def test_a_plain_line_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a line comes every ten seconds; time left when the listing is whole."""
    with Line("listing") as line:
        shown = IngestProgress(line)
        for seconds in range(31):
            clock.now = 1000.0 + seconds
            shown.report(_counts(seconds))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "100 of 1,000+ new objects, 10.0 MB, 20,000 records, 2,000 records/s",
        "200 of 1,000 new objects, 20.0 MB, 40,000 records, 2,000 records/s, 1 min 20 s left",
        "300 of 1,000 new objects, 30.0 MB, 60,000 records, 2,000 records/s, 1 min 10 s left",
    ]


def test_quiet_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet there is no line, however long it takes."""
    with Line("listing", quiet=True) as line:
        for seconds in (0, 100, 200):
            clock.now = 1000.0 + seconds
            IngestProgress(line).report(_counts(10))
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_line_that_goes_away(trail: Path, tmp_path: Path) -> None:
    """On a terminal the line is drawn in place and erased; data is not mixed with it."""
    terminal, end = pty.openpty()
    with open(tmp_path / "out", "wb") as out:
        done = subprocess.run([*program(), "ingest", trail], stderr=end, stdout=out)
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    assert done.returncode == 0
    assert "listing" in shown
    assert "\x1b[2K" in shown or "\x1b[K" in shown
    assert (tmp_path / "out").read_text().startswith('{"objects_found":6')
