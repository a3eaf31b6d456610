"""The map of coverage: it fits the terminal, shows the newest, and reads without colour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipeline.cli.heatmap import BLOCKS, LETTERS, draw_legend, draw_map, shorten

_START = datetime(2026, 10, 1, tzinfo=UTC)


def _hours(n_days: int, states: dict[int, str] | None = None) -> pl.DataFrame:
    """Return hours of one account and region, with events at noon unless a day says otherwise."""
    rows = []
    for number in range(n_days * 24):
        day, hour = divmod(number, 24)
        state = (states or {}).get(day, "events" if hour == 12 else "silent")
        rows.append(
            {
                "account_id": "1" * 12,
                "region": "eu-west-1",
                "hour": _START + timedelta(hours=number),
                "state": state,
                "n_events": day + 1 if state == "events" else 0,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"hour": pl.Datetime("us", "UTC")})


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("by_hour", [False, True])
def test_it_fits_the_terminal(width: int, by_hour: bool) -> None:
    """No line is wider than the terminal, however long the history is."""
    drawn = draw_map(_hours(400), by_hour=by_hour, width=width, signs=BLOCKS).text.plain
    assert max(map(len, drawn.splitlines())) <= width


def test_the_newest_days_are_shown() -> None:
    """Where not all days fit, the last ones are there."""
    states = {399: "gap"}
    drawn = draw_map(_hours(400, states), by_hour=False, width=80, signs=BLOCKS)
    assert drawn.text.plain.splitlines()[-1].split()[2].endswith("!")
    assert drawn.cut.startswith("showing 2027-09-26 to 2027-11-04; ")
    assert "older days, from 2026-10-01 on: widen the terminal" in drawn.cut


def test_nothing_is_said_where_all_is_shown() -> None:
    """A map with all days says nothing of days it leaves out."""
    drawn = draw_map(_hours(8), by_hour=False, width=80, signs=BLOCKS)
    assert (drawn.cut, drawn.is_folded) == ("", False)


def test_days_that_are_all_alike_make_room() -> None:
    """Where not all days fit, long stretches without events become one column."""
    states = {day: "gap" if day < 300 else "silent" for day in range(3, 397)}
    drawn = draw_map(_hours(400, states), by_hour=False, width=80, signs=LETTERS)
    assert drawn.text.plain.splitlines()[-1].split()[2] == "---!~!.~.@@@"
    assert (drawn.cut, drawn.is_folded) == ("", True)
    assert "~    days left out" in draw_legend(LETTERS, by_hour=False, is_folded=True).plain
    assert "2027-11-01" not in drawn.text.plain


def test_the_hours_asked_for_are_drawn_in_blocks() -> None:
    """With a number of days, days that do not fit beside each other stand under each other."""
    drawn = draw_map(_hours(5), by_hour=True, width=100, signs=LETTERS, most_days=4)
    lines = drawn.text.plain.splitlines()
    assert [line.split() for line in lines if "2026" in line] == [
        ["2026-10-02", "2026-10-03"],
        ["2026-10-04", "2026-10-05"],
    ]
    assert [line.split()[-1] for line in lines if "eu-west-1" in line][1] == "15"
    assert drawn.cut.startswith("showing 2026-10-02 to 2026-10-05; not older days")


def test_every_state_has_a_sign_of_its_own() -> None:
    """A day shows its worst hour, and more events show darker, without any colour."""
    states = {2: "silent", 3: "gap", 4: "unreadable"}
    drawn = draw_map(_hours(8, states), by_hour=False, width=80, signs=BLOCKS).text.plain
    assert drawn.splitlines()[-1].split()[2] == "░░·!x▓██"
    drawn = draw_map(_hours(8, states), by_hour=False, width=80, signs=LETTERS).text.plain
    assert drawn.splitlines()[-1].split()[2] == "--.!x#@@"
    assert drawn.isascii()


def test_hours_are_parted_by_day() -> None:
    """By hour a column is an hour, and days stand apart under their date."""
    drawn = draw_map(_hours(2), by_hour=True, width=100, signs=LETTERS).text.plain.splitlines()
    assert drawn[0].split() == ["2026-10-01", "2026-10-02"]
    assert drawn[2].split()[2:4] == ["............=...........", "............@..........."]


def test_the_legend_names_every_sign() -> None:
    """Each character of the map is in the legend."""
    legend = draw_legend(BLOCKS, by_hour=False).plain
    assert all(sign in legend for sign in (BLOCKS.shades, BLOCKS.silent, "!", "x", "blank"))


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (1234, "1.2k"), (25_000_000, "25.0M")])
def test_counts_are_short(number: int, text: str) -> None:
    """A count takes a few characters whatever its size."""
    assert shorten(number) == text
