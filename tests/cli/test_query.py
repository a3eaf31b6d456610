"""`trailhouse query`: listed, shown, asked; answers for people and for programs."""

from __future__ import annotations

import doctest
import json
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest

import pipeline
from pipeline.cli.answer import fit_columns, leave_out_known, read_rows
from pipeline.cli.main import run as run_program
from pipeline.cli.main import trailhouse
from pipeline.cli.output import Output
from pipeline.errors import QueryError
from tests.cli.conftest import Run, write_trail

DAY = ("--since", "2026-03-02", "--until", "2026-03-03")
MINE = """/*
name: {name}
topic: our own
grain: one row per API operation (event_name)
description: How often is each operation called?
period: all
parameters:
  least: {{kind: number, default: 1, meaning: Fewest calls}}
columns: {{event_name: the API operation, n_calls: calls}}
examples: [--least 5]
*/
select
    eventname as event_name,
    count(*) as n_calls
from cloudtrail_logs
where event_time >= $since and event_time < $until
group by eventname
having count(*) >= $least
order by event_name asc
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the models that questions on volume need, and no others."""
    folder = tmp_path_factory.mktemp("query")
    write_trail(folder / "trail")
    for words in (["ingest", str(folder / "trail")], ["build", "--select", "+daily_activity"]):
        assert run_program([*words, "--lake", str(folder / "lake"), "-q"]) == 0
    return folder / "lake"


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A folder of two questions of one's own; one has the name of a question of ours."""
    folder = tmp_path / "questions"
    folder.mkdir()
    for name in ("operations", "top"):
        (folder / f"{name}.sql").write_text(MINE.format(name=name))
    return folder


def test_questions_are_listed_by_topic(run: Run, questions: Path) -> None:
    """Without a name all questions are listed, one's own among them; no lake is needed."""
    ran = run("query", "-f", "table", "--library", questions)
    assert ran.code == 0
    lines = ran.out.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("  who-changed "))
    assert "resources" in lines[:place]
    assert "(--resource)" in " ".join(lines[place : place + 2])
    assert any(line.startswith("  operations") and "[your own]" in line for line in lines)
    rows = run("query").rows
    assert len(rows) >= 40
    assert {"name", "topic", "description", "needs", "parameters", "is_own"} == rows[0].keys()
    assert {"name": "who-changed", "needs": ["resource"]}.items() <= next(
        row for row in rows if row["name"] == "who-changed"
    ).items()


def test_a_question_is_shown_with_its_sql(run: Run) -> None:
    """--show has all of a question, for people and as JSON."""
    ran = run("query", "who-changed", "--show", "-f", "table")
    assert "from resource_history" in ran.out
    assert "required" in ran.out
    facts = run("query", "who-changed", "--show", "-f", "json").json
    assert facts["parameters"][0]["name"] == "resource"
    assert facts["sql"].startswith("select")


def test_help_has_the_questions_own_options(run: Run) -> None:
    """Parameters are options, typed and explained."""
    ran = run("query", "top", "--help")
    assert "--by principal|service|event" in ran.out
    assert "[default: 20]" in ran.out
    assert "--since, --from TIME" in ran.out


def test_a_question_is_answered(run: Run, built: Path) -> None:
    """Into a pipe go rows; what limits them is said."""
    ran = run("query", "top", "--by", "event", "--lake", built)
    assert [(row["value"], row["n_calls"]) for row in ran.rows] == [
        ("iam:GetUser", 12),
        ("iam:ListUsers", 12),
    ]
    assert ran.err == ""
    ran = run("query", "top", "--by", "event", "--limit", 1, *DAY, "--lake", built)
    assert [row["n_calls"] for row in ran.rows] == [4]
    assert "the first 1; there may be more: --limit" in ran.err


def test_people_see_what_was_asked(run: Run, built: Path) -> None:
    """Above a table is what was asked, of which days; nothing in it drives a terminal."""
    ran = run("query", "top", "--by", "agent", *DAY, "-f", "table", "--lake", built)
    first, second, blank, *_ = ran.out.splitlines()
    assert first == "Who or what is busiest?"
    assert second.startswith("by agent, 2026-03-02 to 2026-03-02, as of 20")
    assert blank == ""
    assert "\\x1b[31m" in ran.out
    assert "\x1b" not in ran.out
    assert "\n1 row" in ran.out


def test_files_are_pruned_by_the_period(run: Run, built: Path) -> None:
    """--explain shows that a question reads no more days than it asks about."""
    ran = run("query", "top", *DAY, "--explain", "-f", "table", "--lake", built)
    assert "files      1 of 3" in ran.out
    ran = run("query", "volume", *DAY, "--explain", "-f", "json", "--lake", built)
    (plan,) = [table for table in ran.json["tables"] if table["table"] == "daily_activity"]
    assert plan["read"]["n_days"] == 1


def test_a_period_after_the_newest_event_is_noted(run: Run, built: Path) -> None:
    """Nothing is found, and why is said: ages count back from now."""
    ran = run("query", "top", "--since", "1d", "-f", "table", "--lake", built)
    assert ran.code == 0
    assert "nothing" in ran.out
    assert "the lake's newest event is of 2026-03-03T15:00Z" in ran.err


def test_models_that_are_not_built_are_named(run: Run, lake: Path, built: Path) -> None:
    """What is missing, and how to make it; from Python as well."""
    ran = run("query", "volume", "--lake", lake)
    assert ran.code == 1
    assert ran.err.endswith("daily_activity was not built yet; run: trailhouse build\n")
    ran = run("query", "activity", "--principal", "anna", "--lake", built)
    assert "run: trailhouse build" in ran.err
    with pipeline.open_lake(lake) as session, pytest.raises(QueryError, match="trailhouse build"):
        session.ask("volume")


def test_python_asks_the_same(built: Path) -> None:
    """`lake.ask` takes the same values, times as texts too."""
    with pipeline.open_lake(built) as session:
        answer = session.ask("top", by="event", since="2026-03-02", until="2026-03-03")
        assert answer.polars()["n_calls"].to_list() == [4, 4]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["who-changed"], "who-changed needs resource; give --resource sg-0a1b2c3d"),
        (["who-chnged"], "there is no question who-chnged; did you mean who-changed"),
        (["top", "--colour", "red"], "no such option"),
        (["top", "--limit", "x"], "limit: 'x' is no whole number"),
        (["top", "--since", "whenever"], "'whenever' is no time"),
        (["-f", "json", "top"], "options of output stand before the question"),
        (["volume", "--account", "nowhere"], "the lake has no account nowhere"),
        (["--library", "none", "top"], "none: no folder of questions"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(
    run: Run, built: Path, words: list[str], told: str
) -> None:
    """What, and what instead, on one line; exit code 2."""
    ran = run("query", *words, "--lake", built)
    assert ran.code == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_ones_own_questions(run: Run, built: Path, questions: Path) -> None:
    """A folder is named by an option anywhere, or by the settings; what it replaces is said."""
    ran = run("query", "operations", "--least", 5, "--library", questions, "--lake", built)
    assert [row["n_calls"] for row in ran.rows] == [12, 12]
    assert ran.err == ""
    Path("trailhouse.toml").write_text('[library]\nfolder = "questions"\n')
    ran = run("query", "top", "--lake", built)
    assert ran.rows[0]["event_name"] == "GetUser"
    assert ran.err == "top is your own, of questions/top.sql\n"
    place = questions / "operations.sql"
    place.write_text(MINE.format(name="operations").replace("count(*) as", "count(* as"))
    assert "questions/operations.sql:14: Parser" in run("query", "operations", "--lake", built).err
    place.write_text(MINE.format(name="operations").replace(">= $least", ">= $most"))
    ran = run("query", "operations", "--lake", built)
    assert "questions/operations.sql: $most is no parameter of it; add most to" in ran.err


def test_a_wrong_file_of_ones_own_is_named_with_its_line(run: Run, questions: Path) -> None:
    """The list says which file is wrong, and where."""
    text = MINE.format(name="operations").replace("kind: number", "kind: planet")
    (questions / "operations.sql").write_text(text)
    ran = run("query", "--library", questions)
    assert ran.code == 2
    assert f"{questions / 'operations.sql'}:8: least: kind: planet" in ran.err


def test_names_are_completed(questions: Path) -> None:
    """The shell completes names of questions, then their options."""
    from click.shell_completion import ShellComplete

    shell = ShellComplete(trailhouse, {}, "trailhouse", "_TRAILHOUSE_COMPLETE")
    names = {item.value for item in shell.get_completions(["query"], "who-")}
    assert names == {"who-changed", "who-really"}
    options = {item.value for item in shell.get_completions(["query", "top"], "--b")}
    assert options == {"--by"}


def test_columns_fit_the_width() -> None:
    """The last columns are left out, ARNs shortened, accounts named; --wide shortens nothing."""
    arn = "arn:aws:iam::111122223333:role/aws-reserved/AWSReservedSSO_Admin_0123456789abcdef"
    table = pa.table(
        {
            "event_name": ["PutBucketPolicy"],
            "principal_id": [arn],
            "account_id": ["111122223333"],
            "account_name": ["home"],
            "services": [["a", "b", "c", "d", "e"]],
            "user_agent": ["aws-cli/2.17 " * 9],
            "is_console": [True],
        }
    )
    rows = read_rows(table.to_reader(), 100, is_wide=False)
    narrow = fit_columns(rows, 70, len)
    assert list(narrow.names) == ["event_name", "principal_id", "account", "services"]
    assert list(narrow.cells[0]) == [
        "PutBucketPolicy",
        "…SSO_Admin",
        "home",
        "a, b, c and 2 more",
    ]
    wide = read_rows(table.to_reader(), 100, is_wide=True)
    assert wide.cells[0][1] == arn
    assert wide.names == table.column_names


def test_columns_that_say_nothing_new_are_left_out(built: Path) -> None:
    """A column that is empty, or holds of each row what was asked for, takes no room."""
    from pipeline.steps.configured import CatalogOptions, open_lake
    from pipeline.steps.questions import Library, ask_question

    lake = open_lake(str(built), CatalogOptions())
    asked = ask_question(lake, Library().read("volume"), {"account": "111122223333"})
    with asked.answer:
        rows = read_rows(asked.answer.batches(), 100, is_wide=False)
    assert "account" in rows.names
    assert "account" not in leave_out_known(rows, asked).names


def test_a_file_gets_rows_alone(run: Run, built: Path) -> None:
    """A file of data has no headline, and all columns."""
    ran = run("query", "volume", "-o", "volume.json", "--lake", built)
    assert "3 rows to volume.json" in ran.err
    rows = json.loads(Path("volume.json").read_text())
    assert rows[0]["account_id"] == "111122223333"


def test_a_table_is_as_wide_as_the_terminal(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is longer than 80, what was left out is named; --wide leaves nothing out."""
    ran = run("query", "top", "--by", "agent", "-f", "table", "--wide", "--lake", built)
    assert "last_event_time" in ran.out
    assert "with --wide" not in ran.out
    monkeypatch.setattr(Output, "is_terminal", True)
    ran = run("query", "top", "--by", "agent", "-f", "table", "--lake", built)
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "with --wide also" in ran.out


@pytest.mark.parametrize("module", ["answer", "arns", "query"])
def test_doctests(module: str) -> None:
    """Examples in the docstrings hold."""
    assert doctest.testmod(import_module(f"pipeline.cli.{module}")).failed == 0
