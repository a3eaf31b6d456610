"""What goes into a row comes out of it: record in, row, record out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ingest.decode import Document, Normaliser, Tally
from pipeline.ingest.restore import restore
from pipeline.lake.arrow import file_schema
from pipeline.lake.record import RECORD, Field, Kind
from pipeline.lake.schema import LOGS
from tests.events import document, event

NORMALISER = Normaliser(file_schema(LOGS.schema))

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [':"{', "\\u003a", "true", "null", "1e5", 'a":{"b', "\u003a", "::::", '""']
)
NUMBER = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
SCALAR = st.none() | st.booleans() | NUMBER | TEXT
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def usual(field: Field) -> st.SearchStrategy[Any]:
    """Values as AWS writes them for a field, and now and then anything at all."""
    match field.kind:
        case Kind.TEXT:
            right = TEXT
        case Kind.FLAG:
            right = st.booleans()
        case Kind.JSON:
            right = VALUE
        case Kind.STRUCT:
            right = objects(field.fields)
        case Kind.LIST:
            right = st.lists(objects(field.fields), max_size=3)
        case Kind.MAP:
            right = st.dictionaries(TEXT, TEXT, max_size=3)
    return st.one_of(right, right, right, VALUE)


def objects(fields: tuple[Field, ...]) -> st.SearchStrategy[Any]:
    """Objects of some known fields and, now and then, an unknown or oddly spelt one."""
    known = st.fixed_dictionaries({}, optional={f.name: usual(f) for f in fields})
    names = TEXT | st.sampled_from([f.name.lower() for f in fields] + [f.name for f in fields])
    odd = st.dictionaries(names, VALUE, max_size=2)
    return st.one_of(known, known, st.tuples(odd, known).map(lambda pair: pair[0] | pair[1]))


def with_identity(record: dict[str, Any]) -> dict[str, Any]:
    """Keep what makes an event of it: a version, a time and a source that is no look-alike."""
    return record | {
        "eventVersion": "1.11",
        "eventTime": "2026-03-01T12:00:00Z",
        "eventSource": "iam.amazonaws.com",
    }


def through_rows(records: list[dict[str, Any]], *, escape: bool) -> list[dict[str, Any]]:
    """Send records through rows and back, in their order."""
    text = json.dumps({"Records": records}, ensure_ascii=escape)
    tally = Tally()
    found: dict[int, dict[str, Any]] = {}
    for part in NORMALISER.normalise([Document(0, text.encode())], [tally]):
        for row, position in zip(part.rows.to_pylist(), part.positions, strict=True):
            found[int(position)] = restore(row)
    assert not tally.bad, tally.bad
    return [found[n] for n in range(len(records))]


RECORDS = st.lists(objects(RECORD).map(with_identity), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(RECORDS, st.booleans())
def test_every_record_is_given_back_whole(records: list[dict[str, Any]], escape: bool) -> None:
    """Any record, of any shape at any level, equals as JSON what its row gives back."""
    assert through_rows(records, escape=escape) == records


@pytest.mark.soak
@settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck))
@given(RECORDS, st.booleans())
def test_all_of_many_records_are(records: list[dict[str, Any]], escape: bool) -> None:
    """The same holds for six times as many."""
    assert through_rows(records, escape=escape) == records


@pytest.mark.parametrize(
    "odd",
    [
        {"unknownField": {"a": [1, None]}},
        {"EventName": "spelt otherwise"},
        {"readOnly": "true"},
        {"readOnly": None},
        {"errorCode": None},
        {"userAgent": ["a", "b"]},
        {"userIdentity": None},
        {"userIdentity": 5},
        {"userIdentity": []},
        {"userIdentity": {}},
        {"userIdentity": {"sessionContext": {"webIdFederationData": 5}}},
        {"userIdentity": {"sessionContext": {"webIdFederationData": {"attributes": {"a": None}}}}},
        {"resources": [{"arn": "a"}, {"ARN": "b", "other": 1}]},
        {"resources": [None, 5]},
        {"resources": {}},
        {"requestParameters": "a text"},
        {"requestParameters": {"n": 12345678901234567890123, "d": 1.10, "e": 1e300}},
        {"eventID": None},
        {"apiVersion": 5, "x": 1},
        {"tlsDetails": {"tlsVersion": None}},
    ],
    ids=repr,
)
def test_odd_fields_are_kept(odd: dict[str, Any]) -> None:
    """A field that is not as documented comes back as it was."""
    record = event(1, **odd)
    assert through_rows([event(0), record, event(2)], escape=True)[1] == record


def test_an_absent_field_stays_absent() -> None:
    """requestParameters left out is told from requestParameters written as null."""
    record = event(1)
    del record["requestParameters"]
    assert through_rows([record], escape=True) == [record]


@pytest.mark.parametrize("name", ["requestParameters", "responseElements"])
@pytest.mark.parametrize("extra", [{"unknown": 1}, {"unknown": None}, {"errorCode": None}])
@pytest.mark.parametrize("where", [1, 2])
def test_an_absent_field_hides_no_unknown_one(name: str, extra: dict[str, Any], where: int) -> None:
    """A field that is missing and one that is unknown do not cancel, in one record or in two."""
    records = [event(n) for n in range(4)]
    del records[1][name]
    records[where] |= extra
    assert through_rows(records, escape=True) == records


@pytest.mark.parametrize("column", ["requestParameters", "additionalEventData"])
def test_a_null_inside_a_field_is_not_the_fields_own(column: str) -> None:
    """A nested null of the same name does not stand in for the record's own."""
    inside = {"requestParameters": None, "responseElements": None}
    records = [event(n) for n in range(4)]
    records[1] |= {column: inside}
    records[2].pop("responseElements")
    records[2] |= {"additionalEventData": inside | {"text": '"requestParameters":null'}}
    records[3] |= {"errorMessage": '"responseElements":null', "unknown": inside}
    assert through_rows(records, escape=True) == records


def test_a_category_without_parameters_balances() -> None:
    """Network activity has no parameters at all; one that has some is kept as well."""
    plain = event(1, eventCategory="NetworkActivity")
    del plain["requestParameters"], plain["responseElements"]
    odd = event(2, eventCategory="NetworkActivity")
    assert through_rows([plain, odd, event(3)], escape=True) == [plain, odd, event(3)]
    (part,) = NORMALISER.normalise([Document(0, document(plain))], [Tally()])
    assert part.rows.column("unmapped").null_count == 1


def test_printed_json_is_as_good() -> None:
    """White space costs a document neither its speed nor a field."""
    text = json.dumps({"Records": [event(1), event(2)]}, indent=1).encode()
    (part,) = NORMALISER.normalise([Document(0, text)], [Tally()])
    assert [restore(row) for row in part.rows.to_pylist()] == [event(1), event(2)]


def test_a_plain_record_needs_no_overlay() -> None:
    """What the columns hold whole leaves `unmapped` null, so that null means nothing unknown."""
    (part,) = NORMALISER.normalise([Document(0, document(event(1), event(2)))], [Tally()])
    assert part.rows.column("unmapped").null_count == 2


def test_a_hidden_colon_hides_nothing() -> None:
    r"""A colon written \u003a in one place does not make up for an unknown key in another."""
    text = document(event(1, errorMessage="COLON", unknown=1)).replace(b"COLON", rb"\u003a")
    (part,) = NORMALISER.normalise([Document(0, text)], [Tally()])
    assert restore(part.rows.to_pylist()[0])["unknown"] == 1
