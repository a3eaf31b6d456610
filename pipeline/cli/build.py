"""`trailhouse build`: make the tables of the models from what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import Option
from pipeline.cli.options import PERIOD, Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.progress import Line
from pipeline.cli.render import print_rows, print_summary, say, small_table, tell
from pipeline.cli.text import count, duration, one_line
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.steps.build import BuildOptions, BuildSummary, CheckFailure, ModelResult, Progress

_DAY = timedelta(days=1)
_ROWS_SHOWN = 5
_NOTES_SHOWN = 5
_COLUMNS_SHOWN = 6
_WIDE = 100
_STATES = {
    "planned": "would be built",
    "built": "built",
    "current": "current",
    "failed": "failed",
    "stopped": "not built because of that",
    "view": "views",
}


@command(
    name="build",
    examples=(
        "trailhouse build",
        "trailhouse build --dry-run",
        "trailhouse build --select sessions+ --from 2026-03-01 --to 2026-04-01",
        "trailhouse build --select +principal_audit --full",
    ),
)
@click.option(
    "--select",
    "-s",
    "selected",
    multiple=True,
    metavar="NAME",
    cls=Option,
    help="Only this model; NAME+ with all that depends on it, +NAME with all it needs; can be "
    "given several times.",
)
@click.option(
    "--full", is_flag=True, cls=Option, help="Make every day anew, whether it changed or not."
)
@click.option(
    "--dry-run", is_flag=True, cls=Option, help="Say what would be built and why; change nothing."
)
@click.option(
    "--from",
    "start",
    metavar="TIME",
    cls=Option,
    section=PERIOD,
    help="Only days from this one on: a date, a time or an age such as 7d. The others wait.",
)
@click.option(
    "--to",
    "end",
    metavar="TIME",
    cls=Option,
    section=PERIOD,
    help="Only days before this time.",
)
@output_options
@click.pass_obj
def build_command(
    told: Invocation,
    selected: tuple[str, ...],
    full: bool,
    dry_run: bool,
    start: str | None,
    end: str | None,
    output: Output,
) -> None:
    """Make the tables of the models, as far as events or definitions are new.

    Days that new events touch are made anew, late events included; tables over all days are
    merged from parts, and history is not read again. Each table is checked before it is
    replaced: where a check fails its last good rows stay, and what depends on it waits. Safe
    beside ingests and queries, and to run again at any time.
    """
    loaded = told.load()
    from pipeline.steps.build import BuildOptions, build
    from pipeline.steps.configured import configured_lake, context_files

    first, last = _period(start, end)
    options = BuildOptions(select=selected, full=full, first=first, last=last, dry_run=dry_run)
    files = context_files(loaded.settings)
    lake = configured_lake(loaded.settings)
    with Line("looking for what is new", quiet=told.quiet) as line:
        summary = build(lake, options, files, reporter(line))
    print_build(output, summary, options)
    summary.raise_failure()


def reporter(line: Line) -> Callable[[Progress], None]:
    """Return what shows on a line how far a build is."""

    def report(progress: Progress) -> None:
        line.say(lambda: _words(progress))

    return report


def print_build(output: Output, summary: BuildSummary, options: BuildOptions) -> None:
    """Print what a build came to: as a table for people, or a row for each model."""
    if output.format in ("table", "json"):
        print_summary(
            output, asdict(summary), lambda console: write_build(console, summary, options)
        )
    else:
        from pipeline.cli.encode import table_of

        for note in summary.notes:
            tell(note)
        print_rows(output, table_of([_row(model) for model in summary.models]))


def write_build(console: Console, summary: BuildSummary, options: BuildOptions) -> None:
    """Write what a build came to for people; models with nothing new are only counted."""
    given = [model for model in summary.models if model.materialize == "reference"]
    shown = [m for m in summary.models if m.state not in ("current", "view") and m not in given]
    if shown and summary.dry_run:
        rows = [(m.name, days_told(m.days), m.reason) for m in shown]
        small_table(console, ["model", "days", "why"], rows, "==")
    elif shown:
        is_wide = console.width >= _WIDE
        done = [(m.name, m.materialize, _what(m, is_wide), _rows(m), _took(m)) for m in shown]
        small_table(console, ["model", "kind", "what", "rows", "took"], done, "== >>")
    for model in shown:
        for failure in model.failures:
            _write_failure(console, model, failure)
    _write_notes(console, summary.notes)
    if given:
        would = "would be " if summary.dry_run else ""
        say(console, f"{count(len(given), 'table')} of context and mappings {would}renewed")
    say(console, _told(summary))
    if summary.dry_run:
        step = "; leave --dry-run out to do it" if shown or given else ""
        say(console, f"nothing was changed{step}", "dim")
    elif not summary.models_failed:
        _write_next(console, summary, options)


def _write_notes(console: Console, notes: Sequence[str]) -> None:
    """Write what was left out of the files of context or repaired."""
    for note in notes[:_NOTES_SHOWN]:
        say(console, one_line(note), "yellow", indent=2)
    if len(notes) > _NOTES_SHOWN:
        say(
            console,
            f"and {count(len(notes) - _NOTES_SHOWN, 'more note')}; see --format json",
            "yellow",
        )


def days_told(days: Sequence[date]) -> str:
    """Write days for people: how many, and from when to when.

    >>> days_told([date(2026, 3, 1)])
    '2026-03-01'
    >>> days_told([date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 9)])
    '3 days, 2026-03-01 … 03-09'
    """
    if not days:
        return ""
    first, last = min(days), max(days)
    if first == last:
        return first.isoformat()
    end = f"{last:%m-%d}" if first.year == last.year else last.isoformat()
    return f"{count(len(days), 'day')}, {first.isoformat()} … {end}"


def _period(start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """Return the first and the last day that --from and --to mean."""
    from pipeline.steps.times import parse_time

    first = parse_time(start).date() if start is not None else None
    last = (parse_time(end) - timedelta(microseconds=1)).date() if end is not None else None
    if first and last and last < first:
        raise UsageError(
            f"the period from {start} to {end} is empty", "--to must be later than --from"
        )
    return first, last


def _words(progress: Progress) -> str:
    return f"{progress.name}, {progress.done:,} of {count(progress.total, 'model')} done"


def _what(model: ModelResult, is_wide: bool) -> str:
    """Return what became of a model, in as few words as there is room for."""
    match model.state:
        case "built":
            if is_wide or len(model.days) < 2:
                return f"built {days_told(model.days)}".rstrip()
            return f"{count(len(model.days), 'day')} to {max(model.days)}"
        case "failed":
            checks = ", ".join(dict.fromkeys(failure.check for failure in model.failures))
            return f"FAILED {checks or model.reason}"
        case "stopped":
            return f"not built: {model.reason}"
        case _:
            return model.reason


def _rows(model: ModelResult) -> str:
    return f"{model.rows_written:,}" if model.state == "built" else ""


def _took(model: ModelResult) -> str:
    return duration(model.seconds) if model.seconds >= 0.05 else ""


def _write_failure(console: Console, model: ModelResult, failure: CheckFailure) -> None:
    """Write which check failed, and some of the rows that made it fail."""
    columns = f" ({', '.join(failure.columns)})" if failure.columns else ""
    say(console)
    say(
        console,
        f"{model.name}: {failure.check}{columns} fails for {count(failure.n_rows, 'row')}",
        "bold red",
    )
    if failure.examples:
        most = _COLUMNS_SHOWN if console.width >= _WIDE else _COLUMNS_SHOWN - 2
        names = _named_first(failure.columns, failure.examples[0])[:most]
        small_table(console, names, list(_cells(failure.examples, names)))
    if failure.n_rows > _ROWS_SHOWN or len(failure.examples) > _ROWS_SHOWN:
        say(console, f"  and {failure.n_rows - _ROWS_SHOWN:,} more", "dim")
    say(console)


def _named_first(columns: Sequence[str], row: Any) -> list[str]:
    """Return the columns of failing rows, those of the check first."""
    names = dict.fromkeys([*(name for name in columns if name in row), *row])
    return list(names)


def _cells(rows: Sequence[Any], names: Sequence[str]) -> Iterator[Iterable[str]]:
    from pipeline.cli.cells import cell_text

    for row in rows[:_ROWS_SHOWN]:
        yield ["null" if row[n] is None else one_line(cell_text(row[n])) for n in names]


def _told(summary: BuildSummary) -> str:
    """Return the counts of a build as a sentence."""
    states: Counter[str] = Counter(m.state for m in summary.models if m.materialize != "reference")
    words = _STATES | ({"view": "view"} if states["view"] == 1 else {})
    parts = ", ".join(f"{states[state]:,} {word}" for state, word in words.items() if states[state])
    told = f"{count(states.total(), 'model')}: {parts or 'nothing to do'}"
    if summary.rows_written:
        told += f"; {count(summary.rows_written, 'row')}"
    return f"{told}, in {duration(summary.seconds)}"


def _write_next(console: Console, summary: BuildSummary, options: BuildOptions) -> None:
    if summary.models_built:
        say(console, "what there is to ask: trailhouse models", "dim")
    elif options.select or options.first or options.last:
        say(console, "nothing else was asked for; see: trailhouse models", "dim")


def _row(model: ModelResult) -> dict[str, object]:
    """Return what came of a model as one flat row."""
    return {
        "name": model.name,
        "kind": model.materialize,
        "state": model.state,
        "reason": model.reason,
        "n_days": len(model.days),
        "first_day": min(model.days, default=None),
        "last_day": max(model.days, default=None),
        "rows_written": model.rows_written,
        "seconds": round(model.seconds, 3),
        "failed_checks": ", ".join(failure.check for failure in model.failures),
    }
