"""Open the bucket that a lake on S3 lives in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import boto3
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

_NAMES = {
    "s3.endpoint": "endpoint",
    "s3.access-key-id": "access_key_id",
    "s3.secret-access-key": "secret_access_key",
    "s3.session-token": "session_token",
    "s3.region": "region",
}


def bucket_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """Return catalog properties with the region in them.

    Without it PyIceberg asks AWS itself for the region of every bucket, which takes seconds to
    fail where the bucket is not AWS's.
    """
    given = dict(properties)
    if "s3.region" not in given:
        region = given.get("client.region") or boto3.Session().region_name
        if region or "s3.endpoint" in given:
            given["s3.region"] = region or "us-east-1"
    return given


def open_bucket(location: str, properties: Mapping[str, str]) -> S3Store:
    """Return a store for the lake's bucket.

    Args:
        location: `s3://bucket/prefix`.
        properties: PyIceberg's own names (`s3.endpoint`, `s3.access-key-id`,
            `s3.secret-access-key`, `s3.session-token`, `s3.region`), so that one setting
            serves both; what is not given is found as the AWS SDKs find it: environment,
            profile, role of the machine.
    """
    given = bucket_properties(properties)
    config = {ours: given[name] for name, ours in _NAMES.items() if name in given}
    provider = None if "access_key_id" in config else _credentials()
    return S3Store(
        urlsplit(location).netloc,
        config=config,  # type: ignore[arg-type]  # a plain dict of the documented keys
        credential_provider=provider,  # type: ignore[arg-type]  # obstore's own, or none
        client_options={"allow_http": config.get("endpoint", "").startswith("http://")},
    )


def _credentials() -> Callable[[], object] | None:
    """Return what gives the credentials that boto3 finds; None where it finds none."""
    session = boto3.Session()
    return Boto3CredentialProvider(session) if session.get_credentials() else None
