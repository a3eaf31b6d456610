"""`trailhouse coverage`: a map for people, rows for programs, an exit code for schedules."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.main import run as run_program
from tests.cli.conftest import Run


@pytest.fixture(scope="module")
def gappy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake of a trail with an event each hour of six days but 20 hours of the fifth."""
    first = datetime(2026, 3, 1, tzinfo=UTC)
    hours = [n for n in range(144) if not 100 <= n < 120]
    lines = [
        json.dumps(
            {
                "eventVersion": "1.11",
                "eventID": f"e{n}",
                "eventTime": f"{first + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}",
                "awsRegion": "eu-west-1",
                "recipientAccountId": "111122223333",
            }
        )
        for n in hours
    ]
    folder = tmp_path_factory.mktemp("gappy")
    (folder / "gappy.json").write_text("\n".join(lines))
    delivered = (first + timedelta(hours=144)).timestamp()
    os.utime(folder / "gappy.json", (delivered, delivered))
    source, lake = str(folder / "gappy.json"), folder / "lake"
    assert run_program(["ingest", source, "--lake", str(lake), "-q"]) == 0
    return lake


def test_the_map_is_as_agreed(run: Run, gappy: Path, golden: Callable[[str, str], None]) -> None:
    """Days across, trails down, the gaps beneath, the rule it judges by at the end."""
    golden("coverage.txt", run("coverage", "--lake", gappy, "--format", "table").out)
    text = run("coverage", "--lake", gappy, "--format", "table", "--hours").out
    golden("coverage-hours.txt", text)


def test_the_data_is_by_day_hour_or_gap(run: Run, gappy: Path) -> None:
    """Rows are days, hours or gaps, of the period asked for."""
    days = run("coverage", "--lake", gappy).rows
    assert [day["state"] for day in days] == ["events"] * 4 + ["gap", "events"]
    hours = run("coverage", "--lake", gappy, "--hours", "--from", "2026-03-05").rows
    assert sum(hour["state"] == "gap" for hour in hours) == 20
    (gap,) = run("coverage", "--lake", gappy, "--gaps").rows
    assert (gap["from"], gap["silent_hours"]) == ("2026-03-05T04:00:00Z", 20)
    assert run("coverage", "--lake", gappy, "--gaps", "--to", "2026-03-03").rows == []


def test_a_schedule_can_fail_on_gaps(run: Run, gappy: Path) -> None:
    """--fail-on-gap gives exit code 3 where there is a gap in the period, else 0."""
    assert run("coverage", "--lake", gappy).code == 0
    assert run("coverage", "--lake", gappy, "--fail-on-gap").code == 3
    assert run("coverage", "--lake", gappy, "--fail-on-gap", "--to", "2026-03-04").code == 0


def test_an_unreadable_object_is_a_gap_in_knowledge(run: Run, lake: Path) -> None:
    """--fail-on-gap fails on objects that could not be read."""
    assert run("coverage", "--lake", lake, "--fail-on-gap").code == 3


def test_nothing_to_show_is_said(run: Run, gappy: Path) -> None:
    """A choice that nothing meets is no error."""
    ran = run("coverage", "--lake", gappy, "--account", "999999999999", "-f", "table")
    assert ran.code == 0
    assert "nothing" in ran.out


def test_many_trails_are_cut_to_those_that_matter(run: Run, lake: Path, tmp_path: Path) -> None:
    """With --max-rows the trails with gaps and most events are kept, and the rest counted."""
    lines = [
        json.dumps(
            {
                "eventVersion": "1.11",
                "eventID": f"e{n}-{k}",
                "eventTime": "2026-03-01T00:00:00Z",
                "awsRegion": "eu-west-1",
                "recipientAccountId": f"{n:012}",
            }
        )
        for n in range(5)
        for k in range(n + 1)
    ]
    (tmp_path / "many.json").write_text("\n".join(lines))
    run("ingest", "many.json", "--lake", "many")
    text = run("coverage", "--lake", "many", "-f", "table", "--max-rows", "2").out
    assert "000000000004" in text
    assert "000000000000" not in text
    assert "and 3 more trails" in text


def test_what_to_do_is_said_of_gaps_and_of_unreadable_objects(
    run: Run, lake: Path, gappy: Path
) -> None:
    """Each comes with its next step."""
    assert "next       ingest that account" in run("coverage", "--lake", gappy, "-f", "table").out
    text = run("coverage", "--lake", lake, "-f", "table").out
    assert "with unreadable objects" in text
    assert "broken: " in text
    assert "trailhouse ingest SOURCE" in text


def test_an_unreadable_object_of_an_unknown_place_is_told(run: Run, tmp_path: Path) -> None:
    """It is on no row of the map, and fails a schedule all the same."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/fine.json").write_text(_line("fine", "2026-03-01T00:00:00Z"))
    (tmp_path / "logs/broken.json.gz").write_bytes(b"\x1f\x8b\x08 and no more")
    run("ingest", "logs", "--lake", "nameless")
    ran = run("coverage", "--lake", "nameless", "-f", "table", "--fail-on-gap")
    assert ran.code == 3
    assert "1 unreadable object of unknown account or region" in ran.out


def test_no_column_is_drawn_of_what_is_not_judged(run: Run, tmp_path: Path) -> None:
    """An object delivered in the first hour of a day does not begin that day on the map."""
    name = "111122223333_CloudTrail_eu-west-1_2026030{}T{}05Z_0000000000000001.json"
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02"
    folder.mkdir(parents=True)
    for number in range(47):
        day, hour = divmod(number + 1, 24)
        text = _line(f"e{number}", f"2026-03-0{number // 24 + 1}T{number % 24:02}:50:00Z")
        (folder / name.format(day + 1, f"{hour:02}")).write_text(f'{{"Records": [{text}]}}')
    (folder / name.format(3, "00")).write_text('{"Records": []}')
    run("ingest", tmp_path / "AWSLogs", "--lake", "midnight")
    ran = run("coverage", "--lake", "midnight", "-f", "table", "--hours", "--from", "2026-03-01")
    assert "known until 2026-03-03T00:00:00Z" in ran.out
    assert "2026-03-02" in ran.out.splitlines()[0]
    assert "2026-03-03" not in ran.out.partition("known until")[0]


def test_an_event_of_the_future_does_not_move_the_map(run: Run, tmp_path: Path) -> None:
    """It is told beneath, and the map shows the days that are known."""
    hours = [_line(f"e{n}", f"2026-03-0{n // 24 + 1}T{n % 24:02}:00:00Z") for n in range(48)]
    (tmp_path / "logs.json").write_text("\n".join([*hours, _line("wrong", "2031-01-01T00:00:00Z")]))
    run("ingest", "logs.json", "--lake", "skewed")
    text = run("coverage", "--lake", "skewed", "-f", "table").out
    assert "███" not in text.splitlines()[1]
    assert "██" in text.splitlines()[1]
    assert "1 event later than that, up to 2031-01-01T00:00:00Z" in text


def _line(event_id: str, time: str) -> str:
    return json.dumps(
        {
            "eventVersion": "1.11",
            "eventID": event_id,
            "eventTime": time,
            "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333",
        }
    )
