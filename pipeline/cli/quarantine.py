"""`trailhouse quarantine`: records that could not become events, to see and to try again."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import LazyGroup, Option
from pipeline.cli.options import Invocation, command, everywhere, output_options
from pipeline.cli.output import Output
from pipeline.cli.render import print_rows, print_summary, say, say_whole
from pipeline.cli.text import count, neutralise
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.ingest.quarantine import Entry
    from pipeline.steps.ingest import IngestSummary

_HERE = "pipeline.cli.quarantine"
_SHORT_ID = 12
_WIDE = 110


@click.group(
    name="quarantine",
    cls=LazyGroup,
    lazy={
        "list": (_HERE, "List the records, newest first."),
        "show": (_HERE, "Show one record with its text."),
        "retry": (_HERE, "Try records again; those that can be read become events."),
    },
    examples=(
        "trailhouse quarantine list",
        "trailhouse quarantine show 3f2a",
        "trailhouse quarantine retry --reason bad_time",
    ),
)
@everywhere
def quarantine_command() -> None:
    """Look at records that could not become events: none is lost, each is kept with its reason.

    A record that is no JSON object, or has no time that can be read, is kept here with its
    text and where it came from. A newer version of Trailhouse may be able to read it.
    """


@command(
    name="list",
    examples=(
        "trailhouse quarantine list",
        "trailhouse quarantine list --reason bad_time --format csv --output bad.csv",
    ),
)
@click.option("--reason", metavar="REASON", cls=Option, help="Only records with this reason.")
@output_options
@click.pass_obj
def list_command(told: Invocation, reason: str | None, output: Output) -> None:
    """List the records in quarantine, newest first, without their texts."""
    lake = told.open_lake()
    from pipeline.ingest.quarantine import list_entries

    found = list_entries(lake, reason)
    if output.format != "table":
        print_rows(output, found.to_reader())
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {
        "id": pc.utf8_slice_codeunits(found["quarantine_id"], 0, _SHORT_ID),
        "reason": found["reason"],
        "detail": found["detail"],
        "seen": pc.floor_temporal(found["quarantined_at"], unit="second"),
    }
    if not output.is_terminal or get_terminal_size().columns >= _WIDE:
        columns["object"] = pc.replace_substring_regex(found["uri"], r"^.*/", "")
        columns["position"] = found["position"]
    shown = pa.table(columns)
    print_rows(output, shown.to_reader(), whole=["id", "reason"])
    if not told.quiet:
        told_next = "trailhouse quarantine show ID, trailhouse quarantine retry"
        click.echo(f"next: {told_next}" if len(found) else "nothing is in quarantine", err=True)


@command(
    name="show",
    examples=(
        "trailhouse quarantine show 3f2a",
        "trailhouse quarantine show 3f2a --raw > record.json",
    ),
)
@click.argument("quarantine_id", metavar="ID")
@click.option(
    "--raw", is_flag=True, cls=Option, help="Write the record's bytes as they are, and no more."
)
@output_options
@click.pass_obj
def show_command(told: Invocation, quarantine_id: str, raw: bool, output: Output) -> None:
    """Show one record with its reason, its place and its text.

    ID is the id of the list, or a beginning of it that no other has.
    """
    lake = told.open_lake()
    from pipeline.ingest.quarantine import get_entry

    entry = get_entry(lake, quarantine_id)
    if not raw:
        print_summary(output, _facts(entry), lambda console: _write_entry(console, entry))
        return
    if output.is_terminal:
        raise UsageError(
            "raw bytes of a log are not for a terminal", "give --output FILE, or leave --raw out"
        )
    with output.open() as out:
        out.write(_text_of(entry))


@command(
    name="retry",
    examples=(
        "trailhouse quarantine retry",
        "trailhouse quarantine retry --reason bad_time",
        "trailhouse quarantine retry 3f2a 77c0",
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--reason", metavar="REASON", cls=Option, help="Only records with this reason.")
@output_options
@click.pass_obj
def retry_command(
    told: Invocation, ids: tuple[str, ...], reason: str | None, output: Output
) -> None:
    """Try records again: all, those with a reason, or those named.

    What can be read by now becomes events and leaves the quarantine; the rest stays. No event
    is added twice.
    """
    if ids and reason:
        raise UsageError("both --reason and ids are given", "give one of the two")
    lake = told.open_lake()
    from pipeline.steps.ingest import retry_quarantine

    summary = retry_quarantine(lake, reason, ids)

    print_summary(output, asdict(summary), lambda console: _write_retry(console, summary))


def _write_retry(console: Console, summary: IngestSummary) -> None:
    if not summary.objects_found:
        say(console, "nothing of it can be read yet; it stays in quarantine")
        return
    say(
        console,
        f"{count(summary.objects_found, 'record')} could be read: {summary.rows_added:,} added, "
        f"{summary.duplicates + summary.conflicts:,} known already",
    )
    say(console, "see what is left: trailhouse quarantine list", "dim")


def _facts(entry: Entry) -> dict[str, object]:
    """Return an entry as data; a text that is no UTF-8 as Base64."""
    facts: dict[str, object] = {
        "quarantine_id": entry.quarantine_id,
        "reason": entry.reason,
        "detail": entry.detail,
        "uri": entry.uri,
        "position": entry.position,
    }
    if entry.text is None:
        return facts | {"encoding": None, "text": None}
    try:
        return facts | {"encoding": "utf-8", "text": entry.text.decode()}
    except UnicodeDecodeError:
        return facts | {"encoding": "base64", "text": b64encode(entry.text).decode()}


def _text_of(entry: Entry) -> bytes:
    if entry.text is None:
        raise UsageError(
            f"the text of {entry.quarantine_id[:_SHORT_ID]} was too large to keep",
            f"it is in {entry.uri}, record {entry.position}",
        )
    return entry.text


def _write_entry(console: Console, entry: Entry) -> None:
    for label, value in (
        ("id", entry.quarantine_id),
        ("reason", entry.reason),
        ("detail", entry.detail),
        ("object", entry.uri),
        ("position", str(entry.position)),
    ):
        say_whole(console, f"{label:<10}{neutralise(value or '')}")
    say(console)
    if entry.text is None:
        say(console, "the text was too large to keep; it is in the object", "dim")
        return
    for line in entry.text.decode("utf-8", "backslashreplace").split("\n"):
        say_whole(console, neutralise(line))
