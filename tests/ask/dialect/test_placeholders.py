"""Placeholders of values: given by name, or refused by name; never guessed, never SQL."""

from __future__ import annotations

import pytest

from pipeline.errors import QueryError
from tests.ask.dialect.conftest import Asked, notes_of


@pytest.mark.parametrize(
    "holder", ["${name}", "{name}", "{{ name }}", "<name>", ":name", "$name", "@name", "%(name)s"]
)
def test_a_given_value_takes_the_place(athena: Asked, holder: str) -> None:
    """However a placeholder is written, --param name=VALUE fills it, with a value and no SQL."""
    query = f"select count(*) from t where eventname = {holder}"
    assert athena(query, name="GetObject").rows() == [(10,)]
    assert athena(query, name="x' or '1'='1").rows() == [(0,)]


@pytest.mark.parametrize("holder", ["${name}", "{name}", "{{name}}", "<name>"])
def test_a_value_is_given_within_text_too(athena: Asked, holder: str) -> None:
    """A text that is a placeholder, or has one in it, takes the value."""
    assert athena(f"select count(*) from t where eventname = '{holder}'", name="GetObject").rows()
    query = f"select count(*) from t where eventname like 'Get{holder}%'"
    assert athena(query, name="Obj").rows() == [(10,)]
    assert athena(query, name="%' or '1'='1").rows() == [(0,)]


def test_the_name_may_be_of_several_words(athena: Asked) -> None:
    """Words are joined by underscores to the name of the parameter."""
    query = "select count(*) from t where eventname = <event-name here>"
    assert athena(query, event_name_here="GetObject").rows() == [(10,)]


@pytest.mark.parametrize(
    ("where", "step"),
    [
        ("eventname = ${name}", "give --param name=VALUE"),
        ("eventname = <a> and awsregion = {b}", "give --param a=VALUE --param b=VALUE"),
        ("eventname = '<event name>'", "give --param event_name=VALUE"),
        ("useridentity.arn = 'arn:aws:iam::<account>:root'", "give --param account=VALUE"),
    ],
)
def test_a_value_that_is_not_given_is_asked_for(athena: Asked, where: str, step: str) -> None:
    """The error names the placeholder, its place and how to give it."""
    with pytest.raises(QueryError, match="stands for a value that is not given") as refused:
        athena(f"select count(*) from t where {where}")
    assert refused.value.next_step == step
    assert "line 1 column" in refused.value.what


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("useragent like '%<script>%'", "<script> in '%<script>%' is taken as it stands"),
        ("eventname = 'YOUR_ROLE_NAME'", "'YOUR_ROLE_NAME' looks like a placeholder"),
        ("useragent like '%${jndi:%'", ""),
        ("eventname < 'b' and eventsource > 'a'", ""),
        ("parse_datetime(eventtime, 'yyyy-MM-dd') < now()", ""),
    ],
)
def test_what_may_be_meant_as_it_stands_runs(where: str, said: str) -> None:
    """Hunting for markup is no placeholder; what looks like one is said."""
    notes = [n for n in notes_of(f"select 1 from t where {where}") if "is taken for" not in n]
    assert [note[: len(said)] for note in notes] == ([said] if said else [])
