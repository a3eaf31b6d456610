"""Commands that load when they are called, and help that groups options and shows examples."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

EVERYWHERE = "Options of every command"


class Option(click.Option):
    """An option that is listed in a section of the help."""

    def __init__(self, *args: Any, section: str = "Options", **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section


class Command(click.Command):
    """A command whose help ends with examples."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of a section together."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, which can be copied as they are."""
        _write_examples(self.examples, formatter)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called.

    Args:
        lazy: for each command its module and one line on what it does; the module holds the
            command under the command's name.
        sections: headings, each with the names of the commands under it.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, tuple[str, str]],
        sections: Mapping[str, tuple[str, ...]] | None = None,
        examples: tuple[str, ...] = (),
        **attributes: Any,
    ) -> None:
        super().__init__(*args, **attributes)
        self.lazy = lazy
        self.sections = sections or {"Commands": tuple(lazy)}
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was called; a reader that goes away, as `head` does, ends it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return 0

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of their sections."""
        return [name for names in self.sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self.lazy:
            return None
        command = getattr(import_module(self.lazy[cmd_name][0]), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a name that is none is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as wrong:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.lazy, 1, 0.5)
            step = f"did you mean {near[0]}?" if near else f"see: {ctx.command_path} --help"
            raise click.UsageError(f"there is no command {args[0]!r}; {step}", ctx) from wrong

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Offer the commands without importing them."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=self.lazy[name][1])
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, those of a section together, none of them imported."""
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.lazy[name][1]) for name in names], col_max=20)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, which can be copied as they are."""
        _write_examples(self.examples, formatter)


def _write_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record and not isinstance(parameter, click.Argument):
            section = getattr(parameter, "section", EVERYWHERE)
            sections.setdefault(section, []).append(record)
    last = sections.pop(EVERYWHERE, [])
    for heading, records in [*sections.items(), (EVERYWHERE, last)]:
        with formatter.section(heading):
            formatter.write_dl(records, col_max=28)


def _write_examples(examples: tuple[str, ...], formatter: click.HelpFormatter) -> None:
    if not examples:
        return
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")
