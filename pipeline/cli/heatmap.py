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
_FOLD = "~"

_Columns = Sequence[datetime | None]


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


@dataclass(frozen=True, slots=True)
class Map:
    """A map as it was drawn.

    Attributes:
        text: its lines.
        is_folded: whether stretches of days were left out.
        cut: what is older than the map and not on it, as a sentence; empty: nothing.
    """

    text: Text
    is_folded: bool
    cut: str


def draw_map(
    hours: pl.DataFrame, *, by_hour: bool, width: int, signs: Signs, most_days: int = 0
) -> Map:
    """Draw a map of the newest days, or hours, that the width has room for, and say what is cut.

    Args:
        hours: the hours of a `Coverage`; at least one.
        by_hour: a column is an hour, a space parts the days; else a column is a day.
        width: columns of the terminal.
        signs: the characters to draw with.
        most_days: by hour, so many days are drawn, in as many blocks as that takes; 0: one block.
    """
    rows = _rows(hours, by_hour)
    label = max(len(row.label) for row in rows)
    room = max(width - label - _COUNTS - 2, 24)
    first = min(min(row.cells) for row in rows)
    last = max(max(row.cells) for row in rows)
    if by_hour:
        blocks = _hour_blocks(first, last, (room + 1) // 25 or 1, most_days)
    else:
        blocks = [_day_columns(rows, first, last, room)]
    text = Text(no_wrap=True, overflow="crop")
    for number, columns in enumerate(blocks, 1):
        _append_block(text, rows, columns, signs, by_hour, is_last=number == len(blocks))
    return Map(text, None in blocks[0], _cut(first, last, blocks[0], by_hour))


def _append_block(
    text: Text,
    rows: Sequence[_Row],
    columns: _Columns,
    signs: Signs,
    by_hour: bool,
    *,
    is_last: bool,
) -> None:
    """Draw all rows for some columns; the last block tells the counts, which are of all."""
    label = max(len(row.label) for row in rows)
    *above, scale = _hour_scale(columns) if by_hour else [_day_scale(columns)]
    for line in above:
        text.append(" " * (label + 1) + line + "\n", "dim")
    drawn = len(columns) + (len(columns) // 24 - 1 if by_hour else 0)
    counts = "  events     gap" if is_last else ""
    text.append((" " * (label + 1) + f"{scale:{drawn}}{counts}").rstrip() + "\n", "dim")
    for row in rows:
        text.append(f"{row.label:{label}} ")
        _append_cells(text, row, columns, signs, by_hour)
        if is_last:
            text.append(f" {shorten(row.n_events):>7}")
            gap = f"{shorten(row.n_gap_hours)}h" if row.n_gap_hours else ""
            text.append(f"{gap:>8}", _STYLES["gap"])
        text.append("\n")
    if not is_last:
        text.append("\n")


def draw_legend(signs: Signs, *, by_hour: bool, is_folded: bool = False) -> Text:
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
    if is_folded:
        text.append(f"{_FOLD}    days left out: no events, and each row as on the days beside\n")
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


def _day_columns(rows: Sequence[_Row], first: datetime, last: datetime, room: int) -> _Columns:
    """Return the newest days there is room for; None stands for days that are left out."""
    days: _Columns = [first + _DAY * n for n in range((last - first) // _DAY + 1)]
    if len(days) <= room:
        return days
    newest = _fold(rows, days)[-room:]
    return newest[1:] if newest[0] is None else newest


def _fold(rows: Sequence[_Row], days: _Columns) -> _Columns:
    """Leave out days without events on which each row is as the day before and the day after."""
    looks = [_look(rows, day) for day in days]
    folded: list[datetime | None] = []
    for number, day in enumerate(days):
        beside = looks[max(number - 1, 0) : number + 2]
        if looks[number] is None or len(beside) < 3 or len(set(beside)) > 1:
            folded.append(day)
        elif folded[-1] is not None:
            folded.append(None)
    return folded


def _look(rows: Sequence[_Row], day: datetime | None) -> tuple[str, ...] | None:
    """Return the states of a day; None: it has events."""
    cells = [row.cells.get(day, ("unseen", 0)) if day else ("unseen", 0) for row in rows]
    return None if any(n for _, n in cells) else tuple(state for state, _ in cells)


def _hour_blocks(
    first: datetime, last: datetime, n_beside: int, most_days: int
) -> Sequence[_Columns]:
    """Return the hours of the newest days, as many days a block as there is room for."""
    midnight = last.replace(hour=0)
    n_days = min((midnight - first.replace(hour=0)) // _DAY + 1, max(most_days, n_beside))
    start = midnight - _DAY * (n_days - 1)
    return [
        [start + _HOUR * n for n in range(day * 24, min(day + n_beside, n_days) * 24)]
        for day in range(0, n_days, n_beside)
    ]


def _cut(first: datetime, last: datetime, columns: _Columns, by_hour: bool) -> str:
    start = columns[0]
    if start is None or first >= start:
        return ""
    wider = "give --from, --to" if by_hour else "widen the terminal, or give --from, --to"
    return (
        f"showing {start:%Y-%m-%d} to {last:%Y-%m-%d}; not older days, from {first:%Y-%m-%d} on: "
        f"{wider}"
    )


def _hour_scale(columns: _Columns) -> list[str]:
    """Return the lines above the map that date its hours."""
    days = [f"{column:%Y-%m-%d}".ljust(24) for column in columns[::24]]
    return [
        " ".join(days).rstrip(),
        " ".join("0     6     12    18    " for _ in days).rstrip(),
    ]


def _day_scale(columns: _Columns) -> str:
    """Return the line above the map that dates its days, with years where they differ."""
    years = {column.year for column in columns if column}
    form, apart = ("%Y-%m-%d", 12) if len(years) > 1 else ("%m-%d", 7)
    line, dated = "", -apart
    for number, column in enumerate(columns):
        is_due = number - dated >= apart or columns[number - 1] is None
        label = f"{column:{form}}" if column else ""
        fits = number + len(label) <= len(columns) and (not line or len(line) < number)
        if label and is_due and fits:
            line, dated = line.ljust(number) + label, number
    return line or next(f"{column:%m-%d}" for column in columns if column)


def _append_cells(text: Text, row: _Row, columns: _Columns, signs: Signs, by_hour: bool) -> None:
    busiest = max((n for _, n in row.cells.values()), default=0)
    for number, column in enumerate(columns):
        if by_hour and number and number % 24 == 0:
            text.append(" ")
        if column is None:
            text.append(_FOLD, "dim")
            continue
        state, n_events = row.cells.get(column, ("unseen", 0))
        text.append(_sign(state, n_events, busiest, signs), _STYLES.get(state))


def _sign(state: str, n_events: int, busiest: int, signs: Signs) -> str:
    if state != "events":
        return str(getattr(signs, state))
    return signs.shades[(n_events * len(signs.shades) - 1) // busiest]
