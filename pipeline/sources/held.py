"""Messages that were received and are not done with: what each waits for, and how long."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Item = tuple[str, str | None]
"""An object's uri and ETag: which content of it is meant."""


@dataclass(slots=True)
class Message:
    """A message that names objects.

    Attributes:
        receipt: what deletes or keeps it; the newest counts.
        waits_for: objects that are not durably in the lake yet.
        since: when it was received, on the monotonic clock.
    """

    message_id: str
    receipt: str
    waits_for: set[Item]
    since: float


@dataclass(slots=True)
class Held:
    """The messages in hand. Safe in several threads."""

    _messages: dict[str, Message] = field(default_factory=dict)
    _by_item: dict[Item, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, message: Message) -> None:
        """Hold a message; one that came again keeps what it waits for, with its new receipt."""
        with self._lock:
            held = self._messages.setdefault(message.message_id, message)
            held.receipt = message.receipt
            for item in message.waits_for:
                held.waits_for.add(item)
                self._by_item.setdefault(item, set()).add(message.message_id)

    def settle(self, items: Iterable[Item]) -> list[Message]:
        """Note that objects are in the lake; return the messages that wait for nothing more."""
        done = []
        with self._lock:
            for item in items:
                for message_id in self._by_item.pop(item, ()):
                    message = self._messages[message_id]
                    message.waits_for.discard(item)
                    if not message.waits_for:
                        done.append(self._messages.pop(message_id))
        return done

    def supersede(self, older: Item, newer: Item) -> None:
        """Let what waits for an object's older content wait for its newer: the older is gone."""
        with self._lock:
            for message_id in self._by_item.pop(older, ()):
                waits_for = self._messages[message_id].waits_for
                waits_for.discard(older)
                waits_for.add(newer)
                self._by_item.setdefault(newer, set()).add(message_id)

    def release(self, item: Item) -> None:
        """Let go of the messages of an object that failed: the queue gives them again."""
        with self._lock:
            for message_id in tuple(self._by_item.get(item, ())):
                self._forget(message_id)

    def older_than(self, since: float) -> None:
        """Let go of messages received before a moment."""
        with self._lock:
            for message in tuple(self._messages.values()):
                if message.since < since:
                    self._forget(message.message_id)

    def __iter__(self) -> Iterator[Message]:
        """Yield the messages in hand now."""
        with self._lock:
            return iter(tuple(self._messages.values()))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._messages)

    def _forget(self, message_id: str) -> None:
        for item in self._messages.pop(message_id).waits_for:
            waiting = self._by_item[item]
            waiting.discard(message_id)
            if not waiting:
                del self._by_item[item]
