"""One event as it leaves the organisation."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """A record's text and what the truth keeps of it.

    account: the trail it goes to (recipientAccountId). family: CloudTrail, or CloudTrail-Insight.
    delay: seconds its delivery is late by. label: the scenario it belongs to, if any.
    """

    text: str
    time: int
    account: str
    region: str
    event_id: str
    source: str
    name: str
    family: str = "CloudTrail"
    delay: float = 0.0
    label: str = ""
