"""Delivery of records into objects as CloudTrail does it, with its delays and doubles."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from time import gmtime, strftime

from isal import igzip

from pipeline.simulate.event import Event
from pipeline.simulate.ids import Ids
from pipeline.simulate.plan import Plan

_WINDOW = 300
_OBJECT_RECORDS = 2_000
_BUFFERED_RECORDS = 50_000
_LEVEL = 1


@dataclass(slots=True, eq=False)
class _Stream:
    """The records of one account, region and family that wait for delivery.

    doubles wait for the object after the one that holds their first copy.
    """

    account: str
    region: str
    family: str
    records: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    is_due: bool = False


class Delivery:
    """Writes objects; wrote is called with the records, bytes and stored bytes of each."""

    def __init__(
        self,
        plan: Plan,
        root: Path,
        organisation_id: str,
        random: Random,
        ids: Ids,
        wrote: Callable[[int, int, int], None],
    ) -> None:
        self._root = root / "AWSLogs"
        if plan.organisation:
            self._root /= organisation_id
        self._size = plan.records_per_file
        self._duplicates = plan.duplicates
        self._random = random
        self._ids = ids
        self._wrote = wrote
        self._streams: dict[tuple[str, str, str], _Stream] = {}
        self._due: list[tuple[float, int, _Stream]] = []
        self._late: list[tuple[float, int, _Stream, str]] = []
        self._count = 0
        self._buffered = 0
        self._now = plan.start.timestamp()
        self._folders: set[str] = set()
        self.doubled = 0

    def add(self, event: Event) -> None:
        """Take an event; it will be in an object, now and then in two."""
        stream = self._stream(event)
        self._now = event.time
        if event.delay:
            self._count += 1
            heappush(self._late, (event.time + event.delay, self._count, stream, event.text))
            return
        self._append(stream, event.text)
        if self._duplicates and self._random.random() < self._duplicates:
            self.doubled += 1
            stream.doubles.append(event.text)

    def advance(self, now: float) -> None:
        """Deliver what is due by now."""
        while self._late and self._late[0][0] <= now:
            time, _, stream, text = heappop(self._late)
            self._close_due(time)
            self._now = time
            self._append(stream, text)
        self._close_due(now)
        self._now = now

    def finish(self) -> None:
        """Deliver all the rest: the late ones at their time, then every open object."""
        if self._late:
            self.advance(max(self._late)[0])
        for stream in self._streams.values():
            while stream.records or stream.doubles:
                self._close(stream, self._now + _WINDOW)

    def _stream(self, event: Event) -> _Stream:
        key = event.account, event.region, event.family
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = _Stream(*key)
        return stream

    def _append(self, stream: _Stream, text: str) -> None:
        stream.records.append(text)
        self._buffered += 1
        if len(stream.records) >= (self._size or _OBJECT_RECORDS):
            self._close(stream, self._now)
        elif self._size is None:
            self._schedule(stream)
            if self._buffered >= _BUFFERED_RECORDS:
                self._close(max(self._streams.values(), key=lambda s: len(s.records)), self._now)

    def _schedule(self, stream: _Stream) -> None:
        """Have a natural stream's object closed at the end of a window 5 to 15 minutes on."""
        if not stream.is_due:
            stream.is_due = True
            windows = 1 + int(self._random.random() * 2.2)
            self._count += 1
            close = (self._now // _WINDOW + windows) * _WINDOW
            heappush(self._due, (close, self._count, stream))

    def _close_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            time, _, stream = heappop(self._due)
            stream.is_due = False
            if stream.records:
                self._close(stream, time)

    def _close(self, stream: _Stream, now: float) -> None:
        records = stream.records
        if records:
            self._write(stream, records, now)
        self._buffered -= len(records)
        stream.records = []
        doubles, stream.doubles = stream.doubles, []
        self._now = now
        for text in doubles:
            self._append(stream, text)

    def _write(self, stream: _Stream, records: list[str], now: float) -> None:
        text = ('{"Records":[' + ",".join(records) + "]}").encode()
        stored = igzip.compress(text, _LEVEL, mtime=0)
        folder, name = self._key(stream, now)
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)
            self._folders.add(folder)
        with open(f"{folder}/{name}", "wb", buffering=0) as file:
            file.write(stored)
        self._wrote(len(records), len(text), len(stored))

    def _key(self, stream: _Stream, now: float) -> tuple[str, str]:
        at = gmtime(now // _WINDOW * _WINDOW)
        name = (
            f"{stream.account}_{stream.family}_{stream.region}_"
            f"{strftime('%Y%m%dT%H%MZ', at)}_{self._ids.alnum(16)}.json.gz"
        )
        day = strftime("%Y/%m/%d", at)
        return f"{self._root}/{stream.account}/{stream.family}/{stream.region}/{day}", name
