"""What makes the tables known to Athena: entries by Glue's own model, and the script of them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from pipeline.ask.athena.glue import FACTS, Place, find_place, glue_tables, register
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS
from tests.lakerows import at, commit_rows, event

PLACE = "s3://audit/lake"
THERE = Place("audit", prefix=PLACE)


def test_entries_are_what_glue_takes(lake: Lake) -> None:
    """Glue's own model accepts each entry, which names the newest metadata of its table."""
    commit_rows(lake, [event(at(0, 1), 1)])
    shape = botocore.session.get_session().get_service_model("glue").shape_for("TableInput")
    tables = {table.name: table for table in glue_tables(lake, THERE)}
    assert {FACTS, "ingest_objects", "ingest_quarantine", "ingest_conflicts"} <= set(tables)
    for table in tables.values():
        assert not ParamValidator().validate(table.entry(), shape).has_errors()
        assert table.location.startswith(f"{PLACE}/tables/")
    metadata = lake.table(LOGS.name).metadata_location
    assert tables[FACTS].metadata == PLACE + metadata[metadata.index("/tables/") :]
    kinds = dict(tables[FACTS].columns)
    assert kinds["event_time"] == "timestamp"
    assert kinds["useridentity"].startswith("struct<type:string,principalid:string,")
    assert kinds["resources"].startswith("array<struct<arn:string,")


def test_the_script_calls_aws_with_each_entry(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run by a shell, it hands every entry to aws as one argument, whatever is in it."""
    calls = tmp_path / "calls"
    aws = tmp_path / "aws"
    aws.write_text(f'#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done >> {calls}\n')
    aws.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    place = Place("audit", prefix="s3://it's a 'place'/lake")
    script = register(glue_tables(lake, place), place)
    subprocess.run([shutil.which("sh") or "sh", "-c", script], check=True)
    words = calls.read_text().split("\0")
    given = [json.loads(words[n + 1]) for n, word in enumerate(words) if word == "--table-input"]
    assert given[0]["Name"] == FACTS
    assert all("it's a 'place'" in entry["StorageDescriptor"]["Location"] for entry in given)
    assert shlex.split(script, comments=True)


def test_a_local_lake_is_refused(lake: Lake) -> None:
    """Athena reads from S3 only; where to is asked for, and must be there."""
    with pytest.raises(LakeError, match="Athena reads from S3 only"):
        find_place(lake, "audit")
    with pytest.raises(UsageError, match="is not on S3"):
        find_place(lake, "audit", "/local")


@pytest.mark.parametrize("name", ["Audit", "a-b", "1a", "x; drop database y"])
def test_a_database_has_a_plain_name(lake: Lake, name: str) -> None:
    """A name that would need quotes, or would be more than a name, is refused."""
    with pytest.raises(UsageError, match="no name for a database"):
        find_place(lake, name, PLACE)


def test_a_catalog_in_glue_has_its_tables(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is registered twice, and no view takes the place of a table."""
    monkeypatch.setitem(lake.catalog.properties, "type", "glue")
    with pytest.raises(UsageError, match="has its tables"):
        find_place(lake, "trailhouse", PLACE)
    place = find_place(lake, "audit", PLACE)
    assert place.table("cloudtrail_logs") == "trailhouse.cloudtrail_logs"
    with pytest.raises(UsageError, match="already"):
        glue_tables(lake, place)
