"""Which failures are tried again: those that time may mend, by what lies beneath them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from obstore.exceptions import GenericError

from pipeline.errors import (
    LakeBusy,
    LakeError,
    PipelineError,
    SourceError,
    UnreadableObject,
    UsageError,
)


def _answer(status: int) -> ClientError:
    told = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": "x"}, "ResponseMetadata": told}, "ListObjectsV2")


_NO_ANSWER = "Generic S3 error: error sending request"
_EXPIRED = "Generic S3 error: 400: <Error><Code>ExpiredToken</Code></Error>"


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (LakeBusy("other writers kept winning"), None, True),
        (SourceError("no bucket of that name"), None, False),
        (SourceError("the bucket does not answer"), ConnectionResetError(), True),
        (SourceError("the bucket does not answer"), TimeoutError(), True),
        (SourceError("cannot be reached"), EndpointConnectionError(endpoint_url="x"), True),
        (SourceError("slow down"), _answer(503), True),
        (SourceError("access denied"), _answer(403), False),
        (SourceError("no answer"), GenericError(_NO_ANSWER), True),
        (SourceError("renew the credentials"), GenericError(_EXPIRED), False),
        (LakeError("no lake there"), FileNotFoundError(), False),
        (UsageError("no such setting"), TimeoutError(), False),
        (UnreadableObject("s3://b/k", "failed", "cut"), ConnectionResetError(), False),
    ],
)
def test_only_what_time_may_mend_is_tried_again(
    error: PipelineError, cause: Exception | None, expected: bool
) -> None:
    """Writers and networks pass; settings, refusals and single objects do not."""
    from flows.retry import may_pass

    error.__cause__ = cause
    assert may_pass(error) is expected


def test_a_cause_that_is_not_shown_counts() -> None:
    """Errors raised `from None` are judged by what was being handled all the same."""
    from flows.retry import may_pass

    with pytest.raises(SourceError) as caught:
        _fail_after_a_timeout()
    assert caught.value.__cause__ is None
    assert may_pass(caught.value)


def _fail_after_a_timeout() -> None:
    try:
        raise TimeoutError
    except TimeoutError:
        raise SourceError("no answer") from None
