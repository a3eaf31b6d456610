"""Lakes to look after, on disk and on S3."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from tests.s3server import Aws, aws, aws_server

__all__ = ["aws", "aws_server"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake in a folder of the test's own."""
    return open_lake(str(tmp_path / "lake"), create=True)


@pytest.fixture
def bucket_options(aws: Aws, tmp_path: Path) -> CatalogOptions:
    """Return a catalog in SQLite, beside a lake on S3."""
    properties = {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/catalog/lake.db",
        "s3.endpoint": aws.endpoint,
    }
    return CatalogOptions(properties, cache=tmp_path / "cache")


@pytest.fixture
def bucket_lake(aws: Aws, bucket_options: CatalogOptions) -> Lake:
    """Return an empty lake in a bucket of the test's own."""
    return open_lake(f"s3://{aws.new_bucket()}/some/lake", bucket_options, create=True)
