"""Every error Trailhouse raises on purpose.

PipelineError
├── UsageError               a flag, an argument or a setting that cannot be
├── SourceError              a source that cannot be listed or reached at all
│   └── UnreadableObject     one object of it: recorded in the ledger, retried next run
├── LakeError                a lake that is missing, moved, of another version or damaged
│   ├── LakeBusy             other writers kept winning; the work is safe to run again
│   └── SnapshotNotFound     no snapshot of that id or time
├── CheckFailed              rows that are not what a model promises; the good table stays
└── QueryError               SQL that DuckDB refused, with DuckDB's own words

A message says what failed, where, and what to do next. Facts that a caller may want to act
on are attributes too.
"""

from __future__ import annotations

from collections.abc import Sequence


class PipelineError(Exception):
    """An error raised on purpose.

    Args:
        what: what failed and where, without a full stop.
        next_step: what the reader can do about it, as an imperative.
    """

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(f"{what}; {next_step}" if next_step else what)
        self.what = what
        self.next_step = next_step


class UsageError(PipelineError):
    """A flag, an argument or a setting that cannot be."""


class SourceError(PipelineError):
    """A source that cannot be listed or reached at all."""


class UnreadableObject(SourceError):
    """One object that could not be read; the others go on.

    Args:
        uri: the object.
        reason: one word for the ledger's state: archived, denied, kms_denied, missing,
            broken (body cut or checksum wrong after retries), too_large or failed.
        what: what happened, for a person.
        next_step: what makes it readable.
    """

    def __init__(self, uri: str, reason: str, what: str, next_step: str = "") -> None:
        super().__init__(f"{uri}: {what}", next_step)
        self.uri = uri
        self.reason = reason


class LakeError(PipelineError):
    """A lake that is missing, moved, of another version or damaged."""


class LakeBusy(LakeError):
    """Other writers kept winning the commit; running again is safe."""


class SnapshotNotFound(LakeError):
    """No snapshot of that id, or none as old as that time."""


class CheckFailed(PipelineError):
    """Rows of models are not what the models promise; their last good tables are kept.

    Args:
        models: the models whose checks failed.
        what: which check, of what, and for how many rows.
        next_step: where to look.
    """

    def __init__(self, models: Sequence[str], what: str, next_step: str = "") -> None:
        super().__init__(what, next_step)
        self.models = models


class QueryError(PipelineError):
    """SQL that DuckDB refused."""
