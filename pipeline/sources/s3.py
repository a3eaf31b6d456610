"""Log objects in a bucket, in AWS's layouts or flat."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.sources.object import EVERYTHING, LogObject, Selection
from pipeline.sources.options import DEFAULTS, S3Options

if TYPE_CHECKING:
    from pipeline.sources.bucket import Bucket

__all__ = ["S3Options", "S3Source", "open_s3"]


@dataclass(slots=True)
class S3Source:
    """What is below `s3://bucket/prefix`.

    A selection becomes the folders of its days, found level by level and listed in parallel:
    a bucket is never walked for a part of it. Every listing is of what is there now, with no
    mark of where the last one ended, so an object that appears late under an older name is
    found like any other.

    Attributes:
        name: as it was asked for.
        prefix: a folder, an object, or the beginning of names.
    """

    name: str
    bucket: str
    prefix: str = ""
    selection: Selection = EVERYTHING
    options: S3Options = DEFAULTS
    _problems: list[str] = field(default_factory=list)
    _opened: Bucket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the objects, in no order, while the listings go on.

        Raises:
            SourceError: the bucket cannot be reached or listed, or nothing begins with the
                prefix.
        """
        from pipeline.sources.crawl import Crawl

        lister = self._bucket().lister
        crawl = Crawl(lister, self.selection, self.options.max_connections)
        found = 0
        for batch in crawl.run(self.prefix):
            found += len(batch)
            yield batch
        if not found and self.prefix and not lister.page(self.prefix, limit=1).keys:
            raise SourceError(f"nothing in {self.name}", "check the prefix")
        self._problems = [
            f"{self.name}: {n} left out ({why})" for why, n in sorted(crawl.left_out.items())
        ]

    def read(self, item: LogObject) -> bytes:
        """Return an object's bytes.

        Raises:
            UnreadableObject: it is archived, denied, gone or broken.
            SourceError: nothing can be read: credentials are void, or no answer comes.
        """
        return self._bucket().read(item)

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Nothing to do: objects stay where they are."""

    def committed(self, items: Sequence[LogObject]) -> None:
        """Nothing to do: objects stay where they are."""

    def problems(self) -> list[str]:
        """Return what was left out."""
        return self._problems

    def _bucket(self) -> Bucket:
        with self._lock:
            if self._opened is None:
                from pipeline.sources.access import open_access
                from pipeline.sources.bucket import open_bucket

                self._opened = open_bucket(open_access(self.options), self.bucket)
            return self._opened


def open_s3(text: str, selection: Selection, options: S3Options) -> S3Source:
    """Return the source that `s3://bucket/prefix` names; nothing is asked of the bucket yet.

    Raises:
        SourceError: there is no bucket in it.
    """
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    if not bucket:
        raise SourceError(f"source {text}: no bucket in it", "give s3://bucket/prefix")
    return S3Source(text, bucket, prefix, selection, options)
