"""The program as a whole: quick to start, one line for an error, one code for each end."""

from __future__ import annotations

import doctest
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.cli.main import run, trailhouse
from tests.cli.conftest import Run, program

HEAVY = ("pyarrow", "duckdb", "pyiceberg", "polars", "rich", "pydantic", "sqlalchemy", "boto3")
WORDS = ("text", "encode", "status")


@pytest.mark.parametrize("arguments", [["--help"], ["ingest", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help of any command comes without the libraries that the work needs."""
    script = (
        "import sys, json\n"
        "from pipeline.cli.main import run\n"
        f"code = run({arguments!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert [name for name in HEAVY if name in loaded] == []


def test_help_is_there_at_once() -> None:
    """`trailhouse --help` takes at most 0.3 s; the best of five, since tests share the machine."""
    took = []
    for _ in range(5):
        started = time.monotonic()
        subprocess.run([*program(), "--help"], capture_output=True, check=True)
        took.append(time.monotonic() - started)
    assert min(took) <= 0.3


@pytest.mark.parametrize("word", WORDS)
def test_examples_in_docstrings_hold(word: str) -> None:
    """What docstrings show is what happens."""
    assert doctest.testmod(import_module(f"pipeline.cli.{word}")).failed == 0


def test_a_misspelt_command_names_the_nearest(run: Run) -> None:
    """A command that is none is a usage error with the likely one."""
    ran = run("stats")
    assert ran.code == 2
    assert ran.err == "trailhouse: there is no command 'stats'; did you mean status?\n"


@pytest.mark.parametrize(
    "arguments", [["sql"], ["ingest", "--form", "json"], ["status", "--runs", "-1"], ["completion"]]
)
def test_a_wrong_usage_is_one_line(run: Run, arguments: list[str]) -> None:
    """Every usage error is one line, with where to look, and exit code 2."""
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert f"see: trailhouse {arguments[0]} --help" in ran.err


def test_no_command_shows_the_help(run: Run) -> None:
    """Called without a command, the program says what there is."""
    ran = run()
    assert ran.code == 2
    assert "Commands" not in ran.out
    assert "ingest" in ran.err


def test_the_lake_is_named_before_or_after(run: Run, lake: Path) -> None:
    """--lake may stand before the command or after it; the later one counts."""
    before = run("--lake", lake, "status", "--format", "json")
    after = run("status", "--lake", lake, "--format", "json")
    both = run("--lake", "elsewhere", "status", "--lake", lake, "--format", "json")
    assert before.code == 0
    assert before.out == after.out == both.out


def test_an_error_of_ours_is_one_line_with_the_next_step(run: Run) -> None:
    """No lake: one line on stderr, nothing on stdout, exit code 1."""
    ran = run("status", "--lake", "nowhere")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("trailhouse: no lake at ")
    assert "trailhouse ingest SOURCE" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_error_shows_no_control_characters(run: Run) -> None:
    """A message may hold what was in a log or a name: it does not drive the terminal."""
    ran = run("ingest", "no\x1b[31m\nsuch")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert r"\x1b[31m" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("asked", ["flag", "variable", "neither"])
def test_the_unexpected_is_one_line_too(
    run: Run, lake: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """An exception nobody meant is named in one line; the traceback comes on request."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr("pipeline.steps.status.read_status", fail)
    if asked == "variable":
        monkeypatch.setenv("TRAILHOUSE_DEBUG", "1")
    ran = run("status", "--lake", lake, *["--debug"][: asked == "flag"])
    assert ran.code == 1
    assert "ZeroDivisionError: by nobody; run again with --debug" in ran.err
    assert ("Traceback" in ran.err) == (asked != "neither")


def test_a_failing_disk_is_one_line(run: Run, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is said with the file and what to look at."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/lake/file")

    monkeypatch.setattr("pipeline.steps.status.read_status", fail)
    ran = run("status", "--lake", lake)
    assert ran.code == 1
    assert ran.err.startswith("trailhouse: /lake/file: No space left on device; check space")


def test_a_reader_that_goes_away_is_no_error(lake: Path) -> None:
    """`| head` ends the program without a word."""
    query = "select i, repeat('x', 100) as x from range(1000000) r(i)"
    with subprocess.Popen(
        [*program(), "sql", query, "--lake", lake], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        assert started.stdout
        assert started.stderr
        started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 0


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_are_as_if_to_nowhere(own_lake: Path, closed: str) -> None:
    """A stream that is closed is no error, and no file of the lake takes its place."""
    arguments = shlex.join([*map(str, program()), "maintain", "--lake", str(own_lake)])
    done = subprocess.run(["sh", "-c", f"{arguments} {closed}"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    asked = ["sql", "select 1 as one", "--lake", own_lake, "--format", "csv"]
    assert subprocess.check_output([*program(), *asked]).split() == [b"one", b"1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["maintain", "--retain", "999999d"],
        ["maintain", "--grace", "999999999d"],
        ["maintain", "--expire-after", "999999999d"],
    ],
)
def test_an_age_before_all_years_is_a_wrong_usage(
    run: Run, lake: Path, arguments: list[str]
) -> None:
    """No length of time reaches back beyond what a calendar can count."""
    ran = run(*arguments, "--lake", lake)
    assert ran.code == 2
    assert "is too long; give one such as" in ran.err


def test_an_interrupt_says_that_all_is_safe(tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and the word that running again continues."""
    with subprocess.Popen(
        [*program(), "ingest", "-", "--lake", tmp_path / "lake"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as started:
        while not (tmp_path / "lake" / "state.db").exists() and started.poll() is None:
            time.sleep(0.05)
        time.sleep(0.3)
        started.send_signal(signal.SIGINT)
        _, told = started.communicate(timeout=20)
    assert started.returncode == 130
    assert b"what was committed is safe, and running again continues" in told
    assert b"Traceback" not in told


def test_an_interrupt_of_a_query_is_one_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB tells of Ctrl-C by an error of its own, which ends with 130 as well."""

    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(trailhouse, "main", interrupted)
    assert run(["status"]) == 130
    assert "what was committed is safe" in capsys.readouterr().err


def test_a_terminal_of_ascii_is_served(lake: Path) -> None:
    """Where the encoding has no blocks and dots, plain signs stand for them."""
    script = (
        "from pipeline.cli.main import run\n"
        "for command in (['status'], ['coverage'], ['sql', 'select \\'日本\\' as \"é\"']):\n"
        f"    assert run([*command, '--lake', {str(lake)!r}, '--format', 'table']) == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"1 gap" in done.stdout or b"no gaps" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ("coverage", "--from", ""),
        ("coverage", "--to", ""),
        ("ingest", ".", "--from", ""),
        ("sql", "select 1", "--at", ""),
    ],
)
def test_an_empty_time_is_no_time(run: Run, lake: Path, arguments: tuple[str, ...]) -> None:
    """What a script's unset variable gives must not be taken for all of time."""
    ran = run(*arguments, "--lake", lake)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("trailhouse: '' is no time; give a date")


def test_an_empty_output_is_none(run: Run, lake: Path) -> None:
    """The empty path names the current folder: refused by the name of its option."""
    ran = run("sql", "select 1", "--lake", lake, "-o", "")
    assert ran.code == 2
    assert "--output .: is a folder; name a file in it" in ran.err


def test_a_current_folder_that_is_gone_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own words do not say what there is none of."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    ran = run("status")
    assert ran.code == 1
    assert ran.err.startswith("trailhouse: the current folder: No such file or directory; ")
