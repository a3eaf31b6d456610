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
    drawn = draw_map(_hours(400), by_hour=by_hour, width=width, signs=BLOCKS).plain
    assert max(map(len, drawn.splitlines())) <= width


def test_the_newest_days_are_shown() -> None:
    """Where not all days fit, the last ones are there."""
    states = {399: "gap"}
    row = draw_map(_hours(400, states), by_hour=False, width=80, signs=BLOCKS).plain
    assert row.splitlines()[-1].split()[2].endswith("!")


def test_every_state_has_a_sign_of_its_own() -> None:
    """A day shows its worst hour, and more events show darker, without any colour."""
    states = {2: "silent", 3: "gap", 4: "unreadable"}
    drawn = draw_map(_hours(8, states), by_hour=False, width=80, signs=BLOCKS).plain
    assert drawn.splitlines()[-1].split()[2] == "░░·!x▓██"
    drawn = draw_map(_hours(8, states), by_hour=False, width=80, signs=LETTERS).plain
    assert drawn.splitlines()[-1].split()[2] == "--.!x#@@"
    assert drawn.isascii()


def test_hours_are_parted_by_day() -> None:
    """By hour a column is an hour, and days stand apart under their date."""
    drawn = draw_map(_hours(2), by_hour=True, width=100, signs=LETTERS).plain.splitlines()
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
