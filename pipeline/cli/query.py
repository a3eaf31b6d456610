"""`trailhouse query`: the library of saved questions, each a command with options of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import Command, Option
from pipeline.cli.options import PERIOD, Invocation, command, everywhere, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, say_whole, small_table, tell
from pipeline.cli.text import one_line
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from click.shell_completion import CompletionItem
    from rich.console import Console

    from pipeline.steps.questions import Library, Parameter, Question, QuestionEntry

_FOLDER = "--library"
VALUES = "What to ask about"


class QuestionGroup(click.Group):
    """Commands that are the questions of the library; each is made when it is called."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take --library from anywhere: which questions there are depends on it."""
        return super().parse_args(ctx, folder_first(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return nothing: questions are content, which `trailhouse query` lists by topic."""
        return []

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of a question."""
        library = _library(ctx.ensure_object(Invocation))
        return question_command(library.read(cmd_name), library)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the names of questions, none of them read."""
        from click.shell_completion import CompletionItem

        try:
            names = _library(ctx.ensure_object(Invocation)).names()
        except UsageError:
            names = []
        found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of a section together."""
        Command.format_options(self, ctx, formatter)  # type: ignore[arg-type]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        Command.format_epilog(self, ctx, formatter)  # type: ignore[arg-type]


def folder_first(arguments: list[str]) -> list[str]:
    """Return arguments with the folder of questions before everything else.

    >>> folder_first(["who-changed", "--library", "mine", "--resource", "x"])
    ['--library', 'mine', 'who-changed', '--resource', 'x']
    """
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == _FOLDER or argument.startswith(f"{_FOLDER}="):
            end = place + (2 if argument == _FOLDER else 1)
            return [*arguments[place:end], *arguments[:place], *arguments[end:]]
    return arguments


def _remember_folder(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(Invocation).flags["library.folder"] = value


@click.group(
    name="query",
    cls=QuestionGroup,
    invoke_without_command=True,
    subcommand_metavar="[QUESTION [OPTIONS]]",
    examples=(
        "trailhouse query",
        "trailhouse query who-changed --resource sg-0a1b2c3d",
        "trailhouse query who-changed --help",
        "trailhouse query who-changed --show",
        "trailhouse query activity --principal anna --since 7d --format csv -o anna.csv",
        "trailhouse query --library ./questions my-question",
    ),
)
@click.option(
    _FOLDER,
    metavar="DIR",
    cls=Option,
    expose_value=False,
    callback=_remember_folder,
    help="Folder of questions of one's own, besides those of Trailhouse (or "
    "TRAILHOUSE_LIBRARY_FOLDER).",
)
@everywhere
@output_options
@click.pass_context
def query_command(ctx: click.Context, output: Output) -> None:
    """Ask a saved question by its name; without one, list the questions by topic.

    A question's own options are in `trailhouse query QUESTION --help`, its columns and its SQL
    in `trailhouse query QUESTION --show`. Values may be short: a principal by its name, a
    resource by its id, an account by its name, an event by the beginning of its id; what
    matches several things asks about all of them.
    """
    if ctx.invoked_subcommand is not None:
        if output != Output():
            raise UsageError("options of output stand before the question", "put them after it")
        return
    told = ctx.ensure_object(Invocation)
    from pipeline.steps.questions import list_questions

    found = list_questions(_library(told))
    if output.format == "table":
        print_summary(output, {}, partial(write_questions, found=found))
    else:
        print_rows(output, _entries(found))


def question_command(question: Question, library: Library) -> click.Command:
    """Make the command that asks a question."""

    def call(output: Output, **given: Any) -> None:
        told = click.get_current_context().ensure_object(Invocation)
        if library.replaces(question):
            tell(f"{question.name} is your own, of {question.file.place}")
        if given.pop("show"):
            print_summary(output, _facts(question), partial(write_question, question=question))
        else:
            _ask(told, question, given, output)

    function: Callable[..., Any] = output_options(call)
    for option in reversed([*_value_options(question), *_how_options()]):
        function = option(function)
    examples = [f"trailhouse query {question.name} {example}" for example in question.examples]
    return command(
        name=question.name,
        help=_help(question),
        examples=tuple(examples or [f"trailhouse query {question.name}"]),
    )(function)


def write_questions(console: Console, found: Sequence[QuestionEntry]) -> None:
    """Write the questions for people, a table for each topic."""
    width = max(len(entry.name) for entry in found)
    for topic, entries in groupby(found, key=lambda entry: entry.topic):
        say(console, topic, "bold")
        for entry in entries:
            needs = "".join(f" (--{name.replace('_', '-')})" for name in entry.needs)
            own = " [your own]" if entry.is_own else ""
            head = f"  {entry.name:<{width}}  "
            say(console, f"{head}{one_line(entry.description)}{needs}{own}", indent=len(head))
    say(console)
    say(console, "ask one: trailhouse query NAME; its options: trailhouse query NAME --help", "dim")


def write_question(console: Console, question: Question) -> None:
    """Write all of a question for people, its SQL too."""
    say(console, question.name, "bold")
    say(console, f"  {question.description}")
    told = [("topic", question.topic), ("grain", question.grain), ("period", _period(question))]
    told += [("needs", f"{', '.join(question.context)}, of context")] * bool(question.context)
    told += [("reads", ", ".join(sorted(question.file.tables)))]
    told += [("file", question.file.place)]
    for label, value in told:
        say(console, f"  {label:<10} {one_line(value)}", indent=13)
    say(console)
    if question.parameters:
        rows = [(_option(p), _default(p), p.meaning) for p in question.parameters]
        small_table(console, ["option", "default", "meaning"], rows, "=")
        say(console)
    names = max(map(len, question.columns), default=0)
    for name, meaning in question.columns.items():
        head = f"  {name:<{names}}  "
        say(console, head + one_line(meaning), indent=len(head))
    say(console)
    for line in question.file.sql.splitlines():
        say_whole(console, f"  {line}", "cyan")


def _ask(told: Invocation, question: Question, given: dict[str, Any], output: Output) -> None:
    from pipeline.cli.answer import print_answer
    from pipeline.cli.sql import moment_of, print_plan
    from pipeline.steps.questions import ask_question

    explain, wide, at = given.pop("explain"), given.pop("wide"), given.pop("at")
    moment = moment_of(at) if at is not None else None
    asked = ask_question(told.open_lake(), question, given, at=moment)
    with asked.answer:
        if explain:
            print_plan(output, asked.answer.plan)
        else:
            print_answer(output, asked, is_wide=wide)


def _library(told: Invocation) -> Library:
    from pipeline.steps.questions import open_library

    return open_library(told.load().settings.library.folder)


def _value_options(question: Question) -> list[Callable[..., Any]]:
    from pipeline.steps.questions import KINDS

    options = []
    for parameter in question.parameters:
        kind = KINDS[parameter.kind]
        words = parameter.meaning.rstrip(".") + "."
        shown = f" [default: {parameter.default}]" if parameter.default is not None else ""
        needed = " [required]" if parameter.is_required else ""
        options.append(
            click.option(
                _option(parameter),
                parameter.name,
                multiple=kind.is_found,
                metavar="|".join(parameter.choices) or kind.metavar,
                cls=Option,
                section=VALUES,
                help=f"{words}{shown}{needed}",
            )
        )
    return [*options, *(_period_options(question) if question.period else ())]


def _period_options(question: Question) -> list[Callable[..., Any]]:
    return [
        click.option(
            "--since",
            "--from",
            "since",
            metavar="TIME",
            cls=Option,
            section=PERIOD,
            help="From this time on: 2026-03-01, 2026-03-01T12:30Z, or an age such as 12h, 7d. "
            f"[default: {_period(question)}]",
        ),
        click.option(
            "--until",
            "--to",
            "until",
            metavar="TIME",
            cls=Option,
            section=PERIOD,
            help="Before this time: a date, a time (UTC) or an age.",
        ),
    ]


def _how_options() -> list[Callable[..., Any]]:
    return [
        click.option(
            "--at",
            metavar="SNAPSHOT|TIME",
            cls=Option,
            help="Ask an older snapshot: its id, or a time (a date, a time or an age such as 2h).",
        ),
        click.option("--show", is_flag=True, cls=Option, help="Show its columns and its SQL."),
        click.option(
            "--explain", is_flag=True, cls=Option, help="Show which files and days would be read."
        ),
        click.option(
            "--wide", "-w", is_flag=True, cls=Option, help="All columns, and no cell shortened."
        ),
    ]


def _help(question: Question) -> str:
    needs = ", ".join(question.context)
    context = f"\n\nNeeds {needs} in the settings' [context]." if needs else ""
    return f"{question.description}\n\nAnswers with {question.grain}.{context}"


def _option(parameter: Parameter) -> str:
    return f"--{parameter.name.replace('_', '-')}"


def _default(parameter: Parameter) -> str:
    if parameter.is_required:
        return "required"
    return "" if parameter.default is None else str(parameter.default)


def _period(question: Question) -> str:
    if not question.period:
        return "none"
    if question.period == "all":
        return "the whole lake"
    return f"the lake's last {question.period}"


def _entries(found: Sequence[QuestionEntry]) -> pa.RecordBatchReader:
    """Return the list as rows; what a question needs stays a list."""
    from dataclasses import asdict

    import pyarrow as pa

    return pa.Table.from_pylist([asdict(entry) for entry in found]).to_reader()


def _facts(question: Question) -> Mapping[str, Any]:
    from dataclasses import asdict

    return {
        "name": question.name,
        "topic": question.topic,
        "description": question.description,
        "grain": question.grain,
        "period": question.period or None,
        "parameters": [asdict(parameter) for parameter in question.parameters],
        "columns": [{"name": n, "meaning": m} for n, m in question.columns.items()],
        "examples": list(question.examples),
        "place": question.file.place,
        "sql": question.file.sql,
    }
