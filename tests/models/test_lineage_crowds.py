"""Crowds: many sessions that share what weaker evidence rests on cost no more than their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.lake.catalog import Lake, open_lake
from tests.events import gzipped, take_in, trail_name
from tests.models.sessiontables import Row, build_sessions, context, rows_of
from tests.models.stories import Story

CROWD = 60
JENKINS = "jenkins"


def _told() -> Story:
    """Tell of a crowd with one source identity or name, whose keys are logged or are not."""
    story = Story("crowds", "", 901)
    user, pipeline = story.user(), story.role("pipeline")
    proved, blurred, named = story.role("proved"), story.role("blurred"), story.role("named")
    for n in range(CROWD):
        at, caller = n * 60, pipeline.session(f"run{n}", f"ASIA901CALLER{n:03}", -600)
        story.assume(user, proved, f"p{n}", story.key(n), at, source=JENKINS)
        story.call(proved.session(f"p{n}", story.key(n), at, source=JENKINS), at + 20)
        story.assume(caller, blurred, f"i{n}", f"ASIA901ISSUED{n:03}", at, source="ci")
        story.call(blurred.session(f"b{n}", story.key(100 + n), at + 30, source="ci"), at + 40)
        story.assume(caller, named, "ci", f"ASIA901OTHER{n:03}", at)
        story.call(named.session("ci", story.key(200 + n), None), at + 40)
    return story


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Give a lake in which the crowd was."""
    lake = open_lake(str(tmp_path_factory.mktemp("crowds") / "lake"), create=True)
    take_in(lake, {trail_name(0): gzipped(*_told().records)})
    build_sessions(lake, context())
    return lake


def _by_session(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(row)
    return found


def test_a_key_spares_the_search(lake: Lake) -> None:
    """A session whose key was logged has that one candidate, however many share its identity."""
    candidates, lineage = (
        _by_session(rows_of(lake, name)) for name in ("session_candidates", "session_lineage")
    )
    for n in range(CROWD):
        [candidate], [row] = (found[_told().key(n)] for found in (candidates, lineage))
        assert candidate["link_rank"] == 1
        assert (row["link"], row["confidence"]) == ("key", "certain")


@pytest.mark.parametrize(("first", "link"), [(100, "source_identity"), (200, "name")])
def test_of_a_crowd_ten_are_enough(lake: Lake, first: int, link: str) -> None:
    """A session that any of many may have taken has at most ten candidates, and is ambiguous."""
    candidates, lineage = (
        _by_session(rows_of(lake, name)) for name in ("session_candidates", "session_lineage")
    )
    for n in range(CROWD):
        session = _told().key(first + n)
        [row] = lineage[session]
        assert row["link"] == link
        assert len(candidates[session]) == min(n + 1, 10)
        # The first has one possible caller so far, whose own issuance is not in the data
        assert row["chain_end"] == ("ambiguous" if n else "not_in_data")
        assert row["confidence"] == "possible"
