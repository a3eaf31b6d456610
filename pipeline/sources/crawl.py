"""Find the objects of a bucket that are wanted, listing only the folders they can be in."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pyarrow as pa

from pipeline.sources.layout import (
    day_prefixes,
    is_other_service,
    is_selected,
    parse_folder,
    selected_days,
    skip_ahead,
)
from pipeline.sources.listing import Lister, Page
from pipeline.sources.object import Selection

_WAITING_PAGES = 64
_UNKNOWN_LEVELS = 3
"""Folders of unknown meaning are looked into one level at a time, this deep: AWSLogs may be
below. Deeper ones are listed whole."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A part of a bucket to list.

    Attributes:
        level: list one level of folders, and see what each is; else all that is below.
        exact: all of it is wanted; else each name is looked at.
        splits: when it is more than a page, list its months side by side.
        start_after: what of it comes up to here is found already.
        unknown: how many of the folders above have no place in AWS's layout.
    """

    prefix: str
    level: bool = False
    exact: bool = False
    splits: bool = False
    start_after: str | None = None
    unknown: int = 0


@dataclass(slots=True)
class Crawl:
    """One walk over a bucket, many listings at a time.

    Pages wait for whoever takes them in a queue of bounded length, so a listing never runs
    far ahead of the reading. Each scan comes through the same queue when it is done, behind
    its pages, with what went wrong in it.

    Attributes:
        left_out: counts folders that were left out, by why.
    """

    lister: Lister
    selection: Selection
    connections: int
    left_out: Counter[str] = field(default_factory=Counter)
    _arrived: queue.Queue[pa.RecordBatch | Future[None]] = field(
        default_factory=lambda: queue.Queue(_WAITING_PAGES)
    )
    _stopped: threading.Event = field(default_factory=threading.Event)
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, prefix: str) -> Iterator[pa.RecordBatch]:
        """Yield what is wanted below a prefix, in no order.

        Raises:
            SourceError: the bucket cannot be listed.
        """
        pool = ThreadPoolExecutor(self.connections, "list")
        try:
            for start in self._start(prefix):
                if isinstance(start, Scan):
                    self._submit(pool, start)
                else:
                    yield start
            while self._open:
                arrived = self._arrived.get()
                if isinstance(arrived, pa.RecordBatch):
                    yield arrived
                else:
                    arrived.result()
                    self._count(-1)
        finally:
            self._stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, prefix: str) -> Iterator[Scan | pa.RecordBatch]:
        """Yield what a prefix given by a person means: a folder, one object, or a beginning."""
        if not prefix or prefix.endswith("/"):
            yield from self._inside(prefix)
            return
        below = self.lister.page(f"{prefix}/", limit=1)
        if below.keys:
            yield from self._inside(f"{prefix}/")
            return
        first = self.lister.page(prefix, limit=1)
        if first.keys == [prefix]:
            yield first.batch(self.lister.bucket)
        elif first.keys:
            yield Scan(prefix, level=True)

    def _submit(self, pool: ThreadPoolExecutor, scan: Scan) -> None:
        self._count(1)
        pool.submit(self._work, pool, scan).add_done_callback(self._hand_over)

    def _work(self, pool: ThreadPoolExecutor, scan: Scan) -> None:
        """Do one scan on a thread of the pool, handing over what it finds."""
        for page in self._pages_of(scan):
            for folder in page.folders:
                for inner in self._child(folder, scan.unknown):
                    if self._stopped.is_set():
                        return
                    self._submit(pool, inner)
            self._hand_over(self._wanted(page, scan))
            if scan.splits and page.token and page.keys:
                for inner in self._months(scan.prefix, page.keys[-1], levels=1):
                    self._submit(pool, inner)
                return

    def _months(self, prefix: str, found: str, levels: int) -> Iterator[Scan]:
        """Yield the folders so many levels below, and hand over what lies beside them.

        Args:
            found: the last key that was found already.
        """
        scan = Scan(prefix, level=True, exact=True)
        for page in self._pages_of(scan):
            self._hand_over(self._wanted(page.behind(found), scan))
            for folder in page.folders:
                is_begun = found.startswith(folder)
                if folder < found and not is_begun:
                    continue
                if levels:
                    yield from self._months(folder, found, levels - 1)
                else:
                    yield Scan(folder, exact=True, start_after=found if is_begun else None)

    def _hand_over(self, found: pa.RecordBatch | Future[None]) -> None:
        """Wait for room in the queue; when nobody takes from it any more, let go."""
        if isinstance(found, pa.RecordBatch) and not len(found):
            return
        while not self._stopped.is_set():
            try:
                self._arrived.put(found, timeout=0.5)
            except queue.Full:
                continue
            return

    def _count(self, change: int) -> None:
        with self._lock:
            self._open += change

    def _pages_of(self, scan: Scan) -> Iterator[Page]:
        """Yield the pages of one listing, jumping over what its names rule out."""
        delimiter = "/" if scan.level else ""
        token: str | None = None
        start_after = scan.start_after
        while not self._stopped.is_set():
            page = self.lister.page(
                scan.prefix, delimiter=delimiter, start_after=start_after, token=token
            )
            yield page
            if page.token is None:
                return
            last = max(page.keys[-1:] + page.folders[-1:], default="")
            start_after = None if scan.exact else skip_ahead(last, self.selection)
            token = None if start_after else page.token

    def _wanted(self, page: Page, scan: Scan) -> pa.RecordBatch:
        batch = page.batch(self.lister.bucket)
        if scan.exact:
            return batch
        wanted = [
            is_selected(uri, self.selection) and not is_other_service(uri)
            for uri in batch.column("uri").to_pylist()
        ]
        return batch if all(wanted) else batch.filter(pa.array(wanted, pa.bool_()))

    def _child(self, folder: str, unknown: int) -> Iterator[Scan]:
        """Yield what to list of a folder that was found on the way."""
        if parse_folder(folder).is_known or is_other_service(folder):
            yield from self._inside(folder)
        elif unknown < _UNKNOWN_LEVELS:
            yield Scan(folder, level=True, unknown=unknown + 1)
        else:
            yield Scan(folder)

    def _inside(self, folder: str) -> Iterator[Scan]:
        """Yield what to list of a folder: its days, or a level more to look at."""
        if is_other_service(folder):
            with self._lock:
                self.left_out["folders of other services' logs"] += 1
            return
        place, selection = parse_folder(folder), self.selection
        if place.account and selection.accounts and place.account not in selection.accounts:
            return
        if place.region and selection.regions and place.region not in selection.regions:
            return
        days = selected_days(selection)
        if not place.region:
            yield Scan(folder, level=True)
        elif days is None:
            yield Scan(folder, exact=True, splits=folder == place.root)
        else:
            yield from _days(folder, place.root, days)


def _days(folder: str, root: str, days: tuple[date, date]) -> Iterator[Scan]:
    """Yield the days' folders below a region's, as far as they are in the folder asked for."""
    whole = False
    for part in day_prefixes(*days, datetime.now(UTC).date()):
        prefix = root + part
        if prefix.startswith(folder):
            yield Scan(prefix, exact=True)
        elif folder.startswith(prefix):
            whole = True
    if whole:
        yield Scan(folder, exact=True)
