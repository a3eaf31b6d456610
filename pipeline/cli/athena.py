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
    examples=("trailhouse athena ddl --register | sh", "trailhouse athena ddl --script | sh"),
)
@everywhere
def athena_command() -> None:
    """Ask the same tables on Athena, for a lake on S3."""


@command(
    name="ddl",
    examples=(
        "trailhouse athena ddl --register | sh",
        "trailhouse athena ddl --script | ATHENA_WORKGROUP=audit sh",
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
    "--script",
    "runs",
    is_flag=True,
    cls=Option,
    help="Print the views as a shell script (aws athena) that makes them one by one.",
)
@click.option(
    "--for",
    "prefix",
    metavar="S3-PREFIX",
    default="",
    cls=Option,
    help="Show how it would be if the lake were at this place on S3.",
)
@click.pass_obj
def ddl_command(told: Invocation, database: str, registers: bool, runs: bool, prefix: str) -> None:
    """Print the statements that make the lake's tables queryable on Athena.

    First the tables, with --register: Athena's DDL cannot make a table of data that is there, so
    Glue is told of each by its metadata file. Then the views: cloudtrail_logs with region, year,
    month and day, cloudtrail_logs_pp with timestamp, cloudtrail_logs_org with account too, as AWS
    documents them, and the models that are views, in Athena's SQL. At the end it is listed which
    models cannot be said in that, and why. Where the lake's catalog is Glue its tables are there
    already.
    """
    from pipeline.steps.athena import write_registration, write_views
    from pipeline.steps.configured import configured_lake

    if registers and runs:
        raise click.UsageError("--register and --script are two scripts; run one after the other")
    lake = configured_lake(told.load({}).settings)
    if registers:
        click.echo(write_registration(lake, database, prefix), nl=False)
        return
    views = write_views(lake, database, prefix)
    click.echo(views.script() if runs else views.sql(), nl=False)
