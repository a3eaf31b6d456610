"""`trailhouse config`: every setting, its value and where it came from."""

from __future__ import annotations

import click

from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows


@command(
    name="config",
    examples=(
        "trailhouse config",
        "trailhouse config --config other.toml --format json",
        "TRAILHOUSE_INGEST_READERS=64 trailhouse config",
    ),
)
@output_options
@click.pass_obj
def config_command(told: Invocation, output: Output) -> None:
    """Show every setting and where its value came from; secrets are masked.

    A flag outranks a TRAILHOUSE_ variable, which outranks trailhouse.toml, which outranks the
    default.
    """
    loaded = told.load()
    import pyarrow as pa

    rows = [
        {"setting": value.name, "value": value.shown, "origin": value.origin}
        for value in loaded.values()
    ]
    print_rows(output, pa.Table.from_pylist(rows).to_reader())
    if not told.quiet and output.format == "table":
        place = loaded.file.resolve() if loaded.file else "none, there is no trailhouse.toml here"
        click.echo(f"settings file: {place}", err=True)
