"""The command line on S3: a source and a lake there, reached by flags, variables and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, write_trail
from tests.s3server import Aws, aws, aws_server

__all__ = ["aws", "aws_server"]


@pytest.fixture
def bucket(aws: Aws, tmp_path: Path) -> str:
    """Return a bucket that holds the trail."""
    name = aws.new_bucket()
    trail = write_trail(tmp_path / "files")
    aws.put(
        name,
        {str(f.relative_to(trail)): f.read_bytes() for f in trail.rglob("*.gz") if f.is_file()},
    )
    return name


def test_a_bucket_is_a_source(run: Run, aws: Aws, bucket: str) -> None:
    """--endpoint-url reaches it, and an unreadable object is no reason to fail."""
    ran = run("ingest", f"s3://{bucket}", "--endpoint-url", aws.endpoint, "--format", "json")
    assert ran.code == 0, ran.err
    assert (ran.json["rows_added"], ran.json["failures"]) == (24, {"broken": 1})
    again = run("ingest", f"s3://{bucket}", "--endpoint-url", aws.endpoint, "--format", "json")
    assert again.json["rows_added"] == 0


def test_the_settings_name_bucket_and_endpoint(
    run: Run, aws: Aws, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources in trailhouse.toml, the endpoint in a variable."""
    Path("trailhouse.toml").write_text(f'sources = ["s3://{bucket}/trail"]\n')
    monkeypatch.setenv("TRAILHOUSE_S3_ENDPOINT", aws.endpoint)
    ran = run("ingest", "--from", "2026-03-03", "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.json["rows_added"] == 8


def test_a_bucket_that_is_not_there_is_one_line(run: Run, aws: Aws) -> None:
    """A wrong bucket is an error with what to do."""
    ran = run("ingest", "s3://no-such-bucket", "--endpoint-url", aws.endpoint)
    assert ran.code == 1
    assert "no-such-bucket" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_lake_is_in_a_bucket(run: Run, aws: Aws, trail: Path) -> None:
    """With a catalog in trailhouse.toml every command works on a lake on S3."""
    lake = f"s3://{aws.new_bucket()}/lake"
    Path("trailhouse.toml").write_text(
        f'lake = "{lake}"\n[catalog]\nuri = "sqlite:///catalog.db"\ncache = "cache"\n'
        f'[catalog.properties]\ns3.endpoint = "{aws.endpoint}"\n'
        's3.access-key-id = "AKIAEXAMPLE"\ns3.secret-access-key = "not-a-secret"\n'
        's3.region = "us-east-1"\n'
    )
    assert run("ingest", trail, "--format", "json").json["rows_added"] == 24
    assert run("sql", "select count(*) as n from cloudtrail_logs").rows == [{"n": 24}]
    status = run("status", "--format", "json").json
    assert (status["location"], status["n_events"]) == (lake, 24)
    assert run("maintain").code == 0
    assert "not-a-secret" not in run("config").out


def test_a_lake_in_a_bucket_needs_a_catalog(run: Run, trail: Path) -> None:
    """Without one the error names the setting."""
    ran = run("ingest", trail, "--lake", "s3://some/lake")
    assert ran.code == 1
    assert "catalog.uri" in ran.err
