"""Checks find the rows that fail them, count them and show some."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.errors import UsageError
from pipeline.models.check import check_related, check_rows
from pipeline.models.model import Checks
from tests.models.building import read_models

ROWS = "(values (1, 'a', 5), (2, 'b', null), (2, 'c', 7), (null, 'c', 9)) as rows (id, kind, n)"


@pytest.mark.parametrize(
    ("checks", "found"),
    [
        (Checks(unique=[["id", "kind"]], not_null=["kind"]), []),
        (Checks(unique=[["id"]]), [("unique", 1)]),
        (Checks(unique=[["id"], ["kind"]]), [("unique", 1), ("unique", 1)]),
        (Checks(not_null=["id", "n"]), [("not_null", 1), ("not_null", 1)]),
        (Checks(accepted={"kind": ["a", "b"], "id": [1, 2]}), [("accepted", 2)]),
        (Checks(rows={"large": "n > 6"}), [("rows: large", 2)]),
        (Checks(rows={"known": "n > 4 or n is null"}), []),
    ],
)
def test_rows_that_fail_are_counted(
    tmp_path: Path, checks: Checks, found: list[tuple[str, int]]
) -> None:
    """Each kind of check counts what fails it; a condition that is null is not met."""
    model = read_models(tmp_path)["pairs"]
    with duckdb.connect() as connection:
        failures = check_rows(connection, checks, f"(from {ROWS})", model)
    assert [(failure.check, failure.n_rows) for failure in failures] == found


def test_failing_rows_are_shown(tmp_path: Path) -> None:
    """Five of the rows at most are shown, as dictionaries by column."""
    model = read_models(tmp_path)["pairs"]
    rows = "(select range as id, null as n from range(9))"
    with duckdb.connect() as connection:
        (failure,) = check_rows(connection, Checks(not_null=["n"]), rows, model)
    assert failure.n_rows == 9
    assert len(failure.examples) == 5
    assert set(failure.examples[0]) == {"id", "n"}


def test_values_that_no_other_table_knows(tmp_path: Path) -> None:
    """A value is to be known where it is not null."""
    model = read_models(tmp_path)["pairs"]
    with duckdb.connect() as connection:
        failure = check_related(
            connection, "id", ("t", "x"), f"(from {ROWS})", "(select 1 as x)", model
        )
    assert failure
    assert [row["kind"] for row in failure.examples] == ["b", "c"]


def test_a_check_that_is_no_sql_names_its_model(tmp_path: Path) -> None:
    """What DuckDB says of a check is said of the model's file."""
    model = read_models(tmp_path)["pairs"]
    with duckdb.connect() as connection, pytest.raises(UsageError, match=r"pairs\.sql: check rows"):
        check_rows(connection, Checks(rows={"x": "nothing > 1"}), f"(from {ROWS})", model)
