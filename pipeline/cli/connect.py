"""`trailhouse connect`: the lake as a DuckDB file, for any client."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_summary, say, say_whole
from pipeline.cli.text import count, moment

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.steps.connect import Connected


@command(
    name="connect",
    examples=(
        "trailhouse connect trailhouse.duckdb",
        "trailhouse connect ~/audit/lake.duckdb --lake s3-copy/lake",
    ),
)
@click.argument("file", metavar="FILE.duckdb", type=click.Path(path_type=Path))
@output_options
@click.pass_obj
def connect_command(told: Invocation, file: Path, output: Output) -> None:
    """Write a small DuckDB database of views over the lake as it is now, for any client.

    DuckDB's own shell, DBeaver, Harlequin or a notebook can open it: every table and view of the
    lake is there, with the functions of Athena that DuckDB lacks. It holds no events, only where
    they are, and shows the snapshot it was made of. Run it again to see what is newer: the file
    is replaced in one step, whoever has it open goes on with the one before.
    """
    from pipeline.steps import configured
    from pipeline.steps.connect import connect

    settings = told.load({}).settings
    grace = configured.maintain_options(settings).grace
    made = connect(configured.configured_lake(settings), file, grace)
    told_of = {
        **asdict(made),
        "file": str(made.file),
        "committed_at": made.committed_at.isoformat() if made.committed_at else None,
        "valid_until": made.valid_until.isoformat(),
    }
    print_summary(output, told_of, lambda console: _write(console, made, file))


def _write(console: Console, made: Connected, file: Path) -> None:
    shown = f"the lake as of {moment(made.committed_at)}" if made.committed_at else "an empty lake"
    say_whole(console, f"{file} shows {shown}", "bold")
    say(
        console,
        f"{count(len(made.tables), 'table')}, {count(len(made.views), 'view')} of models and "
        f"{count(len(made.macros), 'function')} of Athena's",
    )
    say(
        console,
        f"valid until {moment(made.valid_until)}: upkeep may remove files it names after that",
    )
    say_whole(console, f"open it with: duckdb -readonly {file}")
    say(console, "times are in UTC where the client says: set TimeZone = 'UTC'", "dim")
