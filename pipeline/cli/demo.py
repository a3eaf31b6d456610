"""`trailhouse demo`: from nothing to answers, in a folder of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import reporter
from pipeline.cli.group import Option
from pipeline.cli.ingest import write_ingest
from pipeline.cli.options import Invocation, command
from pipeline.cli.output import Output
from pipeline.cli.progress import IngestProgress, Line
from pipeline.cli.render import print_summary, say, say_whole, small_table
from pipeline.cli.text import count, duration, size
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.ask.session import Session
    from pipeline.lake.catalog import Lake
    from pipeline.simulate import Truth
    from pipeline.steps.build import BuildSummary
    from pipeline.steps.demo import DemoFolder, Question
    from pipeline.steps.ingest import IngestSummary


_SHORT = 19


@command(
    name="demo",
    examples=("trailhouse demo", "trailhouse demo ~/trailhouse-demo --yes"),
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@click.option(
    "--yes", "-y", is_flag=True, cls=Option, help="Use a folder that holds other things too."
)
@click.option(
    "--until",
    cls=Option,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day of the two weeks (default: yesterday); the same day, the same events.",
)
@click.pass_obj
def demo_command(told: Invocation, folder: Path, yes: bool, until: datetime | None) -> None:
    """From nothing to answers, on an invented organisation; about a minute.

    Simulates two weeks, ingests the trails, builds the audit tables and asks three questions.
    All of it is in FOLDER (default: ./demo): the trails in FOLDER/trail, the lake in
    FOLDER/lake, whatever lake the settings name. Run again, it replaces both.
    """
    from pipeline.steps.demo import DemoFolder, build_demo, ingest_demo, simulate_demo

    place = DemoFolder(folder)
    if place.is_foreign and not yes:
        _ask(folder)
    place.clear()
    _print(lambda console: _write_step(console, 1, "simulating two weeks of four accounts"))
    with Line("founding the organisation", quiet=told.quiet) as line:
        truth = simulate_demo(
            place,
            lambda n: line.say(lambda: f"{n:,} events written"),
            until.date() if until else None,
        )
    _print(lambda console: _write_truth(console, truth, place))
    with Line("listing", quiet=told.quiet) as line:
        lake, summary = ingest_demo(place, IngestProgress(line).report)
    _print(lambda console: _write_lake(console, place, lake, summary, truth))
    _print(lambda console: _write_map(console, place, lake))
    _print(lambda console: _write_step(console, 5, "audit tables from what is there"))
    _print(lambda console: say_whole(console, f"$ {program()} build {_context(place)}", "cyan"))
    with Line("looking at the models", quiet=told.quiet) as line:
        built = build_demo(place, lake, reporter(line))
    built.raise_failure()
    _print(lambda console: _write_built(console, place, built))
    _answer(place, lake)
    _print(lambda console: _write_next(console, place))


def program() -> str:
    """Return how the program was called, so that what is printed can be copied and run."""
    called = sys.argv[0]
    if os.path.basename(called) != "trailhouse":
        return "trailhouse"
    found = shutil.which("trailhouse")
    if found and os.path.realpath(found) == os.path.realpath(called):
        return "trailhouse"
    near = os.path.relpath(called)
    return shlex.quote(called if near.startswith("..") else near)


def _answer(place: DemoFolder, lake: Lake) -> None:
    """Ask the three questions, all of one moment."""
    from pipeline.ask.session import open_session
    from pipeline.steps.demo import QUESTIONS

    _print(lambda console: _write_step(console, 6, "three questions"))
    with open_session(lake) as session:
        for letter, question in zip("abc", QUESTIONS, strict=False):
            _print(
                partial(
                    _write_answer, session=session, place=place, letter=letter, question=question
                )
            )


def _ask(folder: Path) -> None:
    """Ask before a folder is used that the demo did not make."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"{folder} holds something that the demo did not make",
            "name another folder, or give --yes to replace trail and lake in it",
        )
    question = f"{folder} holds something that the demo did not make; replace trail and lake in it?"
    if not click.confirm(question, err=True):
        raise UsageError("nothing was changed", "name another folder: trailhouse demo FOLDER")


def _print(write: Callable[[Console], None]) -> None:
    print_summary(Output(asked="table"), {}, write)
    sys.stdout.flush()


def _write_step(console: Console, number: int, doing: str) -> None:
    if number > 1:
        say(console)
    say(console, f"{number}. {doing}", "bold")


def _write_truth(console: Console, truth: Truth, place: DemoFolder) -> None:
    say(
        console,
        f"{count(truth.events, 'event')}, {truth.duplicates:,} of them delivered twice,",
    )
    say(
        console,
        f"in {count(truth.objects, 'object')} ({size(truth.stored_bytes)}) under {place.trail}",
    )
    _write_step(console, 2, "taking them into a lake")
    say_whole(
        console, f"$ {program()} ingest {_quoted(place.trail / 'AWSLogs')} {_lake(place)}", "cyan"
    )


def _write_lake(
    console: Console, place: DemoFolder, lake: Lake, summary: IngestSummary, truth: Truth
) -> None:
    from pipeline.cli.status import write_facts
    from pipeline.steps.status import read_status

    write_ingest(console, summary, lake.location, next_step=False)
    if summary.rows_added == truth.events:
        say(console, f"the simulation counted {count(truth.events, 'event')}: each is there once")
    else:
        say(console, f"the simulation counted {truth.events:,}: please report this", "bold red")
    _write_step(console, 3, "what is there now")
    say_whole(console, f"$ {program()} status {_lake(place)}", "cyan")
    write_facts(console, read_status(lake))


def _write_built(console: Console, place: DemoFolder, summary: BuildSummary) -> None:
    models = [model for model in summary.models if model.materialize != "reference"]
    built = [model for model in models if model.state == "built"]
    rows = sum(model.rows_written for model in built)
    say(
        console,
        f"{count(len(models), 'model')}, {count(len(built), 'table')} of {count(rows, 'row')} made "
        f"and checked in {duration(summary.seconds)}",
    )
    files = " and ".join(str(file) for file in place.context.values())
    say(console, f"accounts and people: {files}")


def _write_answer(
    console: Console, session: Session, place: DemoFolder, letter: str, question: Question
) -> None:
    from pipeline.cli.cells import cell_text
    from pipeline.steps.demo import ask_demo

    file, values, answer = ask_demo(session, question)
    say(console)
    say(console, f"{letter}) {file.description}", "bold")
    given = "".join(f" -p {name}={shlex.quote(value)}" for name, value in values.items())
    call = f"$ {program()} sql @{_quoted(place.question(file.name))}"
    lines = [f"{call} \\", f"   {given} {_lake(place)}"] if given else [f"{call} {_lake(place)}"]
    for line in lines:
        say_whole(console, line, "cyan")
    with answer:
        rows = [[cell_text(value) for value in row] for row in answer.rows()]
        signs = map(_sign, answer.types, zip(*rows, strict=True)) if rows else ""
        small_table(console, answer.columns, rows, "".join(signs))


def _sign(kind: str, cells: Iterable[str]) -> str:
    """Return how a column stands in a small table: numbers right, what is short whole."""
    if kind in ("BIGINT", "HUGEINT", "INTEGER", "DOUBLE"):
        return ">"
    return "=" if max(map(len, cells)) <= _SHORT else " "


def _write_map(console: Console, place: DemoFolder, lake: Lake) -> None:
    from pipeline.cli.coverage import write_map
    from pipeline.steps.coverage import measure_coverage

    _write_step(console, 4, "is anything missing?")
    say_whole(console, f"$ {program()} coverage {_lake(place)}", "cyan")
    coverage = measure_coverage(lake)
    write_map(console, coverage.hours, by_hour=False, max_rows=12)
    gaps = len(coverage.gaps)
    if gaps:
        say(
            console,
            f"{count(gaps, 'stretch', 'stretches')} longer silent than usual, as a quiet night "
            "can be; to see which:",
        )
        say_whole(console, f"$ {program()} coverage --gaps {_lake(place)}", "cyan")


def _write_next(console: Console, place: DemoFolder) -> None:
    lake = _lake(place)
    called = program()
    say(console)
    say(console, "Where to go next", "bold")
    for line in (
        f"{called} models {_context(place)}",
        f'{called} sql {lake} " \\',
        "    select first_event_time, array_to_string(path, ' > ') as through, \\",
        "      coalesce(root_human, root_principal_id) as who, confidence, link \\",
        "    from session_lineage where depth > 1 and root_principal_type \\",
        "      not in ('role', 'account', 'aws_service', 'unknown') \\",
        '    order by first_event_time desc limit 10"',
        f"{called} coverage {lake} --hours --from 3d",
        f"{called} ingest YOUR-LOGS   # a folder or s3://…, into ./lake",
        f"{called} --help",
    ):
        say_whole(console, f"  {line}")


def _context(place: DemoFolder) -> str:
    return f"{_lake(place)} --config {_quoted(place.settings)}"


def _lake(place: DemoFolder) -> str:
    return f"--lake {_quoted(place.lake)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
