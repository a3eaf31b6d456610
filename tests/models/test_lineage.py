"""Session lineage: each known pitfall as a story, and what delivery may not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.lake.catalog import open_lake
from tests.events import gzipped, take_in, trail_name
from tests.models import doubts, pitfalls
from tests.models.sessiontables import Row, build_sessions, context, rows_of
from tests.models.stories import Story, stories

STORIES = tuple(stories(pitfalls, doubts))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[Row]]:
    """Give the rows of session_lineage by session, of a lake in which all stories happened."""
    lake = open_lake(str(tmp_path_factory.mktemp("stories") / "lake"), create=True)
    records = [record for story in STORIES for record in story.records]
    take_in(lake, {trail_name(0): gzipped(*records)})
    build_sessions(lake, context(identities=[{"principal_id": "ada", "human": "Ada L."}]))
    rows: dict[str, list[Row]] = {}
    for row in rows_of(lake, "session_lineage"):
        rows.setdefault(row["session_id"], []).append(row)
    return rows


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_each_story_is_understood(story: Story, told: Mapping[str, Sequence[Row]]) -> None:
    """Every session of a story has one row, and it says what the story says."""
    for session, expected in story.expected.items():
        assert len(told[session]) == 1
        found = {name: told[session][0][name] for name in expected}
        assert found == expected, story.claim
