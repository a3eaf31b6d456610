"""Runs on record: how each ended, also when nobody was left to say so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline.errors import LakeError, SourceError
from pipeline.lake import database
from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.lake.database import RUNS, database_url
from pipeline.lake.state import list_runs, record_run
from tests.events import event, gzipped, records, take_in, trail_name


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_keeps_what_it_was_and_came_to(lake: Lake) -> None:
    """Command, parameters, times and summary of a run are read back as they were given."""
    with record_run(lake, "ingest", {"sources": ["s3://a/b"], "days": 3}) as run:
        run.summary = {"rows_added": 7}
    (found,) = list_runs(lake)
    assert (found.command, found.parameters) == ("ingest", {"sources": ["s3://a/b"], "days": 3})
    assert (found.state, found.summary, found.error) == ("done", {"rows_added": 7}, None)
    assert found.ended_at
    assert found.ended_at >= found.started_at


def test_a_run_that_lasts_is_running(lake: Lake) -> None:
    """While its body lasts a run is running and has no end."""
    with record_run(lake, "ingest", {}):
        (found,) = list_runs(lake)
    assert (found.state, found.ended_at) == ("running", None)


def test_an_error_fails_the_run_and_goes_on(lake: Lake) -> None:
    """An error of the body is on record with its words, and reaches the caller."""
    with pytest.raises(SourceError, match="nowhere"), record_run(lake, "ingest", {}):
        raise SourceError("bucket nowhere: there is none", "check the name")
    with pytest.raises(ZeroDivisionError), record_run(lake, "ingest", {}):
        _ = 1 / 0
    second, first = list_runs(lake)
    assert (first.state, first.error) == ("failed", "bucket nowhere: there is none; check the name")
    assert (second.state, second.error) == ("failed", "ZeroDivisionError: division by zero")


def test_stopping_a_run_interrupts_it(lake: Lake) -> None:
    """Ctrl-C is no failure: the run is interrupted."""
    with pytest.raises(KeyboardInterrupt), record_run(lake, "ingest", {}):
        raise KeyboardInterrupt
    assert [run.state for run in list_runs(lake)] == ["interrupted"]


def test_a_killed_process_leaves_an_interrupted_run(lake: Lake) -> None:
    """A run whose process was killed shows as interrupted at once, not as running for ever."""
    code = """
        import sys, time
        from pipeline.lake.catalog import open_lake
        from pipeline.lake.state import record_run
        with record_run(open_lake(sys.argv[1]), "ingest", {}):
            print("in it", flush=True)
            time.sleep(60)
    """
    with _python(code, lake.location) as process:
        assert process.stdout
        process.stdout.readline()
        assert [run.state for run in list_runs(lake)] == ["running"]
        process.send_signal(signal.SIGKILL)
    assert [run.state for run in list_runs(lake)] == ["interrupted"]


def test_a_silent_run_of_another_machine_is_interrupted(lake: Lake) -> None:
    """Of another machine's run the last sign of life counts."""
    with record_run(lake, "ingest", {}):
        with lake.database.write() as connection:
            connection.execute(update(RUNS).values(machine="another"))
        assert list_runs(lake)[0].state == "running"
        with lake.database.write() as connection:
            connection.execute(update(RUNS).values(seen_at="2026-01-01T00:00:00.000000+00:00"))
        assert list_runs(lake)[0].state == "interrupted"


def test_the_newest_runs_come_first_and_no_more_than_asked(lake: Lake) -> None:
    """A limit gives the newest runs."""
    for number in range(5):
        with record_run(lake, f"number {number}", {}):
            pass
    assert [run.command for run in list_runs(lake, limit=2)] == ["number 4", "number 3"]


def test_a_lake_is_made_once_by_several_at_once(tmp_path: Path) -> None:
    """Four processes that make one lake at the same moment, and record a run, all succeed."""
    code = """
        import sys
        from pipeline.lake.catalog import open_lake
        from pipeline.lake.state import record_run
        sys.stdin.readline()
        with record_run(open_lake(sys.argv[1], create=True), "ingest", {}):
            pass
    """
    place = str(tmp_path / "lake")
    command = [sys.executable, "-c", textwrap.dedent(code), place]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    lake = open_lake(place)
    assert [run.state for run in list_runs(lake)] == ["done"] * 4
    assert take_in(lake, {trail_name(1): gzipped(event(1))}).rows_added == 1


@pytest.fixture
def _no_root() -> Iterator[None]:
    """Give up root's right to write anywhere for a test."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def _seal(folder: Path, mode: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(mode if path.is_dir() else mode & ~0o111)
    for path in [folder, *folder.parents]:
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)


def test_a_lake_that_cannot_be_written_can_be_read(
    lake: Lake, request: pytest.FixtureRequest
) -> None:
    """In a folder without the right to write, events and runs are read; recording says why not."""
    take_in(lake, {trail_name(1): gzipped(event(1))})
    with record_run(lake, "ingest", {}):
        pass
    _seal(Path(lake.location), 0o555)
    request.getfixturevalue("_no_root")
    sealed = open_lake(lake.location)
    assert len(records(sealed)) == 1
    assert [run.command for run in list_runs(sealed)] == ["ingest"]
    with pytest.raises(LakeError, match=r"state\.db"), record_run(sealed, "ingest", {}):
        pass


def test_a_lake_without_runs_has_none(lake: Lake) -> None:
    """Listing runs of a lake that never recorded one gives none and makes no database."""
    assert list_runs(lake) == []
    assert not Path(lake.location, "state.db").exists()


def test_a_newer_state_is_not_misread(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of a newer version is refused for writing and passed over for reading."""
    with record_run(lake, "ingest", {}):
        pass
    monkeypatch.setattr(database, "VERSION", 0)
    older = open_lake(lake.location)
    assert list_runs(older) == []
    with pytest.raises(LakeError, match="newer Trailhouse"), record_run(older, "ingest", {}):
        pass


def test_state_may_lie_elsewhere(tmp_path: Path) -> None:
    """Two lakes share one database by its URL, and each sees its own runs."""
    options = CatalogOptions(state=f"sqlite:///{tmp_path}/shared.db")
    lakes = [open_lake(str(tmp_path / name), options, create=True) for name in ("a", "b")]
    for lake in lakes:
        with record_run(lake, lake.location[-1], {}):
            pass
    assert [[run.command for run in list_runs(lake)] for lake in lakes] == [["a"], ["b"]]
    assert not Path(tmp_path, "a", "state.db").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_is_spoken_to_by_its_current_driver(scheme: str) -> None:
    """However a PostgreSQL URL is written, it names psycopg 3, and keeps user and database."""
    url = database_url(f"{scheme}://me:secret@db.example/lake")
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "me", "secret")
    assert (url.host, url.database) == ("db.example", "lake")
