"""Log objects that a queue tells of: notifications of S3, direct or through SNS or EventBridge."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.errors import UnreadableObject
from pipeline.sources.columns import listing_batch
from pipeline.sources.held import Held, Item, Message
from pipeline.sources.layout import is_other_service, is_selected
from pipeline.sources.notification import NoNotification, Notice, parse_message
from pipeline.sources.object import EVERYTHING, OBJECTS, LogObject, Selection
from pipeline.sources.options import DEFAULTS, S3Options

if TYPE_CHECKING:
    from pipeline.sources.access import Access
    from pipeline.sources.bucket import Bucket
    from pipeline.sources.queue import Queue

_log = logging.getLogger(__name__)

_PAGE = 1_000
_NAMED_PROBLEMS = 100
_EXTENSIONS = 3
"""A message is kept invisible again when a third of its time is over."""

_HELD_SECONDS = 3_600
"""What is in hand for longer has failed: it goes back to the queue, and its redrive policy."""


@dataclass(slots=True)
class SqsSource:
    """Objects named by the messages of a queue.

    A message is deleted when all objects it names are durably in the lake, and not before:
    whatever happens in between, it is given again. Messages of objects that failed, and those
    that are no notifications, are left to the queue's redrive policy.

    Attributes:
        name: the queue, as it was asked for.
        wait_seconds: how long an empty queue is waited at before it counts as empty.
        visibility_seconds: how long a message stays invisible without word from us.
    """

    name: str
    selection: Selection = EVERYTHING
    options: S3Options = DEFAULTS
    wait_seconds: int = 5
    visibility_seconds: int = 300
    _held: Held = field(default_factory=Held)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _poison: dict[str, str] = field(default_factory=dict)
    _access: Access | None = None
    _queue: Queue | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_drained: threading.Event = field(default_factory=threading.Event)

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the objects that messages name, until the queue is empty.

        Raises:
            SourceError: there is no such queue, or it may not be received from.
        """
        queue = self._open()
        self._is_drained.clear()
        keeper = threading.Thread(target=self._keep, args=(queue,), name="keep", daemon=True)
        keeper.start()
        page: dict[str, Notice] = {}
        try:
            while received := queue.receive(self.wait_seconds, self.visibility_seconds):
                for raw in received:
                    for notice in self._take(queue, raw):
                        self._keep_newest(page, notice)
                if len(page) >= _PAGE:
                    yield _listing(page.values())
                    yield pa.RecordBatch.from_pylist([], schema=OBJECTS)
                    page = {}
            if page:
                yield _listing(page.values())
        finally:
            self._is_drained.set()

    def read(self, item: LogObject) -> bytes:
        """Return an object's bytes.

        Raises:
            UnreadableObject: it is archived, denied, gone or broken; its messages go back.
            SourceError: nothing can be read: credentials are void, or no answer comes.
        """
        try:
            return self._bucket(item.uri.split("/", 3)[2]).read(item)
        except UnreadableObject:
            self._held.release((item.uri, item.etag))
            raise

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Delete messages whose objects the lake has already."""
        self._settle(set(_items(listed)) - set(_items(new)))

    def committed(self, items: Sequence[LogObject]) -> None:
        """Delete messages whose objects are all in the lake by now."""
        self._settle({(item.uri, item.etag) for item in items})

    def problems(self) -> list[str]:
        """Return the messages that are no notifications."""
        named = list(self._poison.items())[:_NAMED_PROBLEMS]
        more = len(self._poison) - len(named)
        said = [f"{self.name}: message {name} left in the queue ({why})" for name, why in named]
        return [*said, f"{self.name}: {more} more messages left in the queue"] if more else said

    def _take(self, queue: Queue, raw: dict[str, Any]) -> list[Notice]:
        """Take a message in; one that needs nothing is deleted, one that is none is left."""
        message_id, receipt = raw["MessageId"], raw["ReceiptHandle"]
        try:
            notices = parse_message(raw["Body"])
        except NoNotification as error:
            _log.warning("%s: message %s is no notification: %s", self.name, message_id, error)
            self._poison[message_id] = str(error)
            return []
        logs = [
            notice
            for notice in notices
            if not is_other_service(notice.uri)
            and not (notice.key.endswith("/") and not notice.size)
        ]
        wanted = [notice for notice in logs if is_selected(notice.uri, self.selection)]
        if not logs:
            queue.delete([receipt])
        elif len(wanted) == len(logs):
            items: set[Item] = {(notice.uri, notice.etag) for notice in wanted}
            self._held.add(Message(message_id, receipt, items, time.monotonic()))
        return wanted

    def _keep_newest(self, page: dict[str, Notice], notice: Notice) -> None:
        """Put a notice on the page; of two contents of one object only the newer is there."""
        other = page.setdefault(notice.uri, notice)
        if other.etag == notice.etag:
            return
        older, newer = sorted((other, notice), key=lambda one: one.modified or 0)
        self._held.supersede((older.uri, older.etag), (newer.uri, newer.etag))
        page[notice.uri] = newer

    def _settle(self, items: set[Item]) -> None:
        done = self._held.settle(items)
        if done:
            self._open().delete([message.receipt for message in done])

    def _keep(self, queue: Queue) -> None:
        """Keep messages in hand invisible, until the queue is drained and none is left."""
        while True:
            self._is_drained.wait(self.visibility_seconds / _EXTENSIONS)
            if self._is_drained.is_set():
                if not len(self._held):
                    return
                time.sleep(self.visibility_seconds / _EXTENSIONS)
            self._held.older_than(time.monotonic() - _HELD_SECONDS)
            queue.keep([message.receipt for message in self._held], self.visibility_seconds)

    def _open(self) -> Queue:
        with self._lock:
            if self._queue is None:
                from pipeline.sources.access import open_access
                from pipeline.sources.queue import open_queue

                self._access = open_access(self.options)
                self._queue = open_queue(self._access, self.name)
            return self._queue

    def _bucket(self, name: str) -> Bucket:
        with self._lock:
            if name not in self._buckets:
                from pipeline.sources.access import open_access
                from pipeline.sources.bucket import open_bucket

                self._access = self._access or open_access(self.options)
                self._buckets[name] = open_bucket(self._access, name)
            return self._buckets[name]


def _listing(notices: Collection[Notice]) -> pa.RecordBatch:
    return listing_batch(
        [notice.uri for notice in notices],
        [notice.size for notice in notices],
        [notice.modified for notice in notices],
        [notice.etag for notice in notices],
    )


def _items(table: pa.Table) -> Iterator[Item]:
    columns = (table.column(name).to_pylist() for name in ("uri", "etag"))
    return zip(*columns, strict=True)
