"""Which failures a flow tries again, and after how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import HTTPClientError
from obstore.exceptions import GenericError
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from sqlalchemy.exc import OperationalError

from pipeline.errors import LakeBusy, UnreadableObject, UsageError

RETRIES = 3
DELAYS = [10.0, 60.0, 300.0]
"""Seconds before each retry: a busy lake needs seconds, a service that is down minutes."""

JITTER = 0.5
"""Delays vary by half, so that runs that failed together do not come back together."""

_PASSING = (
    LakeBusy,
    ConnectionError,
    TimeoutError,
    GenericError,  # obstore's word for a request that got no answer after its own retries
    HTTPClientError,  # botocore's: no connection, no answer in time
    OperationalError,  # a catalog's or state's database that cannot be reached or is locked
)


def may_pass(error: BaseException) -> bool:
    """Tell whether trying again could help: writers or a network stood in the way.

    What the user has to change is not tried again: a source that is not there, a refusal, a
    setting that cannot be. An object that cannot be read is the next run's, not a retry's.

    >>> may_pass(LakeBusy("lake x: other writers kept winning", "run again"))
    True
    >>> may_pass(UsageError("no such setting"))
    False
    """
    if isinstance(error, UsageError | UnreadableObject):
        return False
    return any(isinstance(cause, _PASSING) for cause in _chain(error))


def if_it_may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Judge a failed task run for Prefect."""
    return isinstance(state.data, BaseException) and may_pass(state.data)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__
