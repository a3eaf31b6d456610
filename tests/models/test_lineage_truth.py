"""Session lineage against what a simulated organisation really did, however it was delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.models.run import BuildOptions
from pipeline.simulate import Plan, simulate
from tests.events import MemorySource, take_in
from tests.models.sessiontables import Row, build_apart, build_sessions, context, rows_of


@dataclass(frozen=True)
class Judged:
    """A row of session_lineage beside the truth about the session."""

    row: Row
    truth: Row

    @property
    def is_right(self) -> bool:
        """Tell whether root, path, issuance and workload are all what they really were."""
        row, truth = self.row, self.truth
        return bool(
            row["path"] == truth["path"]
            and row["root_principal_type"] == truth["root_principal_type"]
            and row["issue_event_id"] in truth["issue_event_ids"]
            and (row["workload"] or "") == truth["workload"]
        )


def _objects(folder: Path) -> dict[str, bytes]:
    return {f"/{p.relative_to(folder)}": p.read_bytes() for p in folder.rglob("*.json.gz")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the trails of three days of twelve accounts, with the truth beside."""
    folder = tmp_path_factory.mktemp("organisation")
    simulate(Plan(accounts=12, seed=5, days=3, events=24_000, late=0.02), folder)
    return folder


@pytest.fixture(scope="module")
def lake(folder: Path) -> Lake:
    """Give their lake, with the tables about sessions built."""
    lake = open_lake(str(folder / "lake"), create=True)
    take_in(lake, _objects(folder))
    build_sessions(lake, context())
    return lake


@pytest.fixture(scope="module")
def judged(folder: Path, lake: Lake) -> Sequence[Judged]:
    """Give each session beside the truth."""
    rows = pq.read_table(folder / "truth-sessions.parquet").to_pylist()
    truth = {row["session_id"]: row for row in rows}
    return [Judged(row, truth[row["session_id"]]) for row in rows_of(lake, "session_lineage")]


def test_linkable_sessions_are_right(judged: Sequence[Judged]) -> None:
    """Of the sessions whose issuances are all in the trails, at least 98% are told right."""
    linkable = [one for one in judged if one.truth["is_logged"]]
    right = sum(one.is_right for one in linkable)
    assert len(linkable) > 500
    assert right / len(linkable) >= 0.98
    assert {one.truth["way"] for one in linkable} >= {"forwarded", "SwitchRole", "AssumeRole"}


def test_nothing_is_wrongly_certain(judged: Sequence[Judged]) -> None:
    """No session that is called certain is wrong, nor any whose issuance is not in the trails."""
    certain = [one for one in judged if one.row["confidence"] == "certain"]
    assert len(certain) > 500
    assert all(one.is_right and one.truth["is_logged"] for one in certain)


def test_what_is_not_in_the_trails_is_not_linked(judged: Sequence[Judged]) -> None:
    """Sessions that began before the trails have no link, and no row goes beyond the data."""
    outside = [one for one in judged if not one.truth["issue_event_ids"]]
    assert outside
    assert {one.row["link"] for one in outside} == {"none"}
    cut = [one for one in judged if not one.truth["is_logged"]]
    assert {one.row["chain_end"] for one in cut} == {"not_in_data"}
    assert {one.row["confidence"] for one in cut} <= {"none", "possible"}


def test_days_can_be_built_apart(lake: Lake) -> None:
    """Each day built alone, from facts in any order, gives the rows of all days built together."""
    days = sorted({row["event_date"] for row in rows_of(lake, "session_days")})
    assert len(days) == 3
    for name in ("session_lineage", "sessions"):
        assert build_apart(lake, context(), days, name) == rows_of(lake, name)


def _batches(objects: dict[str, bytes], seed: int) -> Iterator[dict[str, bytes]]:
    """Yield the objects in two parts and any order, children before parents among them."""
    random = Random(seed)
    names = sorted(objects)
    random.shuffle(names)
    for part in range(2):
        yield {name: objects[name] for name in names[part::2]}


@pytest.mark.soak
def test_delivery_changes_nothing(tmp_path: Path) -> None:
    """Objects in two parts and another order, days built apart, give the rows of one build."""
    simulate(Plan(accounts=2, seed=9, days=2.5, events=1_500, late=0.1), tmp_path)
    objects = _objects(tmp_path)
    whole = open_lake(str(tmp_path / "whole"), create=True)
    take_in(whole, objects)
    build_sessions(whole, context())
    parts = open_lake(str(tmp_path / "parts"), create=True)
    for batch in _batches(objects, seed=3):
        take_in(parts, MemorySource(batch))
        build_sessions(parts, context(), BuildOptions(run_rows=700))
    for name in ("session_lineage", "sessions"):
        assert rows_of(parts, name) == rows_of(whole, name)
