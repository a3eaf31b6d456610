"""Queries that are broken at the source: place and reason, never a guess."""

from __future__ import annotations

import pytest

from pipeline.ask.dialect import Dialect, translate
from pipeline.ask.models import table_names
from pipeline.errors import QueryError

BROKEN = [
    ("select eventname from t\neventname = 'x'", "line 2 column 11", "is WHERE missing"),
    ("select eventname from t and eventname = 'x'", "line 1 column 25", "is WHERE missing"),
    ("select a from t\nselect b from t", "line 2 column 1", "two statements glued together"),
    ("select a from t;\nselect b from t", "line 2 column 8", "give one at a time"),
    ("select 1 from t where a in ('x' 'y')", "'x' and 'y', at line 1 column 33", "a comma"),
    ("select 1 from t where (a = 'b'", "line 1 column 28", "1 parentheses are opened and 0 closed"),
    ("select 1 from t where a = 'b')", "line 1 column 30", "0 parentheses are opened and 1 closed"),
    ("select 1 from t where a =", "line 1 column 25", "is the end of it missing"),
    ("select 1 from t where a = 'b' and", "line 1 column 31", "is the end of it missing"),
    ("select 1 from t group by", "line 1 column 17", "is the end of it missing"),
    ("select 1 from", "line 1 column 10", "is the end of it missing"),
    ("with x as (select 1)", "line 1 column 20", "is the end of the query missing"),
    ("select 1 from t where a = 'b", "line 1 column 27", "close it"),
    ('select 1 from "t', "line 1 column 15", "close it"),
    ("select 1 from t where a = 'b' c = 'd'", "line 1 column 31", "is AND, OR or a comma missing"),
    ("select 1 from t where where a = 'b'", "line 1 column 23", ""),
    ("selec 1 from t", "begins with selec, at line 1 column 1", "give the SELECT alone"),
    ("create table x as select 1", "begins with create", "give the SELECT alone"),
    ("msck repair table t", "begins with msck", "give the SELECT alone"),
    ("", "there is no SQL statement", "give a query"),
    ("-- nothing\n;", "there is no SQL statement", "give a query"),
]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(("query", "place", "reason"), BROKEN)
def test_a_broken_query_is_refused(query: str, place: str, reason: str, lenient: bool) -> None:
    """The error says where and what is likely wrong; being lenient is not to guess."""
    with pytest.raises(QueryError) as refused:
        translate(query, Dialect.ATHENA, table_names(), lenient=lenient)
    assert place in refused.value.what
    assert reason in refused.value.next_step
    assert "<class" not in str(refused.value)
    assert "Token" not in str(refused.value)
