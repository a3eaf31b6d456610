"""One bucket: its listing, and its objects' bytes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import obstore
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from obstore.exceptions import BaseError
from obstore.store import S3Store

from pipeline.errors import SourceError, UnreadableObject
from pipeline.sources.access import Access
from pipeline.sources.listing import Lister, parse_quickly
from pipeline.sources.object import LogObject
from pipeline.sources.refusal import BUSY, parse_refusal, refused_object, refused_source

_UNREACHED_LIMIT = 16
"""Objects in a row that no answer came for, after which the whole source counts as gone."""


@dataclass(slots=True)
class Bucket:
    """A bucket to list and read. Safe in several threads.

    Attributes:
        client: for listings, and for keys the store has no path for.
        store: for reading.
        slots: bounds the reads at a time.
    """

    name: str
    client: Any
    store: S3Store
    lister: Lister
    requester_pays: bool
    slots: threading.Semaphore
    _unreached: int = field(default=0)

    def read(self, item: LogObject) -> bytes:
        """Return an object's bytes, of the content that was listed and of the length listed.

        Raises:
            UnreadableObject: the object cannot be read.
            SourceError: nothing can be read: credentials are void, or no answer comes.
        """
        key = item.uri.removeprefix(f"s3://{self.name}/")
        with self.slots:
            stored = self._ask(item, key) if _is_odd(key) else self._get(item, key)
        self._unreached = 0
        if item.size is not None and len(stored) != item.size:
            what = f"listed with {item.size} bytes, read with {len(stored)}"
            raise UnreadableObject(item.uri, "broken", what, "run again")
        return stored

    def _get(self, item: LogObject, key: str) -> bytes:
        """Read through the store, which repeats what fails and goes on where a body was cut."""
        wanted = {"if_match": f'"{item.etag}"'} if item.etag else {}
        try:
            answer = obstore.get(self.store, key, options=wanted)  # type: ignore[arg-type]
        except FileNotFoundError as error:
            code, message = parse_refusal(str(error)) or ("NoSuchKey", "")
            raise refused_object(item, code, message) from None
        except BaseError as error:
            refusal = parse_refusal(str(error))
            if refusal is None or refusal[0] in BUSY or refusal[0].startswith("5"):
                raise self._unanswered(item, _first_line(error)) from None
            raise refused_object(item, *refusal) from None
        try:
            return bytes(answer.bytes())
        except BaseError as error:
            what = f"the body was cut again and again ({_first_line(error)})"
            raise UnreadableObject(item.uri, "broken", what, "run again") from None

    def _ask(self, item: LogObject, key: str) -> bytes:
        """Read through botocore, for keys with empty or dotted folders in them."""
        request = {"Bucket": self.name, "Key": key}
        if self.requester_pays:
            request["RequestPayer"] = "requester"
        try:
            stored: bytes = self.client.get_object(**request)["Body"].read()
        except ClientError as error:
            facts = error.response["Error"]
            raise refused_object(item, facts.get("Code", ""), facts.get("Message", "")) from None
        except (IncompleteReadError, HTTPClientError) as error:
            raise UnreadableObject(item.uri, "broken", str(error), "run again") from None
        except BotoCoreError as error:
            raise refused_source(item.uri, "s3:GetObject", error) from None
        return stored

    def _unanswered(self, item: LogObject, said: str) -> SourceError:
        """Return that an object got no answer in time, or that nothing gets one any more."""
        self._unreached += 1
        what = f"no answer ({said})"
        if self._unreached >= _UNREACHED_LIMIT:
            return SourceError(
                f"s3://{self.name}: {what}, nor for the {self._unreached - 1} objects before",
                "check the endpoint and network; with fewer connections if it throttles",
            )
        return UnreadableObject(item.uri, "failed", what, "run again")


def open_bucket(access: Access, name: str) -> Bucket:
    """Return a bucket, asking where it is unless the service is not AWS's.

    Raises:
        SourceError: there is no such bucket, or it cannot be reached.
    """
    client = access.client("s3")
    parse_quickly(client)
    options = access.options
    region = options.region or (access.region if access.endpoint else _find_region(client, name))
    return Bucket(
        name,
        client,
        access.store(name, region or access.region or "us-east-1"),
        Lister(client, name, options.requester_pays),
        options.requester_pays,
        threading.Semaphore(options.max_connections),
    )


def _find_region(client: Any, bucket: str) -> str | None:
    """Return the bucket's region; a refusal tells it too."""
    try:
        answer = client.head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
        if answer["ResponseMetadata"].get("HTTPStatusCode") == 404:
            raise refused_source(f"s3://{bucket}", "", error) from None
    except BotoCoreError as error:
        raise refused_source(f"s3://{bucket}", "s3:ListBucket", error) from error
    region: str | None = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    return region


def _is_odd(key: str) -> bool:
    """Tell whether a key is none that the store's paths can hold.

    >>> [_is_odd(key) for key in ("a/b.json", "/a", "a//b", "a/", "a/../b")]
    [False, True, True, True, True]
    """
    return any(part in ("", ".", "..") for part in key.split("/"))


def _first_line(error: BaseError) -> str:
    return str(error).partition("\n")[0]
