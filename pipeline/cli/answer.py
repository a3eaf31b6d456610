"""The answer to a saved question for people: what was asked, its rows as wide as fits, notes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.cli.arns import shorten_column
from pipeline.cli.cells import cell_text
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, tell
from pipeline.cli.text import (
    WidthOf,
    can_draw,
    count,
    draw_table,
    elide,
    fit_widths,
    neutralise,
    wrap,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.steps.questions import Asked, Period

_LISTED = 3
_LEAST_COLUMNS = 3
_WIDTH = 100
"""Columns of what is no terminal and of which nothing says how wide it is."""
_LONGEST = 0.23
"""Most of the width that a column of text asks for before others are left out."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as people read them.

    Attributes:
        names: of the columns.
        cells: texts, harmless for a terminal.
        right: columns to align right.
        whole: columns not to be cut.
        n_more: rows that are not shown.
    """

    names: Sequence[str]
    cells: Sequence[Sequence[str]]
    right: Sequence[bool]
    whole: Sequence[bool]
    n_more: int = 0

    def of(self, places: Sequence[int]) -> Rows:
        """Return some of the columns."""
        return Rows(
            names=[self.names[n] for n in places],
            cells=[[row[n] for n in places] for row in self.cells],
            right=[self.right[n] for n in places],
            whole=[self.whole[n] for n in places],
            n_more=self.n_more,
        )


def print_answer(output: Output, asked: Asked, *, is_wide: bool) -> None:
    """Print an answer: for people with what was asked above it, else the rows alone.

    Args:
        output: where to, and in which format.
        asked: the question and its answer.
        is_wide: whether people get all columns, and nothing shortened.
    """
    for note in notes(asked):
        tell(note)
    if output.format != "table":
        _tell_limit(asked, print_rows(output, asked.answer.batches()))
        return
    encoding = "utf-8" if output.path else None
    rows = read_rows(asked.answer.batches(), output.max_rows, is_wide=is_wide)
    with output.open() as out:
        for line in write_answer(output, asked, rows, is_wide=is_wide):
            out.write(line.encode(encoding or "utf-8", "backslashreplace") + b"\n")
    _tell_limit(asked, len(rows.cells) + rows.n_more)
    if output.path:
        tell(f"{count(len(rows.cells) + rows.n_more, 'row')} to {output.path}")


def notes(asked: Asked) -> Iterator[str]:
    """Yield what has to be said of an answer beside it."""
    for table in asked.lacking:
        yield (
            f"cannot tell: the lake was built without {table}; set context.{table} and run: "
            "trailhouse build"
        )
    period = asked.period
    if period and period.is_after_all and period.newest:
        yield (
            f"the lake's newest event is of {_minute(period.newest)}; ages such as 7d count back "
            "from now"
        )


def _tell_limit(asked: Asked, n_rows: int) -> None:
    """Say that there may be more than the question's own limit let through."""
    if asked.limit is not None and n_rows >= asked.limit:
        tell(f"the first {asked.limit:,}; there may be more: --limit")


def write_answer(output: Output, asked: Asked, rows: Rows, *, is_wide: bool) -> Iterator[str]:
    """Yield the lines of an answer."""
    from rich.cells import cell_len
    from rich.console import Console

    is_known = output.is_terminal or "COLUMNS" in os.environ
    width = Console().width if is_known else _WIDTH
    is_plain = not can_draw("utf-8" if output.path else None)
    for line in headline(asked):
        yield from wrap(neutralise(line), width)
    yield ""
    if not rows.cells:
        yield "nothing"
        return
    if is_wide:
        yield from _drawn(rows, None, is_plain, cell_len)
        left_out: Sequence[str] = ()
    else:
        mark = "..." if is_plain else "…"
        fitting = fit_columns(leave_out_known(rows, asked), width, cell_len, mark)
        left_out = [name for name in rows.names if name not in fitting.names]
        yield from _drawn(fitting, width, is_plain, cell_len)
    yield from _after(rows, left_out, width)


def headline(asked: Asked) -> Iterator[str]:
    """Yield what was asked: the question, what its values stand for, the days, the snapshot."""
    yield asked.question.description
    for name, found in asked.found.items():
        yield f"{name} {_several(found.ids)}"
    others = [f"{n} {v}" for n, v in asked.values.items() if n not in (*asked.found, *_PERIOD)]
    told = [*others, *([_days(asked.period)] if asked.period else [])]
    plan = asked.answer.plan.tables
    built = max((t.committed_at for t in plan if t.committed_at), default=None)
    if built:
        told.append(f"as of {_minute(built)}")
    if told:
        yield ", ".join(told)


def read_rows(batches: pa.RecordBatchReader, most: int, *, is_wide: bool) -> Rows:
    """Read rows as people want them: names for accounts, short lists.

    Args:
        batches: the rows.
        most: rows to keep; 0: all.
        is_wide: whether lists stay whole and accounts have their ids too.
    """
    import pyarrow as pa

    from pipeline.cli.encode import rows_of

    kept: list[list[Any]] = []
    n_more = 0
    for batch in batches:
        room = batch.num_rows if not most else max(most - len(kept), 0)
        n_more += max(batch.num_rows - room, 0)
        kept += map(list, rows_of(batch.slice(0, room)))
    schema = batches.schema
    numeric = [
        pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k)
        for k in schema.types
    ]
    whole = [n or pa.types.is_temporal(k) for n, k in zip(numeric, schema.types, strict=True)]
    cells = [[neutralise(_cell(value, is_wide=is_wide)) for value in row] for row in kept]
    found = Rows(schema.names, cells, numeric, whole, n_more)
    return found if is_wide else name_accounts(found)


def name_accounts(rows: Rows) -> Rows:
    """Return rows with one column for an account: its name, or where that is unknown its id."""
    if not {"account_id", "account_name"} <= set(rows.names):
        return rows
    by_id, by_name = rows.names.index("account_id"), rows.names.index("account_name")
    cells = [
        [row[by_name] or cell if n == by_id else cell for n, cell in enumerate(row)]
        for row in rows.cells
    ]
    named = replace(rows, cells=cells)
    found = named.of([n for n in range(len(rows.names)) if n != by_name])
    return replace(found, names=["account" if n == "account_id" else n for n in found.names])


def leave_out_known(rows: Rows, asked: Asked) -> Rows:
    """Return rows without columns that are empty, or that say of each row what was asked for."""
    known = {found.ids[0] for found in asked.found.values() if len(found.ids) == 1}
    kept = [n for n in range(len(rows.names)) if not {row[n] for row in rows.cells} <= {"", *known}]
    return rows.of(kept)


def fit_columns(rows: Rows, width: int, width_of: WidthOf = len, mark: str = "…") -> Rows:
    """Return the first columns that fit a width with most of what is in them, ARNs shortened.

    Columns stand in the order of their importance, so the last are left out first.
    """
    longest = int(width * _LONGEST)
    columns: list[list[str]] = []
    natural: list[int] = []
    least: list[int] = []
    for place, name in enumerate(rows.names):
        column = [row[place] for row in rows.cells]
        if not rows.whole[place]:
            column = shorten_column(column, longest, width_of, mark)
        value = max(map(width_of, column), default=0)
        room = max(width_of(name), value if rows.whole[place] else min(value, longest))
        if sum(least) + room + 2 * len(least) > width and place >= _LEAST_COLUMNS:
            break
        columns.append(column)
        natural.append(max(width_of(name), value))
        least.append(room)
    widths = fit_widths(natural, least, width - 2 * (len(least) - 1))
    fitting = rows.of(range(len(columns)))
    cells = [
        [elide(cell, room, mark, width_of) for cell, room in zip(row, widths, strict=True)]
        for row in zip(*columns, strict=True)
    ]
    return replace(fitting, cells=cells)


_PERIOD = ("since", "until")


def _drawn(rows: Rows, width: int | None, is_plain: bool, width_of: WidthOf) -> Iterator[str]:
    return draw_table(
        rows.names,
        rows.cells,
        right=rows.right,
        whole=rows.whole,
        width=width,
        is_plain=is_plain,
        width_of=width_of,
    )


def _after(rows: Rows, left_out: Sequence[str], width: int) -> Iterator[str]:
    told = [count(len(rows.cells) + rows.n_more, "row")]
    if rows.n_more:
        told.append(f"{rows.n_more:,} not shown: --max-rows 0")
    if left_out:
        told.append(f"with --wide also {', '.join(left_out)}")
    yield ""
    yield from wrap("; ".join(told), width)


def _cell(value: object, *, is_wide: bool) -> str:
    """Return a value as a person reads it: lists as words.

    >>> _cell(["s3", "ec2"], is_wide=False), _cell(["a", "b", "c", "d", "e"], is_wide=False)
    ('s3, ec2', 'a, b, c and 2 more')
    >>> _cell(True, is_wide=False)
    'yes'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        shown = value if is_wide else value[:_LISTED]
        text = ", ".join(cell_text(item) for item in shown)
        return text if len(shown) == len(value) else f"{text} and {len(value) - len(shown):,} more"
    return cell_text(value)


def _several(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:_LISTED])
    if len(ids) == 1:
        return shown
    more = f" and {len(ids) - _LISTED:,} more" if len(ids) > _LISTED else ""
    return f"({len(ids):,} match) {shown}{more}"


def _days(period: Period) -> str:
    last = period.until - timedelta(microseconds=1)
    return f"{_short(period.since)} to {_short(last)}"


def _short(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
