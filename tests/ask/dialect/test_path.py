"""Hidden columns: the object that an event was read from, its size and its time."""

from __future__ import annotations

import pytest

from pipeline.errors import QueryError
from tests.ask.dialect.conftest import Asked


def test_the_path_is_the_object(athena: Asked) -> None:
    """It can be selected under its name, compared, and taken apart."""
    answer = athena('select "$path", count(*) from t where "$path" like \'%/3.json.gz\' group by 1')
    assert answer.columns == ["$path", "_col1"]
    assert answer.rows() == [("s3://trail/3.json.gz", 3)]
    query = "select distinct split_part(x.\"$path\", '/', 4) from t x where dt = '2026/10/02'"
    assert athena(query).rows() == [("1.json.gz",)]


def test_facts_of_the_object_come_from_the_ledger(athena: Asked) -> None:
    """Size and time of change are those of the object as it was read."""
    query = (
        'select distinct "$file_size", date("$file_modified_time") from t where dt = \'2026/10/04\''
    )
    ((size, day),) = athena(query).rows()
    assert (size, day.isoformat()) == (1003, "2026-10-04")


def test_other_hidden_columns_are_refused(athena: Asked, store: Asked) -> None:
    """What is not kept is said to be, in CloudTrail Lake the path itself."""
    with pytest.raises(QueryError, match=r'"\$partition" is not kept here, at line 1 column 8'):
        athena('select "$partition" from t')
    with pytest.raises(QueryError, match="is not kept here"):
        store('select "$path" from eds')
