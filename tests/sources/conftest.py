"""AWS on loopback, and a proxy before it that breaks what a test tells it to break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import Proxy, proxy_before
from tests.s3server import Aws, aws, aws_server

__all__ = ["aws", "aws_server", "bucket", "proxy"]


@pytest.fixture
def proxy(aws: Aws) -> Iterator[Proxy]:
    """Give a proxy before the server."""
    with proxy_before(aws.endpoint) as running:
        yield running


@pytest.fixture
def bucket(aws: Aws) -> str:
    """Give the name of a new bucket."""
    return aws.new_bucket()
