"""Mistakes of published queries: refused as Athena does, run with --lenient, and said."""

from __future__ import annotations

import pytest

from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.models import table_names
from pipeline.errors import QueryError
from tests.ask.dialect.conftest import Asked

MISTAKES = [
    # (query after "select count(*) from t where", what is refused, what is said, rows)
    ("requestparameters.bucketName = 'plans'", "JSON text and has no field bucketName", 10),
    ("requestparameters.n.deep is null and eventname = 'GetObject'", "no field n.deep", 10),
    ("eventtime >= timestamp '2026-10-10 00:00:00'", "eventtime is text, and is compared", 3),
    ("eventtime between date '2026-10-02' and date '2026-10-03'", "compared with a time", 4),
    ("eventtime < now() - interval '1' day and eventtime > '2026'", "compared with a time", None),
    ("from_iso8601_timestamp(eventtime) < '2026-10-02'", "a time and '2026-10-02' text", 3),
    ("year = 2026 and month = 10 and day = 2", "year is text, and 2026 is a number", 3),
    ("dt >= date '2026-10-10'", "dt is text, and is compared with a time", 3),
    ("readonly = true", "readonly is text, not true or false", 10),
    ("not readonly", "readonly is text, not true or false", 20),
    ("useridentity.accountid = 111111111111", "accountid is text and 111111111111 a number", 30),
    ("length(eventname) = '9'", "a number and '9' text", 10),
    ('eventname = "GetObject"', '"GetObject" in double quotes is a column', 10),
    ("eventname == 'GetObject'", "== is no operator", 10),
    ("`eventname` = 'GetObject'", "backticks do not quote names", 10),
    ("eventname = \u2018GetObject\u2019", "is no character of SQL", 10),
    ("requestparameters['bucketName'] = 'plans'", "is JSON text and no map", 10),
    ("element_at(requestparameters, 'key') = 'a/b.txt'", "is JSON text and no map", 10),
    ("useridentity.sessioncontext.attributes.mfaauthenticated = false", "not true or false", 20),
    ("eventname = 'GetObject' order by 1,", "a comma with nothing after it", 10),
    ("eventname in ('GetObject', 'x',)", "a comma with nothing after it", 10),
]


@pytest.mark.parametrize(("where", "problem", "n"), MISTAKES)
def test_a_mistake_is_refused_or_mended(
    athena: Asked, where: str, problem: str, n: int | None
) -> None:
    """The refusal has place and reason and names --lenient; with it the query runs and tells."""
    query = f"select count(*)\nfrom t where {where}"
    with pytest.raises(QueryError) as refused:
        athena(query)
    assert problem in refused.value.what
    assert "--lenient" in refused.value.next_step
    answer = athena(query, lenient=True)
    assert any(problem in note.text for note in answer.notes)
    assert n is None or answer.rows() == [(n,)]


@pytest.mark.parametrize("where", [where for where, _, n in MISTAKES if "length" not in where])
def test_the_place_of_a_mistake_is_said(where: str) -> None:
    """Every refusal has line and column."""
    with pytest.raises(QueryError, match=r"at line 2 column \d+|and '2026-10-02' text"):
        translate(f"select count(*)\nfrom t where {where}", Dialect.ATHENA, table_names())


@pytest.mark.parametrize(
    ("query", "clause", "rows"),
    [
        ("select eventname as n from t where n = 'GetObject' limit 1", "WHERE", [("GetObject",)]),
        ("select upper(eventname) n, count(*) from t group by n order by n limit 1", "GROUP BY",
         [("CONSOLELOGIN", 10)]),
        ("select eventname, count(*) c from t group by 1 having c > 9 and eventname like 'G%'",
         "HAVING", [("GetObject", 10)]),
        ("select 1 as a, a + 1 as b from t limit 1", "the rest of SELECT", [(1, 2)]),
        ("select 1 as a, a + 1 as b from t where b = 2 limit 1", "WHERE", [(1, 2)]),
    ],
)  # fmt: skip
def test_a_name_given_in_select_is_put_where_it_is_used(
    athena: Asked, query: str, clause: str, rows: list[object]
) -> None:
    """Athena knows an alias in ORDER BY alone."""
    with pytest.raises(QueryError, match=f"which {clause} does not know|which .* does not know"):
        athena(query)
    answer = athena(query, lenient=True)
    assert answer.rows() == rows
    assert any(f"which {clause} does not know" in note.text for note in answer.notes)


@pytest.mark.parametrize(
    ("where", "padded"),
    [
        ("month = '10' and day = '2' and year = '2026'", "02"),
        ("dt = '2026/10/2'", "2026/10/02"),
        ("timestamp = '2026-10-2'", "2026-10-02"),
    ],
)
def test_missing_zeros_are_added(athena: Asked, where: str, padded: str) -> None:
    """What would never match is padded, and said."""
    answer = athena(f"select count(*) from t where {where}", lenient=True)
    assert answer.rows() == [(3,)]
    assert any(f"is written as '{padded}'" in note.text for note in answer.notes)


@pytest.mark.parametrize(
    ("item", "problem", "value"),
    [
        (
            "json_extract_scalar(requestparameters, '$.bucketName')",
            "a map and no JSON text",
            "plans",
        ),
        ("json_extract_scalar(requestparameters, '$.n.deep[0]')", "a map and no JSON text", "1"),
        ("requestparameters.bucketName", "is a map and has no field bucketName", "plans"),
        ("date_format(from_iso8601_timestamp(eventtime), '%Y')", "is a time already", "2026"),
        ("if(readonly = 'true', 'reads')", "is true or false and 'true' text", "reads"),
    ],
)
def test_a_query_for_athena_is_mended_for_lake(
    store: Asked, item: str, problem: str, value: str
) -> None:
    """What Athena's table has as text and an event data store has not is read as it is there."""
    query = f"select {item} from $EDS_ID where eventname = 'GetObject' limit 1"
    with pytest.raises(QueryError, match=problem):
        store(query)
    assert store(query, lenient=True).rows() == [(value,)]


def test_a_text_is_no_condition() -> None:
    """`a = 'x' or 'y'` means something else to everyone, and is refused even when lenient."""
    for lenient in (False, True):
        with pytest.raises(QueryError, match="'y' is text where a condition is asked for"):
            translate(
                "select 1 from t where eventname = 'x' or 'y'",
                Dialect.ATHENA,
                table_names(),
                lenient=lenient,
            )


def test_null_equals_nothing(athena: Asked) -> None:
    """The answer is Athena's, nothing, and why is said."""
    answer = athena("select count(*) from t where errorcode = null")
    assert answer.rows() == [(0,)]
    assert "write is null" in answer.notes[-1].text


def test_commas_and_names_in_the_rest_of_a_query(athena: Asked) -> None:
    """A comma before FROM and a hyphen in a table's name are mended too."""
    answer = athena("select eventname, from my-table limit 1,", lenient=True)
    assert answer.rows() == [("ConsoleLogin",)]
    assert answer.notes[-1].text == "my-table is taken for cloudtrail_logs"


def test_a_right_query_is_not_touched(athena: Asked) -> None:
    """With nothing to mend, lenient is as strict."""
    query = "select count(*) from cloudtrail_logs where eventname = 'GetObject' and dt > '2026'"
    assert athena(query, lenient=True).notes == ()
    assert athena(query, lenient=True).sql == athena(query).sql
