"""Open a source by the text that names it; each kind's libraries load when it is used."""

from __future__ import annotations

import re

from pipeline.errors import SourceError
from pipeline.sources.object import EVERYTHING, Selection, Source
from pipeline.sources.options import DEFAULTS, S3Options

_QUEUE_URL = re.compile(r"https?://sqs[.-]", re.ASCII)


def open_source(text: str, selection: Selection = EVERYTHING, s3: S3Options = DEFAULTS) -> Source:
    """Return the source that a text names.

    Args:
        text: a file, a folder, a pattern with * ? [ ], `-` for standard input,
            `s3://bucket/prefix`, `sqs://queue`, `sqs://account/queue` or a queue's URL.
        selection: which of its objects are wanted.
        s3: how buckets and queues are reached.

    Raises:
        SourceError: it names no source, or nothing is there.
    """
    scheme, mark, _ = text.partition("://")
    if text == "-":
        from pipeline.sources.stdin import StdinSource

        return StdinSource()
    if not mark or scheme == "file":
        from pipeline.sources.local import open_local, to_path

        return open_local(to_path(text), selection)
    if scheme in ("sqs", "sqs+https", "sqs+http") or _QUEUE_URL.match(text):
        from pipeline.sources.sqs import SqsSource

        return SqsSource(text, selection, s3)
    if scheme == "s3":
        from pipeline.sources.s3 import open_s3

        return open_s3(text, selection, s3)
    raise SourceError(f"source {text}: no sources on {scheme}://", "give a path, s3://… or sqs://…")
