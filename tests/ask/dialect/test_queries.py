"""Whole queries in the idioms people use, each with the rows that Athena or Lake would give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.ask.dialect import Dialect
from pipeline.ask.session import Session, open_session
from pipeline.errors import QueryError
from pipeline.lake.catalog import open_lake
from tests.ask.dialect.corpus import Mistake, Query, mistakes, queries, told, trail
from tests.events import take_in

LEAST = {"athena": 90, "lake": 30}
LEAST_WRONG = 40


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The corpus's records, taken in and open for questions."""
    lake = open_lake(str(tmp_path_factory.mktemp("corpus") / "lake"), create=True)
    take_in(lake, trail())
    with open_session(lake) as session:
        yield session


def _marked(query: Query) -> pytest.param:
    marks = [pytest.mark.xfail(reason=query.fails, strict=True)] if query.fails else []
    return pytest.param(query, id=query.place, marks=marks)


@pytest.mark.parametrize("query", [_marked(query) for query in queries()])
def test_a_query_gives_the_rows_it_would_give_at_aws(asked: Session, query: Query) -> None:
    """Strictly translated, it runs as it is and answers as Trino would."""
    answer = asked.sql(query.query, dialect=Dialect(query.dialect))
    columns, notes = answer.columns, [note.text for note in answer.notes]
    assert told(answer.rows(), query) == told(query.rows, query)
    if query.columns:
        assert columns == list(query.columns)
    if query.notes is not None:
        assert len(notes) == len(query.notes)
        for wanted, note in zip(query.notes, notes, strict=True):
            assert wanted in note


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_and_mended_on_request(asked: Session, mistake: Mistake) -> None:
    """The strict reading names the place and the reason; the lenient one mends, or says as much."""
    dialect = Dialect(mistake.dialect)
    if mistake.refused:
        _refuses(asked, mistake, lenient=False)
    else:
        assert set(asked.sql(mistake.query, dialect=dialect).rows()) <= {(0,)}
    if mistake.says is None:
        _refuses(asked, mistake, lenient=True)
        return
    answer = asked.sql(mistake.query, dialect=dialect, lenient=True)
    notes = " / ".join(str(note) for note in answer.notes)
    assert [wanted for wanted in mistake.says if wanted not in notes] == []
    assert told(answer.rows(), mistake) == told(mistake.rows, mistake)


def _refuses(asked: Session, mistake: Mistake, *, lenient: bool) -> None:
    with pytest.raises(QueryError) as refused:
        asked.sql(mistake.query, dialect=Dialect(mistake.dialect), lenient=lenient).rows()
    assert [wanted for wanted in mistake.refused if wanted not in str(refused.value)] == []


def test_the_corpus_is_whole() -> None:
    """It has enough queries of both dialects, and no name twice."""
    found = queries()
    for dialect, least in LEAST.items():
        assert len([query for query in found if query.dialect == dialect]) >= least
    assert len({query.place for query in found}) == len(found)
    assert len(mistakes()) >= LEAST_WRONG
