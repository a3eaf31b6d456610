"""Turn what AWS answers and what the network does into errors that say what to do."""

from __future__ import annotations

import re
import shlex
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from pipeline.errors import SourceError, UnreadableObject
from pipeline.sources.object import LogObject

_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "UnrecognizedClientException",
}
_ELSEWHERE = {
    "301",
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
}
BUSY = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling", "429"}
"""What a service says when it may serve the same request later."""

_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NoSuchBucket"}
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    ProfileNotFound,
    SSOError,
)
_CODE = re.compile(r"<Code>([^<]+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})([^:<\n]*)")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


def refused_source(where: str, permission: str, error: Exception) -> SourceError:
    """Return why a whole source cannot be used.

    Args:
        where: the bucket or queue.
        permission: what IAM would have to allow for it.
        error: what botocore raised.
    """
    if isinstance(error, ClientError):
        return _refused_by_code(where, permission, error.response)
    if isinstance(error, _NO_CREDENTIALS):
        return SourceError(
            f"{where}: {error}",
            "set a profile, AWS_PROFILE or AWS_ACCESS_KEY_ID, or ask without signing (anonymous)",
        )
    if isinstance(error, BotoCoreError):
        return SourceError(
            f"{where}: cannot be reached ({error})", "check the endpoint, region and network"
        )
    return SourceError(f"{where}: {error}", "check the settings")


def _refused_by_code(where: str, permission: str, response: Any) -> SourceError:
    facts = response.get("Error", {})
    code, message = facts.get("Code", ""), facts.get("Message", "")
    said = f"{where}: {message or 'refused'} ({code})"
    if code in _CREDENTIALS:
        return SourceError(said, "renew the credentials and run again")
    if code in _ELSEWHERE:
        region = response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
        return SourceError(said, f"set the region to {region or 'the one the bucket is in'}")
    if code in _MISSING:
        return SourceError(f"{where}: no such bucket", "check the name and the account")
    if code in ("AccessDenied", "403", "AccessDeniedException", "AllAccessDisabled"):
        return SourceError(said, f"allow {permission}")
    if response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500:
        return SourceError(said, "run again later, with fewer connections if it throttles")
    return SourceError(said, "check the settings")


def parse_refusal(text: str) -> tuple[str, str] | None:
    """Return code and message of an S3 error that is somewhere in a text; None if none came.

    >>> parse_refusal("403: <Error><Code>AccessDenied</Code><Message>No.</Message></Error>")
    ('AccessDenied', 'No.')
    >>> parse_refusal("Server returned non-2xx status code: 502 Bad Gateway: ")
    ('502', 'Bad Gateway')
    """
    code, message = _CODE.search(text), _MESSAGE.search(text)
    if code:
        return code[1], message[1] if message else ""
    status = _STATUS.search(text)
    return (status[1], status[2].strip()) if status else None


def refused_object(item: LogObject, code: str, message: str) -> SourceError:
    """Return why an object cannot be read, or why none can when the credentials are to blame."""
    said = f"{message} ({code})" if message else code
    bucket = item.uri.removeprefix("s3://").partition("/")[0]
    if code in _CREDENTIALS:
        return SourceError(f"s3://{bucket}: {said}", "renew the credentials and run again")
    if code in _ELSEWHERE:
        return SourceError(
            f"s3://{bucket}: {said}", "set the region to the bucket's, or not at all"
        )
    if code == "InvalidObjectState":
        return UnreadableObject(
            item.uri, "archived", f"in {item.storage_class or 'an archive'}", _restoring(item)
        )
    if code.startswith("KMS.") or "kms:" in message.lower():
        return UnreadableObject(
            item.uri, "kms_denied", said, "allow kms:Decrypt on the key that encrypts it"
        )
    if code in _MISSING:
        return UnreadableObject(item.uri, "missing", "no longer there")
    if code in ("AccessDenied", "AllAccessDisabled", "403"):
        step = f"allow s3:GetObject on arn:aws:s3:::{bucket}/* (and kms:Decrypt on its key)"
        return UnreadableObject(item.uri, "denied", said, step)
    if code == "PreconditionFailed":
        return UnreadableObject(item.uri, "broken", "changed since it was listed", "run again")
    return UnreadableObject(item.uri, "failed", said, "run again")


def _restoring(item: LogObject) -> str:
    """Return the command that brings an archived object back for a week."""
    bucket, _, key = item.uri.removeprefix("s3://").partition("/")
    request = "{}" if item.storage_class == "INTELLIGENT_TIERING" else '{"Days":7}'
    command = ["aws", "s3api", "restore-object", "--bucket", bucket, "--key", key]
    return "restore it: " + shlex.join([*command, "--restore-request", request])
