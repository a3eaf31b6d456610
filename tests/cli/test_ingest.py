"""`trailhouse ingest`: what it takes, what it says, and when it fails."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli.ingest import write_ingest
from pipeline.steps.ingest import IngestSummary
from tests.cli.conftest import Run
from tests.events import document, event, gzipped

FIELDS = {
    "objects_found",
    "objects_new",
    "objects_failed",
    "bytes_read",
    "records_read",
    "rows_added",
    "duplicates",
    "conflicts",
    "quarantined",
    "not_cloudtrail",
    "seconds",
    "objects_taken_by_others",
}


def test_the_summary_is_whole(run: Run, trail: Path) -> None:
    """The JSON summary has every count, and they add up."""
    ran = run("ingest", trail, "--format", "json")
    told = ran.json
    assert ran.code == 0
    assert told.keys() >= FIELDS
    assert told["objects_found"] == told["objects_new"] == 6
    assert told["rows_added"] == 24
    assert told["duplicates"] == 2
    assert told["quarantined"] == 1
    assert told["failures"] == {"broken": 1}
    assert told["not_cloudtrail"] == 1
    assert told["records_read"] == 27


def test_what_others_took_in_is_told() -> None:
    """New objects of which nothing was read are explained."""
    told = io.StringIO()
    summary = IngestSummary(objects_found=4, objects_new=4, objects_taken_by_others=4)
    write_ingest(Console(file=told), summary, "lake")
    assert "4 objects of them: other writers took them in first" in told.getvalue()


def test_a_second_run_adds_nothing(run: Run, own_lake: Path, trail: Path) -> None:
    """Running again reads only what failed, and says so."""
    told = run("ingest", trail, "--lake", own_lake, "--format", "json").json
    assert told["objects_new"] == told["objects_failed"] == 1
    assert told["rows_added"] == 0


def test_people_read_a_few_lines(run: Run, trail: Path) -> None:
    """The text says what was added, what failed with its next step, and where to go."""
    ran = run("ingest", trail, "--format", "table", "--lake", "lake")
    lines = ran.out.splitlines()
    assert lines[0].startswith("6 objects found, 6 new (")
    assert lines[1] == "27 records read = 24 added + 2 duplicates + 1 quarantined"
    assert "1 object broken: run again" in ran.out
    assert "trailhouse quarantine list" in ran.out
    assert "trailhouse status" in ran.out
    ran = run("ingest", trail, "--format", "json", "--lake", "lake")
    assert "warning: 1 object could not be read" in ran.err


def test_failed_objects_fail_a_strict_run_only(run: Run, trail: Path) -> None:
    """Objects that could not be read are retried anyway; --strict makes them an error."""
    assert run("ingest", trail).code == 0
    assert run("ingest", trail, "--strict").code == 1


def test_quiet_is_quiet(run: Run, trail: Path) -> None:
    """With --quiet nothing is on stderr."""
    assert run("ingest", trail, "--quiet").err == ""


def test_without_a_source_the_settings_name_them(run: Run, trail: Path) -> None:
    """Sources of trailhouse.toml are read when none is named; their choices apply."""
    Path("trailhouse.toml").write_text(
        'lake = "there"\n[[sources]]\nlocation = "trail"\nfrom = "2026-03-03"\nto = "2026-03-09"\n'
    )
    told = run("ingest", "--format", "json").json
    assert (told["objects_found"], told["rows_added"]) == (4, 8)
    assert Path("there/catalog.db").exists()


def test_no_source_at_all_is_a_usage_error(run: Run) -> None:
    """Nothing named and nothing set: the error says both ways out, and makes no lake."""
    ran = run("ingest")
    assert ran.code == 2
    assert "trailhouse ingest SOURCE" in ran.err
    assert "trailhouse.toml" in ran.err
    assert not Path("lake").exists()


def test_a_source_that_is_not_there_makes_no_lake(run: Run) -> None:
    """A misspelt path is an error before anything is made."""
    ran = run("ingest", "./trial")
    assert ran.code == 1
    assert "no file or folder ./trial" in ran.err
    assert not Path("lake").exists()


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["--from", "2026-03-02"], 16),
        (["--from", "2026-03-03"], 8),
        (["--to", "2026-03-01T12:00Z"], 16),
        (["--from", "2026-03-02", "--to", "2026-03-03"], 16),
        (["--account", "999999999999"], 0),
        (["--region", "us-east-1"], 24),
    ],
)
def test_objects_are_chosen(run: Run, trail: Path, options: list[str], rows: int) -> None:
    """--from, --to, --account and --region choose objects by their names.

    A day more is read after --to, where the last minutes of a day are delivered.
    """
    ran = run("ingest", trail / "trail", "--format", "json", *options)
    assert ran.json["rows_added"] == rows


def test_an_empty_period_is_a_usage_error(run: Run, trail: Path) -> None:
    """--to before --from reads nothing by mistake."""
    ran = run("ingest", trail, "--from", "2026-03-02", "--to", "2026-03-01")
    assert ran.code == 2
    assert "--to must be later" in ran.err


def test_standard_input_is_a_source(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs can be piped in."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzipped(event(1), event(2)))))
    ran = run("ingest", "-", "--format", "csv")
    assert ran.code == 0, ran.err
    header, row = ran.out.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["rows_added"] == "2"


def test_several_sources_make_one_summary(run: Run, tmp_path: Path) -> None:
    """Each SOURCE counts; an event in two of them is one row and one duplicate."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(document(event(1)))
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(document(event(2))))
    told = run("ingest", "a.json", "b.json", "c.json.gz", "--format", "json").json
    assert (told["rows_added"], told["duplicates"]) == (2, 1)
