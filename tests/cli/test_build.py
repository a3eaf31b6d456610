"""`trailhouse build`: what it did as a table or as data, and a failed check as one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import queryfile
from pipeline.ask import models as asked
from pipeline.models.graph import load_models
from pipeline.steps import build as step
from pipeline.steps import models as told
from pipeline.steps.build import BuildOptions, BuildSummary, CheckFailure, ModelResult
from tests.cli.conftest import HOSTILE, Run, replaced
from tests.smallmodels import ACCOUNTS, write_models

DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(3)]
FAILURE = CheckFailure(
    "accepted",
    ["outcome"],
    7,
    [{"event_id": f"e-{n}", "outcome": HOSTILE, "account_id": None} for n in range(5)],
)
RESULTS = (
    ModelResult("accounts", "reference", "built", "content changed", (), 4, 0.01),
    ModelResult("events", "view", "view", "read through"),
    ModelResult("sessions", "daily", "built", "3 days are new", DAYS, 12_345, 1.5),
    ModelResult("logins", "daily", "failed", "accepted", DAYS, 0, 0.25, [FAILURE]),
    ModelResult("login_audit", "rollup", "stopped", "needs logins"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small models in the place of those that come with Trailhouse."""
    folder = write_models(tmp_path / "content")

    def references(files: Mapping[str, Path], *_: object) -> Mapping[str, pa.Table]:
        return {"accounts": ACCOUNTS if files else ACCOUNTS.slice(0, 0)}

    for module in (step, told):
        monkeypatch.setattr(module, "load_models", lambda: load_models(folder / "models"))
        monkeypatch.setattr(module, "reference_tables", references)
    for module in (asked, queryfile):
        monkeypatch.setattr(module, "content_root", lambda: folder)
    return folder


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every build come to the same end, with a check that failed."""
    summary = BuildSummary(
        dry_run=False,
        models=RESULTS,
        models_built=1,
        references_built=1,
        views=1,
        models_failed=1,
        models_stopped=1,
        rows_written=12_349,
        seconds=2.0,
        notes=[f"accounts.csv:{n}: left out, the same as line 2" for n in range(3, 14)],
    )
    monkeypatch.setattr(step, "build", lambda *_: summary)


@pytest.mark.usefixtures("failing")
def test_a_failed_check_is_shown_and_fails(
    run: Run, lake: Path, golden: Callable[[str, str], None]
) -> None:
    """A table of what was done, the rows that fail, harmless; then one line, and exit code 1."""
    ran = run("build", "--lake", lake, "--format", "table")
    assert ran.code == 1
    golden("build.txt", ran.out)
    assert "\x1b" not in ran.out
    assert ran.err == (
        "trailhouse: logins: check accepted of outcome fails for 7 rows; what depends on it was "
        "not built (1), its last good table is kept; its checks and SQL: "
        "trailhouse models logins --sql\n"
    )


@pytest.mark.usefixtures("failing")
def test_what_was_done_is_data_too(run: Run, lake: Path) -> None:
    """JSON has everything, rows that fail included; other formats have a row for each model."""
    found = run("build", "--lake", lake, "--format", "json").json
    assert found["models"][3]["failures"][0]["examples"][0]["outcome"] == HOSTILE
    rows = run("build", "--lake", lake, "--format", "jsonl").rows
    assert [row["state"] for row in rows] == ["built", "view", "built", "failed", "stopped"]
    assert (rows[2]["n_days"], rows[2]["first_day"], rows[2]["last_day"]) == (
        *(3, "2026-03-01", "2026-03-03"),
    )
    assert rows[3]["failed_checks"] == "accepted"


@pytest.mark.usefixtures("folder")
def test_from_a_dry_run_to_tables(run: Run, own_lake: Path) -> None:
    """What would be built, then the building of it, then nothing new; models can be asked."""
    lake = ("--lake", own_lake)
    ran = run("build", *lake, "--dry-run", "-f", "table")
    assert ran.code == 0
    assert "daily_calls  3 days, 2026-03-01 … 03-03" in ran.out
    assert "nothing was changed" in ran.out
    ran = run("build", *lake, "-f", "table")
    assert "built 3 days, 2026-03-01 … 03-03" in ran.out
    assert "4 models: 2 built, 2 views" in ran.out
    assert "4 models: 2 current, 2 views" in run("build", *lake, "-f", "table").out
    dry = run("build", *lake, "--dry-run", "-f", "table").out
    assert dry.endswith("nothing was changed\n")
    query = "select sum(n_calls)::bigint as n from total_calls"
    assert run("sql", query, *lake).rows == [{"n": 24}]
    plan = run("sql", "from calls where event_date = '2026-03-02'", *lake, "--explain").rows
    assert {row["table"]: row["read_n_files"] for row in plan}["cloudtrail_logs"] == 1


@pytest.mark.usefixtures("folder")
def test_days_and_models_can_be_chosen(run: Run, own_lake: Path) -> None:
    """--to is the first day left out; a name that is no model's is a wrong usage."""
    lake = ("--lake", own_lake, "-f", "jsonl")
    rows = run("build", *lake, "--select", "daily_calls", "--to", "2026-03-03").rows
    assert [(row["name"], row["n_days"]) for row in rows if row["kind"] == "daily"] == [
        ("daily_calls", 2)
    ]
    ran = run("build", *lake, "--from", "2026-03-03", "--to", "2026-03-03")
    assert ran.code == 2
    assert "is empty" in ran.err
    ran = run("build", *lake, "--select", "no_such")
    assert ran.code == 2
    assert "there is no model no_such; see: trailhouse models" in ran.err
    ran = run("build", *lake, "--select", "daily_cals")
    assert "did you mean daily_calls or total_calls? see: trailhouse models" in ran.err


@pytest.mark.usefixtures("folder")
def test_files_of_context_come_from_the_settings(run: Run, own_lake: Path) -> None:
    """[context] names them; one that is not there is said before anything is built."""
    Path("trailhouse.toml").write_text('[context]\naccounts = "accounts.csv"\n')
    ran = run("build", "--lake", own_lake)
    assert ran.code == 2
    assert "context.accounts: no file at accounts.csv" in ran.err
    Path("accounts.csv").write_text("account_id,account_name\n")
    assert run("build", "--lake", own_lake).code == 0
    assert run("sql", "select account_name from accounts", "--lake", own_lake).rows == [
        {"account_name": "main"}
    ]


@pytest.mark.usefixtures("folder")
def test_models_are_listed_by_layer(
    run: Run, own_lake: Path, golden: Callable[[str, str], None]
) -> None:
    """The list says of each what it holds and how fresh it is; data has all of it."""
    lake = ("--lake", own_lake)
    before = run("models", *lake, "-f", "table")
    assert "2 not built; run: trailhouse build" in before.out
    assert run("build", *lake).code == 0
    ran = run("models", *lake, "-f", "table")
    last = [line for line in ran.out.splitlines() if line.startswith("last built ")]
    golden("models.txt", replaced(ran.out, (last[0], "last built TIME")))
    rows = {row["name"]: row for row in run("models", *lake, "-f", "jsonl").rows}
    assert (rows["daily_calls"]["state"], rows["daily_calls"]["n_rows"]) == ("current", 6)
    assert rows["daily_calls"]["through"].startswith("2026-03-03")


@pytest.mark.usefixtures("folder")
def test_one_model_is_told_whole(
    run: Run, own_lake: Path, golden: Callable[[str, str], None]
) -> None:
    """Grain, kind, freshness, lineage, checks, columns, and SQL if asked for; as JSON too."""
    lake = ("--lake", own_lake)
    golden("model.txt", run("models", "daily_calls", *lake, "-f", "table").out)
    assert "group by 1, 2" in run("models", "daily_calls", "--sql", *lake, "-f", "table").out
    found = json.loads(run("models", "daily_calls", *lake, "-f", "json").out)
    assert found["grain"] == "one row per day and name (event_date, event_name)"
    assert found["columns"][0] == {"name": "event_date", "type": None, "meaning": "day"}
    ran = run("models", "daily_cals", *lake)
    assert ran.code == 2
    assert "did you mean daily_calls?" in ran.err


def test_options_of_a_build_reach_the_step(
    run: Run, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Selections, --full and days are what the step is asked for."""
    given: list[BuildOptions] = []

    def take(_lake: object, options: BuildOptions, *_: object) -> BuildSummary:
        given.append(options)
        return BuildSummary(dry_run=True)

    monkeypatch.setattr(step, "build", take)
    words = ["-s", "sessions+", "-s", "+events", "--full", "--from", "2026-03-01", "--dry-run"]
    assert run("build", "--lake", lake, *words, "--to", "2026-03-02T12:00Z").code == 0
    assert given == [
        BuildOptions(
            select=("sessions+", "+events"),
            full=True,
            first=date(2026, 3, 1),
            last=date(2026, 3, 2),
            dry_run=True,
        )
    ]
