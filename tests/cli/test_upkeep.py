"""`trailhouse maintain`, `simulate`, `demo`, `config` and `completion`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.steps import demo
from pipeline.steps.build import BuildSummary
from tests.cli.conftest import Run, program


def test_a_dry_run_changes_nothing(run: Run, own_lake: Path) -> None:
    """What would go is said, for people and as data, and is still there."""
    ran = run("maintain", "--lake", own_lake, "--retain", "1d", "--dry-run", "-f", "table")
    assert ran.code == 0, ran.err
    assert "retention: 24 events of 3 days before" in ran.out
    assert "would be removed" in ran.out
    assert "nothing was changed" in ran.out
    told = run("maintain", "--lake", own_lake, "--retain", "1d", "--dry-run", "-f", "json").json
    assert (told["dry_run"], told["events_removed"]) == (True, 24)
    assert run("status", "--lake", own_lake, "-f", "json").json["n_events"] == 24


def test_old_days_go(run: Run, own_lake: Path) -> None:
    """--retain removes days past their age; the settings may say so too."""
    Path("trailhouse.toml").write_text('[maintain]\nretain = "1d"\n')
    told = run("maintain", "--lake", own_lake, "--format", "json").json
    assert told["events_removed"] == 24
    assert run("status", "--lake", own_lake, "-f", "json").json["n_events"] == 0


@pytest.mark.parametrize("option", ["--retain", "--grace", "--expire-after"])
def test_an_age_that_is_none_is_a_usage_error(run: Run, lake: Path, option: str) -> None:
    """A bad age is named with the setting and what is accepted."""
    ran = run("maintain", "--lake", lake, option, "soon")
    assert ran.code == 2
    assert f"maintain.{option[2:].replace('-', '_')}: 'soon' is no length of time" in ran.err


def test_a_moved_lake_is_relocated(run: Run, own_lake: Path, tmp_path: Path) -> None:
    """The error of a moved lake names the command, and the command works."""
    shutil.move(own_lake, tmp_path / "moved here")
    refused = run("status", "--lake", "moved here")
    assert refused.code == 1
    assert "trailhouse maintain --relocate" in refused.err
    ran = run("maintain", "--relocate", "--lake", "moved here", "--format", "table")
    assert ran.code == 0, ran.err
    assert f"{own_lake} is now {tmp_path / 'moved here'}" in " ".join(ran.out.split())
    assert run("status", "--lake", "moved here", "-f", "json").json["n_events"] == 24
    assert run("maintain", "--relocate", "--dry-run", "--lake", "moved here").code == 2


def test_a_simulation_names_the_next_command(run: Run) -> None:
    """The counts are those of the truth file, and what is printed next can be run."""
    ran = run("simulate", "out dir", "--accounts", "1", "--days", "0.2", "--events", "300",
              "--format", "table")  # fmt: skip
    assert ran.code == 0, ran.err
    assert "300 events" in ran.out
    line = ran.out.splitlines()[-1].removeprefix("next: trailhouse ")
    told = run(*shlex.split(line), "--format", "json").json
    assert told["rows_added"] == 300
    truth = json.loads(Path("out dir/truth.json").read_text())
    assert told["records_read"] == truth["records"]
    assert run("simulate", "out dir").code == 2


def test_a_plan_that_cannot_be_is_a_usage_error(run: Run) -> None:
    """The simulator's own refusal comes through."""
    ran = run("simulate", "out", "--accounts", "0")
    assert ran.code == 2
    assert "ask for 1 to 5000" in ran.err


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the demo's story short."""
    monkeypatch.setattr(demo, "EVENTS", 400)
    monkeypatch.setattr(demo, "DAYS", 2)
    monkeypatch.setattr(demo, "incidents", tuple)


@pytest.mark.usefixtures("small")
def test_the_demo_can_be_run_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It replaces what it made before, and nothing gets into the lake that the settings name."""
    monkeypatch.setenv("TRAILHOUSE_LAKE", "production")
    monkeypatch.setattr(demo, "build_demo", lambda *_: BuildSummary(dry_run=False))
    monkeypatch.setattr(demo, "QUESTIONS", ())
    for _ in range(2):
        ran = run("demo", "--quiet")
        assert ran.code == 0, ran.err
        assert "400 added" in ran.out
    assert not Path("production").exists()


@pytest.mark.soak
@pytest.mark.usefixtures("small")
def test_the_demo_goes_from_nothing_to_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows its people, every command it prints works when copied, and asks three questions."""
    monkeypatch.setenv("TRAILHOUSE_LAKE", "production")
    monkeypatch.setattr(demo, "EVENTS", 2_000)
    ran = run("demo", "--quiet")
    assert ran.code == 0, ran.err
    people = {
        row.split(",")[1].removesuffix("@example.com")
        for row in Path("demo/identities.csv").read_text().splitlines()[1:]
    }
    answers = ran.out[ran.out.index("6. three questions") :]
    assert any(name in answers for name in people)
    assert all(f"{letter}) " in answers for letter in "abc")
    questions = answers[: answers.index("Where to go next")]
    assert max(map(len, questions.splitlines())) <= 80
    whole = ran.out.replace("\\\n", "")
    copied = re.findall(r"^(?:\$|  )\s?trailhouse (.*)$", whole, re.MULTILINE)
    assert len(copied) >= 12
    for line in copied:
        words = shlex.split(line)
        if "YOUR-LOGS" not in line and words[0] != "build":
            assert run(*words).code == 0, line


def test_the_demo_asks_before_it_uses_a_folder_of_others(run: Run) -> None:
    """A folder it did not make is left alone without --yes; even with it, other files stay."""
    Path("mine").mkdir()
    Path("mine/file").write_text("mine")
    ran = run("demo", "mine")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert [path.name for path in Path("mine").iterdir()] == ["file"]
    folder = demo.DemoFolder(Path("mine"))
    folder.trail.mkdir()
    folder.clear()
    assert not folder.trail.exists()
    assert not folder.is_foreign
    assert Path("mine/file").read_text() == "mine"


@pytest.mark.parametrize(
    ("called", "printed"),
    [
        (".venv/bin/trailhouse", ".venv/bin/trailhouse"),
        ("{here}/.venv/bin/trailhouse", ".venv/bin/trailhouse"),
        ("/opt/elsewhere/trailhouse", "/opt/elsewhere/trailhouse"),
        ("pytest", "trailhouse"),
    ],
)
def test_commands_are_printed_as_the_program_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, printed: str
) -> None:
    """What the demo prints can be copied, also where trailhouse is on no PATH."""
    from pipeline.cli.demo import program as name_of_program

    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setattr("sys.argv", [called.format(here=tmp_path)])
    assert name_of_program() == printed


def test_config_says_where_values_are_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flag, variable, file and default, each named; secrets are masked."""
    Path("trailhouse.toml").write_text(
        '[catalog]\nuri = "postgresql://me:secret@host/db"\n\n[s3]\nprofile = "audit"\n'
    )
    monkeypatch.setenv("TRAILHOUSE_S3_PROFILE", "other")
    ran = run("--lake", "here", "config")
    told = {row["setting"]: (row["value"], row["origin"]) for row in ran.rows}
    assert told["lake"] == ("here", "flag")
    assert told["s3.profile"] == ("other", "TRAILHOUSE_S3_PROFILE")
    assert told["catalog.uri"] == ("postgresql://me:***@host/db", "trailhouse.toml:2")
    assert told["ingest.readers"] == ("16", "default")
    assert "secret" not in ran.out
    assert str(Path("trailhouse.toml").resolve()) in run("config", "-f", "table").err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(run: Run, shell: str) -> None:
    """Each shell gets a script that calls the program."""
    ran = run("completion", shell)
    assert ran.code == 0
    assert "_TRAILHOUSE_COMPLETE" in ran.out


def test_the_shell_completes_commands_and_options() -> None:
    """The program answers the shell's question."""
    asked = {
        "_TRAILHOUSE_COMPLETE": "bash_complete",
        "COMP_WORDS": "trailhouse s",
        "COMP_CWORD": "1",
    }
    done = subprocess.run([*program()], env={**os.environ, **asked}, capture_output=True, text=True)
    found = {line.split(",")[1] for line in done.stdout.splitlines()}
    assert found == {"simulate", "status", "sql"}
