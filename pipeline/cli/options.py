"""Options that several commands share, and what one call of the program was told by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli.group import EVERYWHERE, Command, Option
from pipeline.cli.output import FORMATS, Output

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pipeline.lake.catalog import Lake
    from pipeline.settings import Loaded

_Function = TypeVar("_Function", bound=Callable[..., Any])

OUTPUT = "Output"
PERIOD = "Which of it"


@dataclass(slots=True)
class Invocation:
    """What the options of every command said, before or after the command's name.

    Attributes:
        flags: settings given as options, by dotted name.
        config: the settings file that was named.
        quiet: whether progress is kept from stderr.
        debug: whether an error shows its traceback.
    """

    flags: dict[str, Any] = field(default_factory=dict)
    config: Path | None = None
    quiet: bool = False
    debug: bool = False

    def load(self, flags: Mapping[str, Any] | None = None) -> Loaded:
        """Read the settings, with more of them given as options; None is not given."""
        from pipeline.settings import load_settings

        given = {name: value for name, value in (flags or {}).items() if value is not None}
        return load_settings({**self.flags, **given}, self.config)

    def open_lake(self, *, create: bool = False) -> Lake:
        """Open the lake that the settings name."""
        loaded = self.load()
        from pipeline.steps.configured import configured_lake

        return configured_lake(loaded.settings, create=create)


def command(**attributes: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a command with the options every command has."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        return click.command(cls=Command, **attributes)(everywhere(function))

    return decorate


def everywhere(function: _Function) -> _Function:
    """Add the options of every command; they may stand before the command's name too."""
    for option in (
        partial(
            click.option,
            "--debug",
            is_flag=True,
            help="Show the traceback of an error (or TRAILHOUSE_DEBUG=1).",
        ),
        partial(
            click.option, "--quiet", "-q", is_flag=True, help="No progress and no notes on stderr."
        ),
        partial(
            click.option,
            "--config",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Settings file (or TRAILHOUSE_CONFIG). [default: trailhouse.toml, if there]",
        ),
        partial(
            click.option,
            "--lake",
            metavar="PATH|s3://…",
            shell_complete=complete_paths,
            help="The lake (or TRAILHOUSE_LAKE). [default: ./lake]",
        ),
    ):
        function = option(cls=Option, section=EVERYWHERE, expose_value=False, callback=_remember)(
            function
        )
    return function


def output_options(function: _Function) -> _Function:
    """Add the options of commands that print data; they become one `output` argument."""
    for option in (
        partial(
            click.option,
            "--raw-csv",
            is_flag=True,
            help="Leave CSV cells as they are. Else text that a spreadsheet would run as a "
            "formula gets a ' before it.",
        ),
        partial(
            click.option,
            "--max-rows",
            type=click.IntRange(min=0),
            default=100,
            show_default=True,
            metavar="N",
            help="Rows of a table; 0: all.",
        ),
        partial(
            click.option,
            "--output",
            "-o",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write to a file, in the format of its ending unless --format says else; it "
            "appears when it is whole.",
        ),
        partial(
            click.option,
            "--format",
            "-f",
            type=click.Choice(FORMATS),
            help="[default: table on a terminal, else jsonl]",
        ),
    ):
        function = option(cls=Option, section=OUTPUT, expose_value=False, callback=_gather)(
            function
        )
    return click.pass_context(_with_output(function))  # type: ignore[return-value]


def choice_options(function: _Function) -> _Function:
    """Add --from, --to, --account and --region."""
    for option in (
        click.option(
            "--region",
            "regions",
            multiple=True,
            metavar="REGION",
            cls=Option,
            section=PERIOD,
            help="Only this region; can be given several times.",
        ),
        click.option(
            "--account",
            "accounts",
            multiple=True,
            metavar="ID",
            cls=Option,
            section=PERIOD,
            help="Only this account; can be given several times.",
        ),
        click.option(
            "--to",
            "end",
            metavar="TIME",
            cls=Option,
            section=PERIOD,
            help="Before this time: a date, a time (UTC) or an age.",
        ),
        click.option(
            "--from",
            "start",
            metavar="TIME",
            cls=Option,
            section=PERIOD,
            help="From this time on: 2026-03-01, 2026-03-01T12:30Z, or an age such as 12h, 7d.",
        ),
    ):
        function = option(function)
    return function


def complete_paths(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Let the shell complete paths."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    invocation = ctx.ensure_object(Invocation)
    if not value:
        return
    if parameter.name == "lake":
        invocation.flags["lake"] = value
    else:
        setattr(invocation, parameter.name or "", value)


def _gather(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    ctx.meta[f"output.{parameter.name}"] = value


def _with_output(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(ctx: click.Context, *args: Any, **values: Any) -> Any:
        output = Output(
            asked=ctx.meta["output.format"],
            path=ctx.meta["output.output"],
            raw_csv=ctx.meta["output.raw_csv"],
            max_rows=ctx.meta["output.max_rows"],
        )
        return function(*args, output=output, **values)

    call.__dict__.update(function.__dict__)  # click keeps the options on the function
    call.__doc__, call.__name__ = function.__doc__, function.__name__
    return call
