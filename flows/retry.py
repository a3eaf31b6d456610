"""Which failures a flow tries again, and after how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from obstore.exceptions import GenericError
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from sqlalchemy.exc import OperationalError

from pipeline.errors import LakeBusy, UnreadableObject, UsageError
from pipeline.sources.refusal import parse_refusal

RETRIES = 3
DELAYS = [10.0, 60.0, 300.0]
"""Seconds before each retry: a busy lake needs seconds, a service that is down minutes."""

JITTER = 0.5
"""Delays are drawn apart, so that runs that failed together do not come back together."""

_PASSING = (
    LakeBusy,
    ConnectionError,
    TimeoutError,
    NoConnection,  # botocore's
    HTTPClientError,  # botocore's: cut off, or no answer in time
    OperationalError,  # a catalog's or state's database that cannot be reached or is locked
)


def may_pass(error: BaseException) -> bool:
    """Tell whether trying again could help: writers, a network or a service stood in the way.

    What the user has to change is not tried again: a source that is not there, a refusal, a
    setting that cannot be. An object that cannot be read is the next run's, not a retry's.

    >>> may_pass(LakeBusy("lake x: other writers kept winning", "run again"))
    True
    >>> may_pass(UsageError("no such setting"))
    False
    """
    if isinstance(error, UsageError | UnreadableObject):
        return False
    return any(map(_is_passing, _chain(error)))


def if_it_may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Judge a failed task run for Prefect."""
    return isinstance(state.data, BaseException) and may_pass(state.data)


def _is_passing(cause: BaseException) -> bool:
    if isinstance(cause, ClientError):
        status: int = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or status == 429
    if isinstance(cause, GenericError):  # obstore's word for no answer, and for some refusals
        return parse_refusal(str(cause)) is None
    return isinstance(cause, _PASSING)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, shown or not."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
