"""Draw coverage as a map: accounts and regions down, days or hours across, readable uncoloured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_COUNTS = 16
"""Columns at the right end of a row: events, then hours of gap."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters of a map.

    Attributes:
        shades: from few events to many, by the row's own busiest cell.
    """

    shades: str
    silent: str
    gap: str = "!"
    unreadable: str = "x"
    unseen: str = " "


BLOCKS = Signs("░▒▓█", "·")
LETTERS = Signs("-=#@", ".")

_STYLES = {
    "events": "green",
    "silent": "dim",
    "gap": "bold red",
    "unreadable": "bold yellow",
}


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    cells: dict[datetime, tuple[str, int]]
    n_events: int
    n_gap_hours: int


def draw_map(hours: pl.DataFrame, *, by_hour: bool, width: int, signs: Signs) -> Text:
    """Draw a map of the newest days, or hours, that the width has room for.

    Args:
        hours: the hours of a `Coverage`; at least one.
        by_hour: a column is an hour, a space parts the days; else a column is a day.
        width: columns of the terminal.
        signs: the characters to draw with.
    """
    rows = _rows(hours, by_hour)
    label = max(len(row.label) for row in rows)
    room = max(width - label - _COUNTS - 2, 24)
    columns = _columns(rows, room, by_hour)
    text = Text(no_wrap=True, overflow="crop")
    *above, last = _scale(columns, by_hour)
    for line in above:
        text.append(" " * (label + 1) + line + "\n", "dim")
    drawn = len(columns) + (len(columns) // 24 - 1 if by_hour else 0)
    text.append(" " * (label + 1) + f"{last:{drawn}}  events     gap\n", "dim")
    for row in rows:
        text.append(f"{row.label:{label}} ")
        _append_cells(text, row, columns, signs, by_hour)
        text.append(f" {shorten(row.n_events):>7}")
        gap = f"{shorten(row.n_gap_hours)}h" if row.n_gap_hours else ""
        text.append(f"{gap:>8}\n", _STYLES["gap"])
    return text


def draw_legend(signs: Signs, *, by_hour: bool) -> Text:
    """Say what the characters mean."""
    cell = "hour" if by_hour else "day"
    text = Text()
    for characters, meaning, style in (
        (signs.shades, f"events, against the row's busiest {cell}", "events"),
        (signs.silent, "silent, within its rhythm", "silent"),
        (signs.gap, "gap: silent beyond its rhythm", "gap"),
        (signs.unreadable, "objects that could not be read", "unreadable"),
    ):
        text.append(characters, _STYLES[style])
        text.append(f"{' ' * (5 - len(characters))}{meaning}\n")
    return text.append("     blank: not seen yet, or not known yet\n")


def shorten(number: int) -> str:
    """Write a count in at most six characters.

    >>> [shorten(n) for n in (0, 999, 1000, 12_345, 999_950, 3_000_000_000)]
    ['0', '999', '1.0k', '12.3k', '1.0M', '3.0G']
    """
    if number < 1000:
        return str(number)
    value = float(number)
    for unit in "kMGT":
        value /= 1000
        if value < 999.95:
            return f"{value:.1f}{unit}"
    return f"{value:.0f}T"


def _rows(hours: pl.DataFrame, by_hour: bool) -> list[_Row]:
    """Return the rows of the map; a cell of a day is as bad as its worst hour."""
    import polars as pl

    order = pl.Enum(["silent", "events", "gap", "unreadable"])
    every = "1h" if by_hour else "1d"
    cells = (
        hours.group_by("account_id", "region", pl.col("hour").dt.truncate(every).alias("cell"))
        .agg(
            pl.col("state").cast(order).max().cast(pl.String),
            pl.col("n_events").sum(),
            (pl.col("state") == "gap").sum().alias("n_gap_hours"),
        )
        .sort("account_id", "region", "cell")
    )
    return [
        _Row(
            f"{account} {region}",
            {c: (s, n) for c, s, n in part.select("cell", "state", "n_events").iter_rows()},
            sum(part["n_events"].to_list()),
            sum(part["n_gap_hours"].to_list()),
        )
        for (account, region), part in cells.group_by(["account_id", "region"], maintain_order=True)
    ]


def _columns(rows: Sequence[_Row], room: int, by_hour: bool) -> list[datetime]:
    first = min(min(row.cells) for row in rows)
    last = max(max(row.cells) for row in rows)
    if not by_hour:
        n_days = min((last - first) // _DAY + 1, room)
        return [last - _DAY * n for n in reversed(range(n_days))]
    midnight = last.replace(hour=0)
    n_days = max(min((midnight - first.replace(hour=0)) // _DAY + 1, (room + 1) // 25), 1)
    start = midnight - _DAY * (n_days - 1)
    return [start + _HOUR * n for n in range(n_days * 24)]


def _scale(columns: Sequence[datetime], by_hour: bool) -> list[str]:
    """Return the lines above the map that date its columns."""
    if by_hour:
        days = [f"{column:%Y-%m-%d}".ljust(24) for column in columns[::24]]
        return [
            " ".join(days).rstrip(),
            " ".join("0     6     12    18    " for _ in days).rstrip(),
        ]
    dates = "".join(
        f"{column:%m-%d}".ljust(7) for column in columns[::7] if column <= columns[-1] - 4 * _DAY
    )
    return [dates.rstrip() or f"{columns[0]:%m-%d}"]


def _append_cells(
    text: Text, row: _Row, columns: Sequence[datetime], signs: Signs, by_hour: bool
) -> None:
    busiest = max((n for _, n in row.cells.values()), default=0)
    for number, column in enumerate(columns):
        if by_hour and number and number % 24 == 0:
            text.append(" ")
        state, n_events = row.cells.get(column, ("unseen", 0))
        text.append(_sign(state, n_events, busiest, signs), _STYLES.get(state))


def _sign(state: str, n_events: int, busiest: int, signs: Signs) -> str:
    if state != "events":
        return str(getattr(signs, state))
    return signs.shades[(n_events * len(signs.shades) - 1) // busiest]
