"""Fill a lake with small batches, as many commits of an ingest would."""

from __future__ import annotations

from typing import Any

from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS
from pipeline.lake.snapshot import read_lake
from tests.events import rows
from tests.lakerows import at, commit_rows, event

EVENTS = 12
"""Events in a batch."""


def fill(lake: Lake, batches: int, first: int = 0, n_days: int = 2) -> None:
    """Commit so many batches: a file for each day, events of several accounts, a ledger row."""
    for number in range(first, first + batches):
        days: list[list[dict[str, Any]]] = [[] for _ in range(n_days)]
        for n in range(EVENTS):
            row = event(
                at(n % n_days, n % 24, number % 60),
                number,
                recipientaccountid=f"{n % 3}",
                awsregion=f"eu-west-{n % 2}",
                additionaleventdata=f'{{"n":{n}}}',
                event_key=number * 1000 + n,
                resources=[{"arn": f"arn:{n}"}],
            )
            days[n % n_days].append(row)
        known = {"uri": f"s3://b/{number}", "log_date": at(number % 9).date(), "state": "done"}
        commit_rows(lake, *days, ingest_objects=[known])


def contents(lake: Lake, table: str = LOGS.name) -> list[str]:
    """Return all rows of a table, in an order of their own."""
    return sorted(map(str, rows(lake, table)))


def n_files(lake: Lake, table: str = LOGS.name) -> int:
    """Return how many data files the newest snapshot of a table has."""
    return len(read_lake(lake).tables[table].files())
