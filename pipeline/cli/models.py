"""`trailhouse models`: what models there are, how fresh each is, and what one of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import time
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import Option
from pipeline.cli.options import Invocation, command, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, say_whole, small_table
from pipeline.cli.text import count, moment, one_line, size

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.steps.models import ModelDetail, ModelStatus

_WIDE = 100
_TO_BUILD = 4
_LAYERS = {
    "marts": "marts: what to ask",
    "intermediate": "intermediate: what several marts need",
    "staging": "staging: the facts under readable names",
    "reference": "context and mappings: what the logs do not say",
}


@command(
    name="models",
    examples=(
        "trailhouse models",
        "trailhouse models session_lineage",
        "trailhouse models session_lineage --sql",
        "trailhouse models --format json | jq '.[] | select(.state == \"waiting\")'",
    ),
)
@click.argument("name", required=False)
@click.option("--sql", "with_sql", is_flag=True, cls=Option, help="Show the SQL of NAME too.")
@output_options
@click.pass_obj
def models_command(told: Invocation, name: str | None, with_sql: bool, output: Output) -> None:
    """List the models with their kind, rows and freshness, or tell all of one.

    With NAME: its grain, columns, checks, what it reads and what reads it; with --sql its SQL
    too. The tables can be asked with `trailhouse sql`.
    """
    loaded = told.load()
    from pipeline.steps.configured import configured_lake, context_files

    files = context_files(loaded.settings)
    lake = configured_lake(loaded.settings)
    from pipeline.steps.models import describe_model, list_models

    if name is not None:
        detail = describe_model(lake, name, files)
        print_summary(
            output, _facts(detail), lambda console: write_model(console, detail, with_sql=with_sql)
        )
        return
    found = list_models(lake, files)
    if output.format == "table":
        print_summary(output, {}, lambda console: write_models(console, found))
    else:
        from pipeline.cli.encode import table_of

        print_rows(output, table_of([asdict(status) for status in found]))


def write_models(console: Console, found: Sequence[ModelStatus]) -> None:
    """Write the models for people, a table for each layer, what people ask first."""
    for layer, title in _LAYERS.items():
        shown = [status for status in found if status.layer == layer]
        if shown:
            say(console, title, "bold")
            _write_layer(console, sorted(shown, key=lambda status: status.name))
            say(console)
    unbuilt = sum(status.state == "not built" and status.layer != "reference" for status in found)
    waiting = sum(status.state == "waiting" for status in found)
    if unbuilt or waiting:
        parts = [f"{unbuilt:,} not built"] if unbuilt else []
        parts += [f"{waiting:,} waiting for a build"] if waiting else []
        say(console, f"{', '.join(parts)}; run: trailhouse build")
    newest = max((status.built_at for status in found if status.built_at), default=None)
    if newest:
        say(console, f"last built {moment(newest)}", "dim")
    say(console, "one of them: trailhouse models NAME", "dim")


def write_model(console: Console, detail: ModelDetail, *, with_sql: bool) -> None:
    """Write all of one model for people; its SQL, which can be long, only if it is asked for."""
    status = detail.status
    say(console, status.name, "bold")
    say(console, f"  {one_line(status.description)}")
    for label, value in _told(detail):
        say(console, f"  {label:<10} {one_line(value)}", indent=13)
    say(console)
    _write_columns(console, detail)
    say(console)
    if not with_sql:
        say(console, f"its SQL: trailhouse models {status.name} --sql", "dim")
        return
    for line in detail.sql.splitlines():
        say_whole(console, f"  {line}", "cyan")


def _write_columns(console: Console, detail: ModelDetail) -> None:
    """Write each column with its type, where known, and all of its meaning."""
    rows = [(name, _short(kind), one_line(meaning)) for name, kind, meaning in detail.columns]
    names, kinds = (max(len(row[n]) for row in rows) for n in (0, 1))
    for name, kind, meaning in rows:
        head = f"  {name:<{names}}  {kind:<{kinds}}  " if kinds else f"  {name:<{names}}  "
        say(console, head + meaning, indent=min(len(head), console.width // 2))


def _write_layer(console: Console, shown: Sequence[ModelStatus]) -> None:
    if shown[0].layer == "reference":
        small_table(
            console,
            ["table", "rows"],
            [(s.name, "not built" if s.n_rows is None else f"{s.n_rows:,}") for s in shown],
            "=>",
        )
        return
    is_wide = console.width >= _WIDE
    header = ["model", "kind", "rows", "up to", "to build", "one row per" if is_wide else "key"]
    rows = [
        [
            status.name,
            status.kind,
            "" if status.n_rows is None else f"{status.n_rows:,}",
            f"{status.through:%Y-%m-%d}" if status.through else "",
            _waiting(status),
            _grain(status.grain, is_wide=is_wide),
        ]
        for status in shown
    ]
    if not any(row[_TO_BUILD] for row in rows):
        for row in (header, *rows):
            del row[_TO_BUILD]
    small_table(console, header, rows, "==>=".ljust(len(header) - 1, "="))


def _grain(grain: str, *, is_wide: bool) -> str:
    """Return what one row is: in words, or where there is less room by its key.

    >>> _grain("one row per session and day (session_id, event_date)", is_wide=False)
    'session_id, event_date'
    """
    words = " ".join(grain.split())
    told, _, key = words.removesuffix(")").rpartition(" (")
    has_key = told and words.endswith(")")
    if has_key and not is_wide:
        return key
    return (told if has_key else words).removeprefix("one row per ")


def _waiting(status: ModelStatus) -> str:
    if status.state not in ("waiting", "not built"):
        return ""
    return count(status.n_days_waiting, "day") if status.n_days_waiting else "yes"


def _told(detail: ModelDetail) -> list[tuple[str, str]]:
    status = detail.status
    told = [("grain", status.grain), ("kind", detail.kept)]
    if status.n_rows is not None:
        told.append(("holds", f"{count(status.n_rows, 'row')}, {size(status.n_bytes or 0)}"))
    if status.through:
        is_day = status.through.time() == time()
        told.append(("up to", str(status.through.date()) if is_day else moment(status.through)))
    if status.built_at:
        told.append(("built", moment(status.built_at)))
    if status.state in ("waiting", "not built"):
        days = count(status.n_days_waiting, "day") if status.n_days_waiting else "something"
        told.append((status.state, f"{days} to build; run: trailhouse build"))
    told.append(("reads", ", ".join(detail.reads)))
    if detail.read_by:
        told.append(("read by", ", ".join(detail.read_by)))
    told += [("checks" if not n else "", check) for n, check in enumerate(detail.checks)]
    return [*told, ("file", detail.place)]


def _short(kind: str) -> str:
    """Write a type so that it leaves room for the meaning.

    >>> _short("timestamptz"), _short("struct(a varchar, b integer)[]")
    ('timestamptz', 'struct[]')
    """
    head, mark, rest = kind.partition("(")
    return f"{head}{'[]' if rest.endswith('[]') else ''}" if mark else kind


def _facts(detail: ModelDetail) -> Mapping[str, object]:
    facts = asdict(detail)
    columns = [
        {"name": name, "type": kind or None, "meaning": meaning}
        for name, kind, meaning in detail.columns
    ]
    return {**facts.pop("status"), **facts, "columns": columns}
