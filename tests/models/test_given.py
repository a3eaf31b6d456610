"""Reference tables are read when they are needed, and only then."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.lake.catalog import Lake, open_lake
from pipeline.models.given import ReferenceTables, shipped_digest
from pipeline.models.reference import changed_references, made_from, store_reference


class Reader:
    """A reader that counts how often it was asked."""

    def __init__(self, *values: int) -> None:
        self.table = pa.table({"n": pa.array(values, pa.int64())})
        self.times = 0

    def __call__(self) -> pa.Table:
        """Return the table."""
        self.times += 1
        return self.table


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake."""
    return open_lake(str(tmp_path / "lake"), create=True)


def _store(lake: Lake, given: ReferenceTables) -> list[str]:
    changed = changed_references(lake, given)
    for name, rows in changed.items():
        store_reference(lake, name, rows, made_from(given, name))
    return sorted(changed)


def test_a_table_is_read_again_only_when_what_it_is_made_from_changes(lake: Lake) -> None:
    """The lake's table stays, unread, while the digest stays; another digest has it read."""
    at_hand = {"near": pa.table({"n": pa.array([1], pa.int64())})}
    first, same, other = Reader(1, 2), Reader(1, 2), Reader(1, 2, 3)
    assert _store(lake, ReferenceTables(at_hand, {"far": first}, "a")) == ["far", "near"]
    assert _store(lake, ReferenceTables(at_hand, {"far": same}, "a")) == []
    assert (first.times, same.times) == (1, 0)
    assert _store(lake, ReferenceTables(at_hand, {"far": other}, "b")) == ["far"]
    assert other.times == 1


def test_tables_are_a_mapping_of_all() -> None:
    """What is at hand and what can be read is there by name, each once."""
    given = ReferenceTables({"near": pa.table({"n": [1]})}, {"far": Reader(7)}, "a")
    assert sorted(given) == ["far", "near"]
    assert len(given) == 2
    assert given["far"].to_pydict() == {"n": [7]}


def test_what_ships_has_one_digest() -> None:
    """The digest of what ships is the same each time it is asked for."""
    assert shipped_digest() == shipped_digest.__wrapped__()
