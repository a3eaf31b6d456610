"""Open a source by the text that names it; each kind's libraries load when it is used."""

from __future__ import annotations

from pipeline.errors import SourceError
from pipeline.sources.object import EVERYTHING, Selection, Source


def open_source(text: str, selection: Selection = EVERYTHING) -> Source:
    """Return the source that a text names.

    Args:
        text: a file, a folder, a pattern with * ? [ ], or `-` for standard input.
        selection: which of its objects are wanted.

    Raises:
        SourceError: it names no source, or nothing is there.
    """
    scheme, mark, _ = text.partition("://")
    if mark:
        raise SourceError(
            f"source {text}: no sources on {scheme}://", "give a path, s3://… or sqs://…"
        )
    if text == "-":
        from pipeline.sources.stdin import StdinSource

        return StdinSource()
    from pipeline.sources.local import open_local

    return open_local(text, selection)
