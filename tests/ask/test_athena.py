"""What makes the tables known to Athena: views by Trino's grammar, entries by Glue's own model."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator
from trino_query_parser import parse_statement
from trino_query_parser.error import TrinoSyntaxError

from pipeline.ask.athena import FACTS, glue_tables, register, views
from pipeline.errors import LakeError, UsageError
from pipeline.lake.catalog import Lake
from pipeline.lake.schema import LOGS
from tests.lakerows import at, commit_rows, event

PLACE = "s3://audit/lake"


def _statements(text: str) -> list[str]:
    plain = re.sub(r"^--.*\n", "", text + "\n", flags=re.MULTILINE)
    return [statement for statement in plain.split(";") if statement.strip()]


def test_the_grammar_refuses_what_is_no_statement() -> None:
    """The check below can fail."""
    with pytest.raises(TrinoSyntaxError):
        parse_statement("create or replace view as select")


def test_views_are_statements_of_trino(lake: Lake) -> None:
    """Trino's own grammar takes every statement, and each is one view over the facts."""
    found = _statements(views(lake, "audit"))
    assert len(found) == 3
    for statement in found:
        tree = parse_statement(statement)
        assert [word.upper() for word in tree[0][:4]] == ["CREATE", "OR", "REPLACE", "VIEW"]
        assert statement.strip().endswith(f"from audit.{FACTS}")


def test_views_have_the_documented_partition_columns(lake: Lake) -> None:
    """Each view has all columns of the facts, then those of one of AWS's partition schemes."""
    columns = [field.name for field in LOGS.schema.fields]
    ends = {
        "cloudtrail_logs": ["region", "year", "month", "day"],
        "cloudtrail_logs_pp": ["timestamp"],
        "cloudtrail_logs_org": ["account", "region", "year", "month", "day"],
    }
    for statement in _statements(views(lake, "audit")):
        name = re.search(r"view audit\.(\w+) as", statement)
        assert name
        assert re.findall(r'"(\w+)",?\n', statement) == columns + ends[name[1]]


def test_entries_are_what_glue_takes(lake: Lake) -> None:
    """Glue's own model accepts each entry, which names the newest metadata of its table."""
    commit_rows(lake, [event(at(0, 1), 1)])
    shape = botocore.session.get_session().get_service_model("glue").shape_for("TableInput")
    tables = {table.name: table for table in glue_tables(lake, PLACE)}
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
    script = register(glue_tables(lake, "s3://it's a 'place'/lake"), "audit")
    subprocess.run([shutil.which("sh") or "sh", "-c", script], check=True)
    words = calls.read_text().split("\0")
    given = [json.loads(words[n + 1]) for n, word in enumerate(words) if word == "--table-input"]
    assert given[0]["Name"] == FACTS
    assert all("it's a 'place'" in entry["StorageDescriptor"]["Location"] for entry in given)
    assert shlex.split(script, comments=True)


def test_a_local_lake_is_refused(lake: Lake) -> None:
    """Athena reads from S3 only; where to is asked for, and must be there."""
    with pytest.raises(LakeError, match="Athena reads from S3 only"):
        glue_tables(lake)
    with pytest.raises(UsageError, match="is not on S3"):
        glue_tables(lake, "/local")


@pytest.mark.parametrize("name", ["Audit", "a-b", "1a", "x; drop database y"])
def test_a_database_has_a_plain_name(lake: Lake, name: str) -> None:
    """A name that would need quotes, or would be more than a name, is refused."""
    with pytest.raises(UsageError, match="no name for a database"):
        views(lake, name)
