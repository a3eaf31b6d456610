"""Which failures are tried again: those that time may mend, by what lies beneath them."""

from __future__ import annotations

import pytest

from pipeline.errors import (
    LakeBusy,
    LakeError,
    PipelineError,
    SourceError,
    UnreadableObject,
    UsageError,
)


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (LakeBusy("other writers kept winning"), None, True),
        (SourceError("no bucket of that name"), None, False),
        (SourceError("the bucket does not answer"), ConnectionResetError(), True),
        (SourceError("the bucket does not answer"), TimeoutError(), True),
        (SourceError("access denied"), PermissionError(), False),
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
