"""A lake whose catalog, runs and leases are in PostgreSQL, for several machines to share."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.errors import LakeBusy, LakeError
from pipeline.lake.catalog import CatalogOptions, open_lake
from pipeline.lake.compact import CompactOptions
from pipeline.lake.database import database_url
from pipeline.lake.lease import hold
from pipeline.lake.schema import OBJECTS
from pipeline.lake.state import list_runs
from pipeline.steps.maintain import MaintainOptions, maintain
from tests.events import event, gzipped, records, rows, take_in, trail_name
from tests.postgres import postgres

__all__ = ["postgres"]

OPTIONS = MaintainOptions(
    compact=CompactOptions(min_files=2),
    keep_snapshots=1,
    expire_after=timedelta(0),
    grace=timedelta(0),
)


@pytest.fixture
def options(postgres: str) -> Iterator[CatalogOptions]:
    """Return a catalog in an empty database."""
    yield CatalogOptions({"type": "sql", "uri": postgres})
    engine = create_engine(database_url(postgres))
    with engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    engine.dispose()


def test_postgres_holds_catalog_runs_and_leases(options: CatalogOptions, tmp_path: Path) -> None:
    """Ingest, upkeep, runs and leases work, and the lake's folder holds no database."""
    place = str(tmp_path / "lake")
    with (
        closing(open_lake(place, options, create=True)) as lake,
        closing(open_lake(place, options)) as again,
    ):
        for number in range(3):
            take_in(lake, {trail_name(number): gzipped(event(number))})
        before = records(lake)
        assert maintain(lake, OPTIONS).files_compacted == 6
        assert records(again) == before
        assert [run.state for run in list_runs(again)] == ["done"]
        with hold(lake, "maintain"), pytest.raises(LakeBusy, match="held by"):
            maintain(again, OPTIONS)
    assert not list(tmp_path.rglob("*.db"))


def test_several_make_one_lake_and_write_to_it(options: CatalogOptions, tmp_path: Path) -> None:
    """Three processes make one lake at the same moment and add to it: nothing lost, none fails."""
    code = """
        import sys
        from pipeline.lake.catalog import CatalogOptions, open_lake
        from pipeline.lake.state import record_run
        from tests.events import event, gzipped, take_in, trail_name
        place, uri, writer = sys.argv[1:]
        sys.stdin.readline()
        lake = open_lake(place, CatalogOptions({"type": "sql", "uri": uri}), create=True)
        with record_run(lake, "ingest", {}):
            for number in range(2):
                own, shared = event(f"{writer} {number}"), event(f"shared {number}")
                take_in(lake, {trail_name(int(writer) * 10 + number): gzipped(own, shared)})
    """
    place = str(tmp_path / "lake")
    command = [sys.executable, "-c", textwrap.dedent(code), place, options.properties["uri"]]
    started = [
        subprocess.Popen(
            [*command, str(writer)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for writer in range(3)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 3, errors
    with closing(open_lake(place, options)) as lake:
        assert len(records(lake)) == 6 + 2
        assert len(rows(lake, OBJECTS.name)) == 6
        assert [run.state for run in list_runs(lake)] == ["done"] * 3


def test_no_lake_in_postgres_is_told_and_not_made(options: CatalogOptions, tmp_path: Path) -> None:
    """Opening without making finds no lake, and leaves the database empty."""
    with pytest.raises(LakeError, match="no lake"):
        open_lake(str(tmp_path / "lake"), options)
    engine = create_engine(database_url(options.properties["uri"]))
    with engine.begin() as connection:
        found = connection.execute(text("select count(*) from pg_tables where schemaname='public'"))
        assert found.scalar() == 0
    engine.dispose()
