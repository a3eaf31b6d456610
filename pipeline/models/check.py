"""Check a model's new rows before they are committed, and show those that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.errors import UsageError
from pipeline.models.model import Checks, Model
from pipeline.models.rollup import quoted

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that does not hold.

    Attributes:
        check: its kind, and its name where it has one.
        columns: the columns it is about.
        n_rows: rows that fail it; of `unique`, values that come twice.
        examples: some of them, as dictionaries.
    """

    check: str
    columns: Sequence[str]
    n_rows: int
    examples: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Failing:
    """A query of the rows that fail a check."""

    check: str
    columns: Sequence[str]
    sql: str
    values: Sequence[Any] = ()


def check_rows(
    connection: duckdb.DuckDBPyConnection, checks: Checks, rows: str, model: Model
) -> list[CheckFailure]:
    """Check what can be told from the rows alone.

    Args:
        connection: knows the rows.
        checks: what must hold.
        rows: the relation they are, as SQL.
        model: whose rows they are.
    """
    return [
        failure
        for failing in _of_rows(checks, rows)
        if (failure := _ask(connection, failing, model))
    ]


def check_related(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    target: tuple[str, str],
    rows: str,
    known: str,
    model: Model,
) -> CheckFailure | None:
    """Check that a column's every value is known to another table.

    Args:
        connection: knows both relations.
        column: of the rows.
        target: the table and column that know, for messages.
        rows, known: the relations, as SQL.
        model: whose rows they are.
    """
    name, other = quoted(column), quoted(target[1])
    sql = (
        f"select * from {rows} as rows where {name} is not null "
        f"and not exists (select 1 from {known} as known where known.{other} = rows.{name})"
    )
    failing = _Failing(f"relationships: {target[0]}.{target[1]}", [column], sql)
    return _ask(connection, failing, model)


def check_reconciled(
    connection: duckdb.DuckDBPyConnection, name: str, sql: str, model: Model
) -> CheckFailure | None:
    """Check that a query over the new rows and other tables of the same days says true."""
    said = _run(connection, sql, (), model, name).fetchone()
    if said and said[0] is True:
        return None
    return CheckFailure(f"reconciles: {name}", (), 1, [{name: said[0] if said else None}])


def _of_rows(checks: Checks, rows: str) -> Iterator[_Failing]:
    for name in checks.not_null:
        yield _Failing("not_null", [name], f"select * from {rows} where {quoted(name)} is null")
    for columns in checks.unique:
        listed = ", ".join(map(quoted, columns))
        sql = f"select {listed}, count(*) as n_rows from {rows} group by all having count(*) > 1"
        yield _Failing("unique", columns, sql)
    for name, values in checks.accepted.items():
        sql = f"select * from {rows} where not list_contains(?, {quoted(name)})"
        yield _Failing("accepted", [name], sql, [list(values)])
    for name, condition in checks.rows.items():
        sql = f"select * from {rows} where ({condition}) is not true"
        yield _Failing(f"rows: {name}", (), sql)


def _ask(
    connection: duckdb.DuckDBPyConnection, failing: _Failing, model: Model
) -> CheckFailure | None:
    sql = f"select count(*) from ({failing.sql}) as failing"
    found = _run(connection, sql, failing.values, model, failing.check).fetchone()
    n_rows = found[0] if found else 0
    if not n_rows:
        return None
    sql = f"select * from ({failing.sql}) as failing limit {_EXAMPLES}"
    examples = _run(connection, sql, failing.values, model, failing.check)
    names = [column[0] for column in examples.description or ()]
    return CheckFailure(
        failing.check,
        failing.columns,
        n_rows,
        [dict(zip(names, row, strict=True)) for row in examples.fetchall()],
    )


def _run(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Sequence[Any],
    model: Model,
    check: str,
) -> duckdb.DuckDBPyConnection:
    try:
        return connection.execute(sql, list(values) or None)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as refused:
        said = str(refused).splitlines()[0]
        raise UsageError(f"{model.place}: check {check}: {said}", "mend the check") from refused
