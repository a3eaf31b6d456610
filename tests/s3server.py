"""A real S3, SQS, SNS and STS protocol server (moto's) on loopback, with made-up credentials.

Use it by importing the fixtures into a conftest: `from tests.s3server import aws, aws_server`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
_FORGOTTEN = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Aws:
    """Services on loopback.

    Attributes:
        endpoint: of all of them.
    """

    endpoint: str

    def client(self, service: str) -> Any:
        """Return a boto3 client that goes straight to the server."""
        return _client(self.endpoint, service)

    def new_bucket(self) -> str:
        """Make a bucket of a name not used before."""
        name = f"trail-{next(_numbers)}"
        self.client("s3").create_bucket(Bucket=name)
        return name

    def put(self, bucket: str, objects: Mapping[str, bytes], **options: Any) -> None:
        """Store objects."""
        client = self.client("s3")
        for key, body in objects.items():
            client.put_object(Bucket=bucket, Key=key, Body=body, **options)

    def fill(self, bucket: str, keys: Iterable[str], body: bytes = b"{}") -> None:
        """Store the same under many keys, straight into the server's memory."""
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            backend.put_object(bucket, key, body)


@functools.cache
def _client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """Run the server for the session; give its endpoint."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Give the server, with credentials in the environment and no other settings of AWS."""
    for name in _FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    return Aws(aws_server)
