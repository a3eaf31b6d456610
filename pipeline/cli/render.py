"""Print what a command found: rows as a table or data, a summary as text or data."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.output import Output
from pipeline.cli.text import (
    can_draw,
    count,
    draw_records,
    draw_table,
    is_cut,
    least_width,
    neutralise,
    wrap,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

_WIDEST_VALUE = 2000


@dataclass(slots=True)
class _Seen:
    """What there is to note of rows once they are printed."""

    n_rows: int = 0
    is_cut: bool = False

    def counted(self, batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """Return the batches, their rows counted as they pass."""
        import pyarrow as pa

        def counting() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                self.n_rows += batch.num_rows
                yield batch

        return pa.RecordBatchReader.from_batches(batches.schema, counting())


def print_rows(output: Output, batches: pa.RecordBatchReader, whole: Collection[str] = ()) -> int:
    """Print rows in the format asked for, and return how many; only a table holds any in memory.

    Args:
        output: where to, and in which format.
        batches: the rows.
        whole: columns that a table does not cut, besides numbers and times.
    """
    from pipeline.cli.encode import write_batches

    seen = _Seen()
    with output.open() as out:
        if output.format == "table":
            for line in _table(output, seen.counted(batches), whole, seen):
                out.write(line.encode(_encoding(output), "backslashreplace") + b"\n")
        else:
            write_batches(
                output.format,
                seen.counted(batches),
                out,
                raw_csv=output.raw_csv,
                is_terminal=output.is_terminal,
            )
    if seen.is_cut:
        tell("cells are shortened; -f json or --output has them whole")
    if output.path:
        tell(f"{count(seen.n_rows, 'row')} to {output.path}")
    return seen.n_rows


def print_summary(
    output: Output, facts: Mapping[str, Any], write: Callable[[Console], None]
) -> None:
    """Print a summary: as text for people, as one JSON object, or as one row."""
    from pipeline.cli.encode import encode_json, table_of, write_batches

    with output.open() as out:
        if output.format == "table":
            out.write(_drawn(output, write))
        elif output.format in ("json", "jsonl"):
            indent = 2 if output.format == "json" else 0
            out.write(encode_json(facts, indent=indent) + b"\n")
        else:
            write_batches(output.format, table_of([facts]), out, raw_csv=output.raw_csv)
    if output.path:
        tell(f"written to {output.path}")


def small_table(
    console: Console, header: list[str], rows: Iterable[Iterable[object]], signs: str = ""
) -> None:
    """Write a few rows within a text.

    Args:
        console: where to.
        header: names of the columns.
        rows: the cells.
        signs: for each column `>` where it is a number, `=` where it may not be cut.
    """
    from rich.cells import cell_len

    cells = [[neutralise(str(cell)) for cell in row] for row in rows]
    signs = signs.ljust(len(header))
    lines = draw_table(
        header,
        cells,
        right=[sign == ">" for sign in signs],
        whole=[sign in ">=" for sign in signs],
        width=console.width - 2,
        is_plain=not can_draw(console.encoding),
        width_of=cell_len,
    )
    for number, line in enumerate(lines):
        if number != 1:
            say_whole(console, f"  {line}", "dim" if not number else "")


def say(console: Console, text: str = "", style: str = "", *, indent: int = 0) -> None:
    """Write a sentence, wrapped between words; lines after the first are indented.

    No markup in it is read. A word that is too long, such as a path, is not cut.
    """
    from rich.text import Text

    lines = wrap(text, console.width, indent) if text else [""]
    console.print(Text("\n".join(lines), style=style), soft_wrap=True)


def say_whole(console: Console, text: str, style: str = "") -> None:
    """Write a line to be copied: the terminal may fold it, nothing is put into it."""
    from rich.text import Text

    console.print(Text(text, style=style), soft_wrap=True)


def _drawn(output: Output, write: Callable[[Console], None]) -> bytes:
    """Return a text for people, with colours only where a terminal shows them."""
    from rich.console import Console

    terminal = Console()
    drawn = io.BytesIO()
    text = io.TextIOWrapper(drawn, _encoding(output), "backslashreplace", write_through=True)
    colours = terminal.color_system if output.is_terminal else None
    console = Console(
        file=text,
        force_terminal=output.is_terminal and terminal.is_terminal,
        color_system=colours,  # type: ignore[arg-type]  # one of the names it takes itself
        width=terminal.width if output.is_terminal else max(terminal.width, 100),
        highlight=False,
        markup=False,
        emoji=False,
    )
    write(console)
    return drawn.getvalue()


def tell(text: str) -> None:
    """Say something beside the data on standard error, unless it is to be quiet."""
    context = click.get_current_context(silent=True)
    if context is None or not context.obj.quiet:
        click.echo(neutralise(text), err=True)


def _encoding(output: Output) -> str:
    return "utf-8" if output.path else sys.stdout.encoding or "utf-8"


def _table(
    output: Output, batches: pa.RecordBatchReader, kept: Collection[str], seen: _Seen
) -> Iterable[str]:
    import pyarrow as pa
    from rich.cells import cell_len
    from rich.console import Console

    from pipeline.cli.cells import cell_text
    from pipeline.cli.encode import rows_of

    width = Console().width if output.is_terminal else None
    is_plain = not can_draw(_encoding(output))
    rows: list[list[str]] = []
    more = 0
    for batch in batches:
        room = batch.num_rows if not output.max_rows else max(output.max_rows - len(rows), 0)
        more += max(batch.num_rows - room, 0)
        rows += [
            [_cell(cell_text(value), seen) for value in row]
            for row in rows_of(batch.slice(0, room))
        ]
    header = [neutralise(name) for name in batches.schema.names]
    kinds = batches.schema.types
    numeric = [
        pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k) for k in kinds
    ]
    whole = [
        right or pa.types.is_temporal(field.type) or field.name in kept
        for right, field in zip(numeric, batches.schema, strict=True)
    ]
    if width is not None and least_width(header, rows, whole, cell_len) > width:
        room = max(width - max(map(cell_len, header)) - 2, 10)
        seen.is_cut |= any(cell_len(cell) > room for row in rows for cell in row)
        yield from draw_records(header, rows, width=width, is_plain=is_plain, width_of=cell_len)
    else:
        seen.is_cut |= width is not None and is_cut(header, rows, whole, width, cell_len)
        yield from draw_table(
            header,
            rows,
            right=numeric,
            whole=whole,
            width=width,
            is_plain=is_plain,
            width_of=cell_len,
        )
    if more:
        mark = "..." if is_plain else "…"
        yield f"{mark} {more:,} more rows; see --max-rows, or --format csv --output FILE"


def _cell(text: str, seen: _Seen) -> str:
    if len(text) > _WIDEST_VALUE:
        seen.is_cut = True
        text = text[:_WIDEST_VALUE] + "…"
    return neutralise(text)
