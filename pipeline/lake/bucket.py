"""Open the bucket that a lake on S3 lives in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from obstore.store import S3Store


def open_bucket(location: str, properties: Mapping[str, str]) -> S3Store:
    """Return a store for the lake's bucket.

    Args:
        location: `s3://bucket/prefix`.
        properties: PyIceberg's own names (`s3.endpoint`, `s3.access-key-id`,
            `s3.secret-access-key`, `s3.session-token`, `s3.region`), so that one setting
            serves both; what is not given comes from the environment as the AWS SDKs do it.
    """
    names = {
        "s3.endpoint": "endpoint",
        "s3.access-key-id": "access_key_id",
        "s3.secret-access-key": "secret_access_key",
        "s3.session-token": "session_token",
        "s3.region": "region",
    }
    config = {ours: properties[name] for name, ours in names.items() if name in properties}
    endpoint = config.get("endpoint", "")
    return S3Store(
        urlsplit(location).netloc,
        config=config,  # type: ignore[arg-type]  # a plain dict of the documented keys
        client_options={"allow_http": endpoint.startswith("http://")},
    )
