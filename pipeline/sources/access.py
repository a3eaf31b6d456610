"""Sessions, clients and stores on AWS: one set of credentials for listing and for reading."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader
from obstore.store import S3Store

from pipeline.errors import SourceError
from pipeline.sources.options import S3Options
from pipeline.sources.refusal import refused_source

if TYPE_CHECKING:
    from obstore.store import S3Credential

_CONNECT_SECONDS = 5
_READ_SECONDS = 20
_OBJECT_SECONDS = 600
_RETRY_SECONDS = 180
_LISTING_RETRIES = 5
_CREDENTIALS_FOR = timedelta(minutes=5)
_HOME = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where to ask for a role of each partition when no region is set."""


@dataclass(frozen=True, slots=True)
class Access:
    """A way into AWS.

    Attributes:
        endpoint: of S3, where it is not AWS's own.
    """

    options: S3Options
    session: boto3.Session
    endpoint: str | None
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @property
    def region(self) -> str | None:
        """The region asked for or configured."""
        return self.options.region or self.session.region_name

    def client(self, service: str, endpoint: str | None = None, region: str | None = None) -> Any:
        """Return a boto3 client that gives up within about a minute."""
        if endpoint is None:
            endpoint = self.endpoint if service == "s3" else _shared(self.options.endpoint)
        create: Any = self.session.client
        with self._lock:  # creating clients is not safe in several threads
            return create(
                service,
                endpoint_url=endpoint,
                region_name=region or self.region,
                config=self._config(),
            )

    def store(self, bucket: str, region: str) -> S3Store:
        """Return a store to read a bucket's objects from."""
        options = self.options
        config: dict[str, Any] = {"region": region, "skip_signature": options.anonymous}
        config["request_payer"] = options.requester_pays
        if self.endpoint:
            config["endpoint"] = self.endpoint
        return S3Store(
            bucket,
            config=config,  # type: ignore[arg-type]  # a plain dict of the documented keys
            client_options=self._client_options(),  # type: ignore[arg-type]
            retry_config={
                "max_retries": options.retries,
                "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
                "backoff": {"max_backoff": timedelta(seconds=5)},
            },
            credential_provider=None if options.anonymous else self._credentials(bucket),
        )

    def _client_options(self) -> dict[str, Any]:
        options = {
            "allow_http": (self.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=_READ_SECONDS),
            "timeout": timedelta(seconds=_OBJECT_SECONDS),
        }
        bundle = os.environ.get("AWS_CA_BUNDLE")
        return options | ({"root_certificate": Path(bundle).read_bytes()} if bundle else {})

    def _config(self) -> Config:
        options = self.options
        return Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={
                "mode": "standard",
                "total_max_attempts": 1 + min(options.retries, _LISTING_RETRIES),
            },
            max_pool_connections=options.max_connections + 8,
            s3={"addressing_style": "path" if self.endpoint else "auto"},
            signature_version=UNSIGNED if options.anonymous else None,
        )

    def _credentials(self, bucket: str) -> Callable[[], S3Credential]:
        """Return what gives the session's credentials as they are, refreshed when they end."""
        found = self.session.get_credentials()
        if found is None:
            raise SourceError(
                f"s3://{bucket}: no AWS credentials found",
                "set a profile, AWS_PROFILE or AWS_ACCESS_KEY_ID, "
                "or ask without signing (anonymous)",
            )

        def current() -> S3Credential:
            frozen = found.get_frozen_credentials()
            return {
                "access_key_id": frozen.access_key or "",
                "secret_access_key": frozen.secret_key or "",
                "token": frozen.token,
                "expires_at": datetime.now(UTC) + _CREDENTIALS_FOR,
            }

        return current


def open_access(options: S3Options) -> Access:
    """Return a way into AWS.

    Raises:
        SourceError: there is no such profile, or the role cannot be assumed.
    """
    try:
        core = _assume(options, options.role_arn) if options.role_arn else _session(options)
        session = boto3.Session(botocore_session=core, region_name=options.region)
        if options.role_arn:
            _check_role(session, options.role_arn)
    except BotoCoreError as error:
        raise refused_source("AWS", "", error) from error
    return Access(options, session, options.endpoint or _configured_endpoint(core))


def _configured_endpoint(core: botocore.session.Session) -> str | None:
    """Return the endpoint of S3 that environment or profile set, as botocore ranks them."""
    profile = core.get_scoped_config()
    services = core.full_config.get("services", {}).get(profile.get("services"), {})
    return (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or services.get("s3", {}).get("endpoint_url")
        or profile.get("endpoint_url")
    )


def _session(options: S3Options) -> botocore.session.Session:
    """Return a session of the profile asked for, having looked that there is one."""
    session = botocore.session.Session(profile=options.profile)
    session.register_component("data_loader", _loader())
    session.get_scoped_config()
    return session


@cache
def _loader() -> Loader:
    """Return what loads botocore's descriptions of services, which takes a while, once."""
    return create_loader()


@dataclass(frozen=True, slots=True)
class _AssumedRole:
    """Takes the place of botocore's chain of providers: a role, assumed again when it ends."""

    fetch: Callable[[], Any]

    def load_credentials(self) -> DeferredRefreshableCredentials:
        """Return credentials that assume the role when first used."""
        return DeferredRefreshableCredentials(refresh_using=self.fetch, method="assume-role")


def _assume(options: S3Options, role: str) -> botocore.session.Session:
    """Return a session as the role, made from one as whoever may assume it."""
    caller = _session(options)
    source = caller.get_credentials()
    if source is None:
        raise SourceError(
            f"no AWS credentials to assume {role} with",
            "set a profile, AWS_PROFILE or AWS_ACCESS_KEY_ID",
        )
    partition = role.split(":")[1] if role.count(":") > 1 else ""
    region = options.region or caller.get_config_variable("region")
    defaults: dict[str, Any] = {
        "region_name": region or _HOME.get(partition, "us-east-1"),
        "endpoint_url": _shared(options.endpoint),
    }

    def create_client(service: str, **arguments: Any) -> Any:
        return caller.create_client(service, **(defaults | arguments))

    arguments = {"RoleSessionName": "trailhouse"}
    if options.external_id:
        arguments["ExternalId"] = options.external_id
    fetcher = AssumeRoleCredentialFetcher(create_client, source, role, extra_args=arguments)
    session = _session(options)
    session.register_component("credential_provider", _AssumedRole(fetcher.fetch_credentials))
    return session


def _check_role(session: boto3.Session, role: str) -> None:
    """Assume the role now, so that a refusal is told as what it is."""
    try:
        credentials = session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    except ClientError as error:
        raise refused_source(role, f"sts:AssumeRole on {role}, and trust in it", error) from error


def _shared(endpoint: str | None) -> str | None:
    """Return an endpoint that other services share, as those outside AWS do."""
    host = urlsplit(endpoint or "").hostname or ""
    return None if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) else endpoint
