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
    import pyarrow as pa
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
        "dismiss": (_HERE, "Close records that need no reading any more."),
    },
    examples=(
        "trailhouse quarantine list",
        "trailhouse quarantine show 3f2a",
        "trailhouse quarantine retry --reason malformed_json",
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
        "trailhouse quarantine list --reason no_event_time --format csv --output bad.csv",
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
    shown = shown_entries(found, get_terminal_size().columns if output.is_terminal else None)
    print_rows(output, shown.to_reader(), whole=["id", "reason"])
    if not told.quiet:
        told_next = "trailhouse quarantine show ID, trailhouse quarantine retry"
        click.echo(f"next: {told_next}" if len(found) else "nothing is in quarantine", err=True)


def shown_entries(found: pa.Table, width: int | None) -> pa.Table:
    """Return the list for people: where a terminal is narrow, what `show` says too is left out.

    Args:
        found: the entries.
        width: columns of the terminal; None: it is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {
        "id": pc.utf8_slice_codeunits(found["quarantine_id"], 0, _SHORT_ID),
        "reason": found["reason"],
    }
    if width is None or width >= _WIDE:
        columns["detail"] = found["detail"]
        columns["seen"] = pc.floor_temporal(found["quarantined_at"], unit="second")
    names = [uri.rpartition("/")[2] for uri in found["uri"].to_pylist()]
    if width is not None:
        reason = max((len(text) for text in found["reason"].to_pylist()), default=0)
        room = 40 if width >= _WIDE else max(width - _SHORT_ID - reason - len("position") - 8, 16)
        names = [_shorten(name, room) for name in names]
    columns["object"] = pa.array(names, pa.string())
    columns["position"] = found["position"]
    return pa.table(columns)


def _shorten(text: str, width: int) -> str:
    """Return text cut in its middle.

    >>> _shorten("trail_20260303T1200Z_0000000000000004.json.gz", 25)
    'trail_202603...04.json.gz'
    """
    if len(text) <= width:
        return text
    end = (width - 3) // 2 - 1
    return f"{text[: width - 3 - end]}...{text[-end:]}"


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
        "trailhouse quarantine retry --reason malformed_json",
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
    from pipeline.ingest.quarantine import list_entries
    from pipeline.steps.ingest import retry_quarantine

    summary = retry_quarantine(lake, reason, ids)
    n_left = len(list_entries(lake))
    print_summary(output, asdict(summary), lambda console: _write_retry(console, summary, n_left))


@command(
    name="dismiss",
    examples=('trailhouse quarantine dismiss 3f2a --because "repaired, ingested from fixed.json"',),
)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--because", required=True, metavar="TEXT", cls=Option, help="Why; it is kept.")
@output_options
@click.pass_obj
def dismiss_command(told: Invocation, ids: tuple[str, ...], because: str, output: Output) -> None:
    """Close records that need no reading any more, such as those ingested in a repaired form.

    They are listed, counted and tried again no more. What they were stays in the lake:
    `quarantine show` shows them by their id.
    """
    if not because.strip():
        raise UsageError("--because is empty", "say in a few words why")
    lake = told.open_lake()
    from pipeline.steps.ingest import dismiss_quarantine

    n_dismissed = dismiss_quarantine(lake, ids, because)
    print_summary(
        output,
        {"records_dismissed": n_dismissed},
        lambda console: _write_dismissed(console, n_dismissed),
    )


def _write_dismissed(console: Console, n_dismissed: int) -> None:
    if n_dismissed:
        say(console, f"{count(n_dismissed, 'record')} dismissed")
    else:
        say(console, "nothing to do: closed before")


def _write_retry(console: Console, summary: IngestSummary, n_left: int) -> None:
    stay = f"{count(n_left, 'record')} {'stays' if n_left == 1 else 'stay'} in quarantine"
    if not summary.objects_found:
        say(console, f"nothing of it can be read yet; {stay}" if n_left else "nothing is in it")
        return
    say(
        console,
        f"{count(summary.objects_found, 'record')} could be read: {summary.rows_added:,} added, "
        f"{summary.duplicates + summary.conflicts:,} known already",
    )
    if n_left:
        say(console, f"{stay}; see them: trailhouse quarantine list", "dim")


def _facts(entry: Entry) -> dict[str, object]:
    """Return an entry as data; a text that is no UTF-8 as Base64."""
    facts: dict[str, object] = {
        "quarantine_id": entry.quarantine_id,
        "state": entry.state,
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
        ("state", entry.state),
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
