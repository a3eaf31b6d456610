"""Pages of a bucket's listing, parsed in one pass of a native parser.

botocore signs, sends and repeats the requests; its own parser takes many times as long as this
one (and all threads wait for it), so it is replaced, at the place botocore offers for that.
The store that reads objects does not list: it gives no storage class, and one key with an empty
or dotted folder in it makes it refuse a whole bucket.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pyarrow as pa
from botocore.exceptions import BotoCoreError, ClientError, ResponseStreamingError
from botocore.parsers import ResponseParserError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipeline.sources.columns import listing_batch
from pipeline.sources.refusal import refused_source

_TRIES = 4
_CUT = (ResponseParserError, ResponseStreamingError)
_EMPTY = b"<ListBucketResult/>"


@dataclass(slots=True)
class Page:
    """Up to a thousand objects, and the folders beside them.

    Attributes:
        modified: as S3 writes it, ISO 8601.
        token: what asks for the next page; None on the last.
    """

    keys: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    etags: list[str | None] = field(default_factory=list)
    classes: list[str | None] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    token: str | None = None

    def behind(self, key: str) -> Page:
        """Return what of this page comes after a key."""
        at = bisect_right(self.keys, key)
        return Page(
            self.keys[at:],
            self.sizes[at:],
            self.modified[at:],
            self.etags[at:],
            self.classes[at:],
            self.folders,
            self.token,
        )

    def batch(self, bucket: str) -> pa.RecordBatch:
        """Return the objects as a batch of a listing, without markers of empty folders."""
        whole = listing_batch(
            [f"s3://{bucket}/{key}" for key in self.keys],
            self.sizes,
            pa.array(self.modified, pa.string()).cast(pa.timestamp("us", "UTC")),
            self.etags,
            self.classes,
        )
        real = [
            not (key.endswith("/") and size == 0)
            for key, size in zip(self.keys, self.sizes, strict=True)
        ]
        return whole if all(real) else whole.filter(pa.array(real))


@dataclass(frozen=True, slots=True)
class Lister:
    """Lists one bucket. Safe in several threads.

    Attributes:
        client: an S3 client that parse_quickly has seen.
    """

    client: Any
    bucket: str
    requester_pays: bool = False

    def page(
        self,
        prefix: str,
        *,
        delimiter: str = "",
        start_after: str | None = None,
        token: str | None = None,
        limit: int = 1000,
    ) -> Page:
        """Return one page of what is below a prefix.

        Raises:
            SourceError: the bucket cannot be listed.
        """
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix, "MaxKeys": limit}
        if delimiter:
            request["Delimiter"] = delimiter
        if token:
            request["ContinuationToken"] = token
        elif start_after:
            request["StartAfter"] = start_after
        if self.requester_pays:
            request["RequestPayer"] = "requester"
        try:
            for attempt in _cut_answers():
                with attempt:
                    page: Page = self.client.list_objects_v2(**request)["Page"]
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            where = f"s3://{self.bucket}/{prefix}"
            permission = f"s3:ListBucket on arn:aws:s3:::{self.bucket}"
            raise refused_source(where, permission, error) from error
        return page


def parse_quickly(client: Any) -> None:
    """Let an S3 client's listings come as pages."""
    client.meta.events.register("before-parse.s3.ListObjectsV2", _parse)


def _cut_answers() -> Retrying:
    """Try again when an answer was cut, which botocore itself does not."""
    return Retrying(
        retry=retry_if_exception_type(_CUT),
        wait=wait_random_exponential(0.1, max=2),
        stop=stop_after_attempt(_TRIES),
        reraise=True,
    )


def _parse(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Take the body out of botocore's hands; one that is no whole document stays with it."""
    if response_dict["status_code"] != 200:
        return
    try:
        page = parse_page(response_dict["body"])
    except ElementTree.ParseError:
        return
    customized_response_dict["Page"] = page
    response_dict["body"] = _EMPTY


def parse_page(body: bytes) -> Page:
    """Return the page that a ListObjectsV2 answer holds."""
    root = ElementTree.fromstring(body)  # noqa: S314  # from the service we chose, and expat is bounded
    space = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    is_quoted = root.findtext(f"{space}EncodingType") == "url"
    folders = root.iterfind(f"{space}CommonPrefixes/{space}Prefix")
    keys = _column(root, space, "Key")
    return Page(
        keys=[_unquote(key or "", is_quoted) for key in keys],
        sizes=[int(size or 0) for size in _column(root, space, "Size")],
        modified=[text or "" for text in _column(root, space, "LastModified")],
        etags=[etag and etag.strip('"') for etag in _column(root, space, "ETag")],
        classes=_column(root, space, "StorageClass"),
        folders=[_unquote(folder.text or "", is_quoted) for folder in folders],
        token=root.findtext(f"{space}NextContinuationToken"),
    )


def _column(root: ElementTree.Element, space: str, name: str) -> list[str | None]:
    """Return one fact of all objects, walking the tree natively where every object has it."""
    objects = root.findall(f"{space}Contents")
    column = [element.text for element in root.iter(f"{space}{name}")]
    if len(column) == len(objects):
        return column
    return [entry.findtext(f"{space}{name}") for entry in objects]


def _unquote(text: str, is_quoted: bool) -> str:
    return unquote_plus(text) if is_quoted and ("%" in text or "+" in text) else text
