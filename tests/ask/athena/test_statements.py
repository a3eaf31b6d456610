"""The lake's views on Athena: by Trino's own grammar, and by the rows they would give."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from trino_query_parser import parse_statement
from trino_query_parser.error import TrinoSyntaxError

from pipeline.ask.athena.glue import FACTS, Place
from pipeline.ask.athena.statements import Carried, carry_views
from pipeline.ask.models import view_names
from pipeline.ask.session import open_session
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.schema import LOGS
from pipeline.steps.build import build
from tests.lakerows import at, commit_rows, event

PLACE = Place("audit", prefix="s3://audit/lake")
CHAIN = ("caller_logs", "identified_logs", "typed_logs", "access_denied_messages")
"""Views that read nothing but the facts and one another."""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """Give the views of a lake that nothing was built in."""
    lake = open_lake(str(tmp_path_factory.mktemp("athena") / "lake"), create=True)
    return carry_views(lake, PLACE)


def test_the_grammar_refuses_what_is_no_statement() -> None:
    """The checks below can fail."""
    with pytest.raises(TrinoSyntaxError):
        parse_statement("create or replace view as select")


def _check(statements: Mapping[str, str]) -> None:
    for name, statement in statements.items():
        tree = parse_statement(statement)
        assert [word.upper() for word in tree[0][:4]] == ["CREATE", "OR", "REPLACE", "VIEW"]
        assert statement.startswith(f"create or replace view audit.{name} as\n")


def test_views_are_statements_of_trino(carried: Carried) -> None:
    """Trino's own grammar takes every statement, each of one view, and comments beside them."""
    _check(carried.documented)
    _check(carried.models)
    plain = re.sub(r"^--.*\n", "", carried.sql(), flags=re.MULTILINE)
    assert len([one for one in plain.split(";\n") if one.strip()]) == 3 + len(carried.models)


def test_views_have_the_documented_partition_columns(carried: Carried) -> None:
    """Each view has all columns of the facts, then those of one of AWS's partition schemes."""
    columns = [field.name for field in LOGS.schema.fields]
    ends = {
        "cloudtrail_logs": ["region", "year", "month", "day"],
        "cloudtrail_logs_pp": ["timestamp"],
        "cloudtrail_logs_org": ["account", "region", "year", "month", "day"],
    }
    documented = carried.documented
    assert set(documented) == set(ends)
    for name, statement in documented.items():
        assert re.findall(r'"(\w+)",?\n', statement) == columns + ends[name]
        assert statement.endswith(f"from audit.{FACTS}")


def test_no_view_has_a_time_with_a_zone(carried: Carried) -> None:
    """Athena notes a view's columns in Hive's types, of which none is such a time."""
    for statement in (*carried.documented.values(), carried.models["identified_logs"]):
        (time,) = re.findall(r".*event_time\"?, 'UTC'.*", statement, re.IGNORECASE)
        assert re.search(r"cast\(at_timezone\(.*event_time\"?, 'UTC'\) as timestamp\)", time, re.I)


def test_what_is_not_carried_is_listed(carried: Carried) -> None:
    """Every model that is a view is either made or listed with what keeps it back."""
    assert {*carried.models, *carried.left} == set(view_names())
    assert carried.models.keys().isdisjoint(carried.left)
    assert set(CHAIN) <= set(carried.models)
    assert carried.left["event_records"].startswith("sqlglot: ")
    assert "was not built yet" in carried.left["events"]
    for name, reason in carried.left.items():
        assert f"-- {name}: {reason}\n" in carried.sql()


def _same(lake: Lake, names: Mapping[str, str]) -> None:
    """Ask for each view's rows in Athena's SQL, as that is translated here, and as it is."""
    with open_session(lake) as session:
        for name, statement in names.items():
            query = statement.partition(" as\n")[2].replace("audit.", "").replace(FACTS, LOGS.name)
            found = session.sql(query, dialect="athena")
            wanted = session.sql(f"select {_plain(found.columns)} from {name}")
            got = [tuple(map(str, row)) for row in found.rows()]
            assert sorted(got) == sorted(tuple(map(str, row)) for row in wanted.rows()), name


def _plain(columns: list[str]) -> str:
    """Return columns with times as Athena's views have them."""
    times = ("event_time", "session_created_at")
    return ", ".join(f"cast({c} as timestamp) as {c}" if c in times else c for c in columns)


def test_views_give_the_rows_of_the_models(lake: Lake) -> None:
    """Carried to Athena and translated back by what is held to Trino's answers, nothing changes."""
    denied = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:GetUser on resource: x"
    rows = [
        event(at(0, 1), 1),
        event(at(0, 2), 2) | {"errorcode": "AccessDenied", "errormessage": denied},
        event(at(0, 3), 3) | {"sourceipaddress": "AWS Internal", "useragent": "S3Console/0.4"},
    ]
    commit_rows(lake, rows)
    carried = carry_views(lake, PLACE)
    _same(lake, {name: carried.models[name] for name in CHAIN})


@pytest.mark.soak
def test_views_of_a_built_lake_are_carried(lake: Lake) -> None:
    """Of a lake with all tables, most views are carried, the events among them."""
    commit_rows(lake, [event(at(0, 1), 1)])
    build(lake).raise_failure()
    carried = carry_views(lake, PLACE)
    _check(carried.models)
    assert len(carried.models) >= 30
    assert {"events", "event_actors", "credential_usage", "changes_in_context"} <= {*carried.models}
    assert max(map(len, carried.models.values())) < 100_000  # of Athena's 262,144
    _same(lake, {"events": carried.models["events"]})


def test_the_script_hands_each_statement_to_athena(carried: Carried, tmp_path: Path) -> None:
    """Statements run in order, and the first that fails ends it with what Athena said."""
    aws = tmp_path / "aws"
    aws.write_text(
        """#!/bin/sh
case $2 in
    start-query-execution) printf '%s\\0' "$6" >> calls; echo id ;;
    *) test "$(tr -cd '\\0' < calls | wc -c)" -lt 5 && echo SUCCEEDED None || echo FAILED no ;;
esac
"""
    )
    aws.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", carried.script()],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    asked = (tmp_path / "calls").read_text().split("\0")[:-1]
    assert asked == [*carried.documented.values(), *carried.models.values()][:5]
    assert done.stderr.startswith("FAILED no\ncreate or replace view audit.")
