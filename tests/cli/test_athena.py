"""`trailhouse athena ddl`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_local_lake_can_be_seen_as_it_would_be(run: Run, lake: Path) -> None:
    """Without a place it is refused with what to do; with one, views and script are printed."""
    refused = run("athena", "ddl", "--lake", lake)
    assert refused.code == 1
    assert "--for s3://bucket/prefix" in refused.err
    views = run("athena", "ddl", "--lake", lake, "--for", "s3://b/lake", "--database", "audit")
    assert views.code == 0, views.err
    assert "create or replace view audit.cloudtrail_logs as" in views.out
    script = run("athena", "ddl", "--lake", lake, "--for", "s3://b/lake", "--register")
    assert script.out.startswith("#!/bin/sh")
    assert '"table_type":"ICEBERG"' in script.out
