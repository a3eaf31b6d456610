"""Names of log objects and what they tell."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime

import pytest

from pipeline.sources import layout
from pipeline.sources.layout import KeyFacts, day_prefixes, is_selected, key_facts, selected_days
from pipeline.sources.object import Selection

NAME = "111122223333_CloudTrail_eu-west-1_20260105T0010Z_aBcD.json.gz"
FACTS = KeyFacts("111122223333", "eu-west-1", date(2026, 1, 5), "CloudTrail")


def test_examples_hold() -> None:
    """The examples in the module are true."""
    assert doctest.testmod(layout).failed == 0


@pytest.mark.parametrize(
    "uri",
    [
        f"s3://b/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/{NAME}",
        f"s3://b/p/q/AWSLogs/o-abcdefghij/111122223333/CloudTrail/eu-west-1/2026/01/05/{NAME}",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/05/renamed.json",
        f"s3://b/{NAME}",
        f"/data/eu-west-1/2026/01/05/{NAME}",
        NAME,
    ],
)
def test_a_name_of_aws_tells_all(uri: str) -> None:
    """Single-account, organisation and flat layouts tell the same facts."""
    assert key_facts(uri) == FACTS


@pytest.mark.parametrize(
    "uri",
    [
        "s3://b/AWSLogs/11112222333/CloudTrail/eu-west-1/2026/01/05/x.gz",
        "s3://b/AWSLogs/٠١١١٢٢٢٢٣٣٣٣/CloudTrail/eu-west-1/2026/01/05/x.gz",
        "s3://b/AWSLogs/111122223333/CloudTrail/Europe/2026/01/05/x.gz",
        "s3://b/AWSLogs/111122223333/Config/eu-west-1/2026/1/5/ConfigHistory/x.gz",
        "s3://b/x/1111222233334_CloudTrail_eu-west-1_20260105T0010Z_a.json.gz",
        "",
    ],
)
def test_other_names_tell_nothing(uri: str) -> None:
    """What is not exactly AWS's form is not believed in part."""
    assert key_facts(uri) == KeyFacts()


def test_kinds_are_told_apart() -> None:
    """Digests and insights lie beside logs and have their own kind."""
    digest = (
        "s3://b/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/05/"
        "111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260105T001000Z.json.gz"
    )
    assert key_facts(digest).kind == "CloudTrail-Digest"
    assert key_facts(digest.rsplit("/", 1)[1]) == KeyFacts(
        "111122223333", "eu-west-1", date(2026, 1, 5), "CloudTrail-Digest"
    )


def test_an_impossible_day_is_no_day() -> None:
    """A day that does not exist is unknown; the rest of the name stands."""
    facts = key_facts("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/02/30/x.gz")
    assert (facts.day, facts.account) == (None, "111122223333")


def test_selection_takes_the_day_after_and_the_unnamed() -> None:
    """A day's events may lie in the next day's objects; a name that tells nothing is taken."""
    day = Selection(start=datetime(2026, 1, 4, tzinfo=UTC), end=datetime(2026, 1, 5, tzinfo=UTC))
    assert is_selected(NAME, day)
    assert is_selected("any.json", day)
    assert not is_selected(NAME.replace("20260105", "20260106"), day)
    assert not is_selected(NAME.replace("20260105", "20260103"), day)
    assert not is_selected(NAME, Selection(accounts=frozenset({"999999999999"})))
    assert not is_selected(NAME, Selection(regions=frozenset({"us-east-1"})))


def test_the_last_day_of_all_has_no_day_after() -> None:
    """A period may end with the calendar."""
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert selected_days(Selection(end=last)) == (date.min, date.max)


def test_a_selection_may_end_before_the_first_day_of_all() -> None:
    """Nothing was delivered by then, and the calendar has no day before it."""
    selection = Selection(end=datetime(1, 1, 1, tzinfo=UTC))
    assert not is_selected(f"s3://b/{NAME}", selection)


def test_prefixes_cover_each_day_once() -> None:
    """Every day of the range begins with exactly one of the prefixes."""
    first, last = date(2023, 11, 17), date(2026, 2, 11)
    prefixes = list(day_prefixes(first, last, date(2030, 1, 1)))
    for ordinal in range(first.toordinal() - 3, last.toordinal() + 4):
        day = date.fromordinal(ordinal)
        covered = sum(f"{day:%Y/%m/%d}/".startswith(prefix) for prefix in prefixes)
        assert covered == (first <= day <= last)


def test_an_open_range_is_bounded_by_what_can_exist() -> None:
    """Without a start the first year of CloudTrail begins; without an end tomorrow ends."""
    prefixes = list(day_prefixes(date.min, date.max, date(2015, 1, 2)))
    assert prefixes == ["2013/", "2014/", "2015/01/01/", "2015/01/02/", "2015/01/03/"]
