"""Progress on stderr: a live line on a terminal, a plain line now and then without one."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipeline.cli.text import duration, size

if TYPE_CHECKING:
    from pipeline.ingest.run import Counts

_EVERY = 10.0
_WINDOW = 30.0
"""Seconds that the speed is taken over."""


class Line:
    """One line on stderr that says how far the work is.

    On a terminal it is redrawn in place and gone at the end; else it is written every ten
    seconds; quiet, never.
    """

    def __init__(self, doing: str, *, quiet: bool = False) -> None:
        self._doing = doing
        self._quiet = quiet
        self._said = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.status import Status

            console = Console(stderr=True, highlight=False, markup=False, emoji=False)
            spinner = "dots" if (console.encoding or "").startswith("utf") else "line"
            self._live = Status(self._doing, console=console, spinner=spinner)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: Callable[[], str]) -> None:
        """Show how far it is; the text is made only when it is shown."""
        now = time.monotonic()
        if self._quiet:
            return
        if self._live:
            if now - self._said >= 0.2:
                from rich.text import Text

                self._said = now
                width = self._live.console.width - 3
                self._live.update(Text(text()[:width]))
        elif now - self._said >= _EVERY:
            self._said = now
            sys.stderr.write(f"{text()}\n")
            sys.stderr.flush()


class IngestProgress:
    """Words for how far an ingest is: objects, bytes, records a second, time left."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._seen: deque[tuple[float, int, int]] = deque()

    def report(self, counts: Counts) -> None:
        """Take note of the counts, and show them."""
        now = time.monotonic()
        self._seen.append((now, counts.records_decoded, counts.bytes_read))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        self._line.say(lambda: self._words(counts))

    def _words(self, counts: Counts) -> str:
        events, n_bytes = self._speed()
        total = f"{counts.objects_new:,}" if counts.listed_whole else f"{counts.objects_new:,}+"
        parts = [
            f"{counts.objects_done:,} of {total} new objects",
            size(counts.bytes_read),
            f"{counts.records_decoded:,} records",
        ]
        if events:
            parts.append(f"{events:,.0f} records/s")
        left = counts.bytes_new - counts.bytes_read
        if counts.listed_whole and n_bytes and left > 0:
            parts.append(f"{duration(left / n_bytes)} left")
        if counts.objects_failed:
            parts.append(f"{counts.objects_failed:,} failed")
        return ", ".join(parts)

    def _speed(self) -> tuple[float, float]:
        (first, records, stored), (last, more_records, more_stored) = self._seen[0], self._seen[-1]
        took = last - first
        if took < 0.5:
            return 0.0, 0.0
        return (more_records - records) / took, (more_stored - stored) / took
