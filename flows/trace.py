"""What a run leaves in Prefect: a progress bar while it goes, a page of figures at its end.

None of it matters to the work: a Prefect server that does not answer costs a line in the log,
never the run.
"""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger


class Progress:
    """A progress bar in Prefect, moved no more often than every few seconds.

    Args:
        key: the artifact's key.
        seconds: least time between two requests to the server.
    """

    def __init__(self, key: str, seconds: float = 5) -> None:
        self._key = key
        self._seconds = seconds
        self._artifact: UUID | None = None
        self._next = 0.0

    def show(self, percent: float, told: str, *, is_last: bool = False) -> None:
        """Show how far the run is, unless that was shown a moment ago.

        Args:
            percent: 0 to 100.
            told: the same for people, with figures.
            is_last: show it in any case.
        """
        if time.monotonic() < self._next and not is_last:
            return
        with _unimportant():
            if self._artifact is None:
                self._artifact = cast(UUID, create_progress_artifact(percent, self._key, told))
            else:
                update_progress_artifact(self._artifact, percent, told)
        self._next = time.monotonic() + self._seconds


def publish(key: str, *parts: str) -> None:
    """Put a page into Prefect, from paragraphs and tables in Markdown."""
    with _unimportant():
        create_markdown_artifact("\n\n".join(filter(None, parts)), key)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; nothing where there are no rows.

    >>> print(table(["what", "count"], [["rows added", 23981]]))
    | what | count |
    | --- | ---: |
    | rows added | 23,981 |
    >>> table(["what"], [])
    ''
    """
    body = [list(row) for row in rows]
    if not body:
        return ""
    rules = ["---:" if isinstance(cell, int | float) else "---" for cell in body[0]]
    lines = [list(map(plain, columns)), rules, *(map(plain, row) for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(value: object) -> str:
    """Return a value as text that Markdown and HTML leave as it is.

    Names of objects come from outside and must not become links or markup.

    >>> plain("a|b [x](http://y) <b>"), plain(1234567), plain(2.5)
    ('a\\\\|b \\\\[x\\\\](http://y) &lt;b&gt;', '1,234,567', '2.5')
    """
    if isinstance(value, int | float):
        return f"{value:,}"
    text = html.escape(str(value), quote=False).replace("\n", " ")
    for mark in "\\`*_|[]":
        text = text.replace(mark, f"\\{mark}")
    return text


@contextmanager
def _unimportant() -> Iterator[None]:
    """Let a run go on when Prefect cannot be told of it."""
    try:
        yield
    except (httpx.HTTPError, PrefectException) as failed:
        get_run_logger().warning("Prefect could not be told: %s; the work goes on", failed)
