"""Trino's documented answers to expressions, of literals and of columns that hold the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.dialect.macros import make_macros
from pipeline.errors import QueryError
from pipeline.lake.snapshot import connect

FILES = sorted(Path(__file__).with_name("expressions").glob("*.txt"))
_LEAST = 250
_X = re.compile(r"'(?:[^']|'')*'|(\bx\b)")


@dataclass(frozen=True)
class Case:
    """An expression of x, what x is, and what Trino gives: `! words` an error, `? words` ours.

    Attributes:
        place: file and line.
        given: SQL of the value of x; empty: the expression has no x.
    """

    place: str
    expression: str
    given: str
    answer: str

    @property
    def is_refused(self) -> bool:
        """Whether we say beforehand that we cannot."""
        return self.answer.startswith("? ")

    @property
    def fails(self) -> bool:
        """Whether Trino fails."""
        return self.answer.startswith("! ")

    @property
    def alone(self) -> str:
        """The query of this case, of literals only."""
        if not self.given:
            return f"select {self.expression}"
        return "select " + _X.sub(
            lambda found: self.given if found[1] else found[0], self.expression
        )


def _cases() -> Iterator[Case]:
    for file in FILES:
        expression = ""
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#") or not line.strip():
                continue
            left, arrow, answer = line.partition(" =>")
            place = f"{file.stem}:{number}"
            if not arrow:
                expression = line
            elif line.startswith("    "):
                yield Case(place, expression, left.strip(), answer.removeprefix(" "))
            else:
                yield Case(place, left, "", answer.removeprefix(" "))


CASES = list(_cases())


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection such as a session has."""
    with connect() as connection:
        yield connection


def _run(duck: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    translation = translate(query, Dialect.ATHENA, ())
    make_macros(duck, translation.sql)
    return duck.execute(translation.sql).fetchall()


def shown(value: Any) -> str:
    """Return a value as the files write it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case datetime() | date():
            return str(value)
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case tuple():
            return f"({', '.join(map(shown, value))})"
        case dict() if all(isinstance(key, str) for key in value) and set(value) == {
            "key",
            "value",
        }:
            return f"({shown(value['key'])}, {shown(value['value'])})"
        case dict():
            return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
    return str(value)


def test_there_are_enough() -> None:
    """The table has as many rows as were promised, none of them twice."""
    assert len(CASES) >= _LEAST
    assert len({(case.expression, case.given) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.place)
def test_an_expression_gives_what_trino_gives(duck: duckdb.DuckDBPyConnection, case: Case) -> None:
    """The answer to literals is Trino's, an error where it fails; what we cannot, we say."""
    if case.is_refused or case.fails:
        with pytest.raises((QueryError, duckdb.Error)) as caught:
            _run(duck, case.alone)
        assert case.answer[2:] in str(caught.value)
        assert isinstance(caught.value, QueryError) == case.is_refused
        return
    ((value,),) = _run(duck, case.alone)
    assert shown(value) == case.answer


_COLUMNS = list(dict.fromkeys(case.expression for case in CASES if case.given))


@pytest.mark.parametrize("expression", _COLUMNS)
def test_a_column_gives_what_its_values_give(
    duck: duckdb.DuckDBPyConnection, expression: str
) -> None:
    """Row by row the answer is the same, so one bad row fails no others."""
    cases = [case for case in CASES if case.expression == expression and case.given]
    kinds: dict[str, list[Case]] = {}
    for case in cases:
        kinds.setdefault(_kind(case.given), []).append(case)
    for rows in kinds.values():
        values = ", ".join(f"({number}, {case.given})" for number, case in enumerate(rows))
        query = f"select n, {expression} from (values {values}) as v(n, x)"
        found = dict(_run(duck, query))
        assert {n: shown(v) for n, v in found.items()} == {
            number: case.answer for number, case in enumerate(rows)
        }


def _kind(given: str) -> str:
    """Return the kind of a value, since a column has one; a null alone is a column as well."""
    if typed := re.fullmatch(r"cast\(null as (\w+)\)", given):
        return typed[1]
    if re.match(r"-?\d", given):
        return "decimal" if "." in given else "number"
    return re.split(r"\W", given, maxsplit=1)[0]
