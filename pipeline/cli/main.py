"""The program: its commands by name, and the one place where errors end."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from pipeline import __version__
from pipeline.cli.group import EVERYWHERE, LazyGroup, Option
from pipeline.cli.options import Invocation, everywhere
from pipeline.cli.text import one_line
from pipeline.errors import PipelineError, UsageError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_INTERRUPTED = "interrupted; what was committed is safe, and running again continues"

COMMANDS = {
    "demo": ("pipeline.cli.demo", "From nothing to answers, on an invented organisation."),
    "ingest": ("pipeline.cli.ingest", "Take logs into the lake, each event once."),
    "quarantine": ("pipeline.cli.quarantine", "Look at records that could not become events."),
    "status": ("pipeline.cli.status", "Tell what the lake holds, what failed and what waits."),
    "coverage": ("pipeline.cli.coverage", "Show where there are events, silence and gaps."),
    "maintain": ("pipeline.cli.maintain", "Compact, expire and remove what is too old."),
    "build": ("pipeline.cli.build", "Make the audit tables from what is new in the lake."),
    "models": ("pipeline.cli.models", "List the audit tables: grain, freshness, columns, SQL."),
    "query": ("pipeline.cli.query", "Ask a saved question: who changed this, who really was it."),
    "sql": ("pipeline.cli.sql", "Ask the lake a question in SQL."),
    "connect": ("pipeline.cli.connect", "Write a DuckDB file of the lake, for any client."),
    "athena": ("pipeline.cli.athena", "Make the same tables queryable on Athena."),
    "simulate": ("pipeline.cli.simulate", "Write the trails of an invented organisation."),
    "config": ("pipeline.cli.config", "Show every setting and where its value came from."),
    "completion": ("pipeline.cli.completion", "Print the script that completes commands."),
}

SECTIONS = {
    "Begin": ("demo", "simulate"),
    "Fill the lake": ("ingest", "quarantine", "maintain"),
    "Audit tables": ("build", "models"),
    "Look into it": ("status", "coverage", "query", "sql", "connect", "athena"),
    "Set up": ("config", "completion"),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    sections=SECTIONS,
    context_settings={"help_option_names": ["--help", "-h"]},
    examples=(
        "trailhouse ingest s3://my-trail --from 30d",
        'trailhouse sql "select eventname, count(*) from cloudtrail_logs group by all"',
        "trailhouse ingest --help",
    ),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    cls=Option,
    section=EVERYWHERE,
    callback=lambda ctx, _, asked: _show_version(ctx) if asked else None,
    help="Show the version and exit.",
)
@everywhere
def trailhouse() -> None:
    """A lakehouse for AWS CloudTrail: logs from S3 or disk in one open table, and audit tables.

    Data goes to standard output, progress and notes to standard error. Exit codes: 0 done,
    1 an error, 2 a usage that cannot be, 3 something found that was asked to fail on.
    """


def main() -> None:
    """Run the program and exit."""
    _open_closed()
    gc.set_threshold(100_000, 50, 100)  # imports make many objects that all stay
    code = run(sys.argv[1:])
    _flush()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; no error gets past here."""
    _prepare_streams()
    told = Invocation()
    try:
        result = trailhouse.main(list(arguments), "trailhouse", standalone_mode=False, obj=told)
        return result if isinstance(result, int) else DONE
    except click.exceptions.Abort:
        return _say(_INTERRUPTED, INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as wrong:
        click.echo(wrong.format_message(), err=True)
        return USAGE
    except click.UsageError as wrong:
        return _say(_usage_text(wrong), USAGE)
    except click.ClickException as wrong:
        return _say(wrong.format_message(), FAILED)
    except UsageError as wrong:
        return _fail(wrong, str(wrong), told, USAGE)
    except PipelineError as wrong:
        return _fail(wrong, str(wrong), told, FAILED)
    except OSError as wrong:
        place = f"{wrong.filename}: " if wrong.filename else _lost_folder()
        step = "check space and permissions, or run again with --debug for the traceback"
        return _fail(wrong, f"{place}{wrong.strerror or wrong}; {step}", told, FAILED)
    except Exception as wrong:  # the only place that catches everything
        if str(wrong) == "Query interrupted":  # what DuckDB makes of Ctrl-C: a RuntimeError
            return _say(_INTERRUPTED, INTERRUPTED)
        step = "run again with --debug for the traceback"
        return _fail(wrong, f"{type(wrong).__name__}: {wrong}; {step}", told, FAILED)


def _lost_folder() -> str:
    """Say that the current folder is gone, if it is: the system does not say what is."""
    try:
        os.getcwd()
    except OSError:
        return "the current folder: "
    return ""


def _usage_text(wrong: click.UsageError) -> str:
    """Return click's complaint as one line with the next step."""
    told = wrong.format_message().strip().rstrip(".").replace(". (", " (")
    told = told[:1].lower() + told[1:]
    if wrong.ctx is None or "; " in told:
        return told
    return f"{told}; see: {wrong.ctx.command_path} --help"


def _fail(error: BaseException, message: str, told: Invocation, code: int) -> int:
    if told.debug or os.environ.get("TRAILHOUSE_DEBUG", "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    return _say(message, code)


def _say(message: str, code: int) -> int:
    try:
        sys.stderr.write(f"trailhouse: {one_line(message)}\n")
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    return code


def _open_closed() -> None:
    """Put nothing in place of streams that were closed, as `>&-` does.

    Otherwise the next file opened, a database perhaps, would take the stream's number, and
    what a library writes to standard error would end in it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, number)
            if nothing != number:
                os.close(nothing)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _prepare_streams() -> None:
    """Let text that the terminal's encoding lacks be written out rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Write out what is buffered; a reader that has gone, as `head` does, is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_version(ctx: click.Context) -> None:
    click.echo(f"trailhouse {__version__}")
    ctx.exit()
