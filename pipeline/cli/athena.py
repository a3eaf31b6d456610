"""`trailhouse athena`: the same tables on Athena."""

from __future__ import annotations

import click

from pipeline.cli.group import LazyGroup, Option
from pipeline.cli.options import Invocation, command, everywhere

_HERE = "pipeline.cli.athena"


@click.group(
    name="athena",
    cls=LazyGroup,
    lazy={"ddl": (_HERE, "Print the statements that make the tables queryable.")},
    examples=("trailhouse athena ddl --register | sh", "trailhouse athena ddl > views.sql"),
)
@everywhere
def athena_command() -> None:
    """Ask the same tables on Athena, for a lake on S3."""


@command(
    name="ddl",
    examples=(
        "trailhouse athena ddl --register | sh",
        "trailhouse athena ddl > views.sql",
        "trailhouse athena ddl --for s3://my-bucket/lake",
    ),
)
@click.option(
    "--database", default="trailhouse", show_default=True, cls=Option, help="The Glue database."
)
@click.option(
    "--register",
    "registers",
    is_flag=True,
    cls=Option,
    help="Print the shell script (aws glue) that makes Glue know the tables, not the views.",
)
@click.option(
    "--for",
    "place",
    metavar="S3-PREFIX",
    default="",
    cls=Option,
    help="Print it as it would be for a copy of a local lake at this place.",
)
@click.pass_obj
def ddl_command(told: Invocation, database: str, registers: bool, place: str) -> None:
    """Print the statements that make the lake's tables queryable on Athena.

    First the tables, with --register: Athena's DDL cannot make a table of data that is there, so
    Glue is told of each by its metadata file. Then the views: cloudtrail_logs with region, year,
    month and day, cloudtrail_logs_pp with timestamp, cloudtrail_logs_org with account too, as AWS
    documents them. Where the lake's catalog is Glue its tables are there already.
    """
    from pipeline.steps.athena import write_ddl, write_registration
    from pipeline.steps.configured import configured_lake

    lake = configured_lake(told.load({}).settings)
    write = write_registration if registers else write_ddl
    click.echo(write(lake, database, place), nl=False)
