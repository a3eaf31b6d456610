"""Print what a command found: rows as a table or data, a summary as text or data."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.cli.output import Output
from pipeline.cli.text import can_draw, draw_records, draw_table, neutralise

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

_WIDEST_VALUE = 2000


def print_rows(output: Output, batches: pa.RecordBatchReader) -> None:
    """Print rows in the format asked for; only a table holds any of them in memory."""
    from pipeline.cli.encode import write_batches

    with output.open() as out:
        if output.format == "table":
            for line in _table(output, batches):
                out.write(line.encode(_encoding(output), "backslashreplace") + b"\n")
        else:
            write_batches(
                output.format,
                batches,
                out,
                raw_csv=output.raw_csv,
                is_terminal=output.is_terminal,
            )


def print_summary(
    output: Output, facts: Mapping[str, Any], write: Callable[[Console], None]
) -> None:
    """Print a summary: as text for people, as one JSON object, or as one row."""
    from pipeline.cli.encode import encode_json, table_of, write_batches

    with output.open() as out:
        if output.format == "table":
            out.write(_drawn(output, write).encode(_encoding(output), "backslashreplace"))
        elif output.format in ("json", "jsonl"):
            indent = 2 if output.format == "json" else 0
            out.write(encode_json(facts, indent=indent) + b"\n")
        else:
            write_batches(output.format, table_of([facts]), out, raw_csv=output.raw_csv)


def small_table(
    console: Console, header: list[str], rows: Iterable[Iterable[object]], numbers: str = ""
) -> None:
    """Write a few rows within a text.

    Args:
        console: where to.
        header: names of the columns.
        rows: the cells.
        numbers: for each column `>` where it is a number, anything else where not.
    """
    from rich.cells import cell_len

    cells = [[neutralise(str(cell)) for cell in row] for row in rows]
    right = [sign == ">" for sign in numbers.ljust(len(header))]
    lines = draw_table(
        header,
        cells,
        right=right,
        width=console.width - 2,
        is_plain=not can_draw(console.encoding),
        width_of=cell_len,
    )
    for number, line in enumerate(lines):
        if number != 1:
            say(console, f"  {line}", "dim" if not number else "")


def say(console: Console, text: str = "", style: str = "") -> None:
    """Write a line as it is: no markup in it is read, and nothing is wrapped or cut."""
    from rich.text import Text

    console.print(Text(text, style=style), soft_wrap=True)


def _drawn(output: Output, write: Callable[[Console], None]) -> str:
    """Return a text for people, with colours only where a terminal shows them."""
    import sys

    from rich.console import Console

    terminal = Console(highlight=False, markup=False, emoji=False)
    text = io.StringIO()
    console = Console(
        file=_Encoded(text, sys.stdout.encoding if output.path is None else "utf-8"),
        force_terminal=output.is_terminal and terminal.is_terminal,
        color_system=_colours(terminal) if output.is_terminal else None,
        width=terminal.width if output.is_terminal else max(terminal.width, 100),
        highlight=False,
        markup=False,
        emoji=False,
    )
    write(console)
    return text.getvalue()


class _Encoded(io.TextIOBase):
    """A text in memory that says it has the encoding of where it goes."""

    def __init__(self, text: io.StringIO, encoding: str | None) -> None:
        self._text = text
        self._encoding = encoding or "utf-8"

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the text's destination."""
        return self._encoding

    def write(self, text: str) -> int:
        """Add to the text."""
        return self._text.write(text)


def _colours(terminal: Console) -> Any:
    return terminal.color_system


def _encoding(output: Output) -> str:
    import sys

    return "utf-8" if output.path else sys.stdout.encoding or "utf-8"


def _table(output: Output, batches: pa.RecordBatchReader) -> Iterable[str]:
    import pyarrow as pa
    from rich.cells import cell_len
    from rich.console import Console

    from pipeline.cli.encode import cell_text, rows_of

    width = Console().width if output.is_terminal else None
    is_plain = not can_draw(_encoding(output))
    rows: list[list[str]] = []
    more = 0
    for batch in batches:
        room = batch.num_rows if not output.max_rows else max(output.max_rows - len(rows), 0)
        more += max(batch.num_rows - room, 0)
        rows += [
            [_cell(cell_text(value)) for value in row] for row in rows_of(batch.slice(0, room))
        ]
    header = [neutralise(name) for name in batches.schema.names]
    numeric = [
        pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k)
        for k in batches.schema.types
    ]
    if width is not None and _is_too_wide(header, rows, numeric, width, cell_len):
        yield from draw_records(header, rows, width=width, is_plain=is_plain, width_of=cell_len)
    else:
        yield from draw_table(
            header, rows, right=numeric, width=width, is_plain=is_plain, width_of=cell_len
        )
    if more:
        mark = "..." if is_plain else "…"
        yield f"{mark} {more:,} more rows; see --max-rows, or --format csv --output FILE"


def _cell(text: str) -> str:
    return neutralise(text if len(text) <= _WIDEST_VALUE else text[:_WIDEST_VALUE] + "…")


def _is_too_wide(
    header: list[str],
    rows: list[list[str]],
    numeric: list[bool],
    width: int,
    width_of: Callable[[str], int],
) -> bool:
    """Tell whether the columns, cut as far as is bearable, still do not fit."""
    least = 2 * (len(header) - 1)
    for n, name in enumerate(header):
        natural = max([width_of(name), *(width_of(row[n]) for row in rows)])
        least += natural if numeric[n] else min(natural, max(8, min(width_of(name), 12)))
    return least > width
