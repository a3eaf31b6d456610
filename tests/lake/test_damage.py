"""Lakes that lost a part, lie where none can, or are of other make: refused, never made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from pipeline.ask.session import open_session
from pipeline.errors import LakeError, QueryError
from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.lake.database import LEASES
from pipeline.lake.relocate import relocate
from pipeline.lake.schema import LOGS, OBJECTS
from pipeline.lake.state import record_run
from pipeline.sources.open import open_source
from pipeline.steps.ingest import ingest
from tests.events import event, gzipped
from tests.lake.filling import contents, fill


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
@pytest.mark.parametrize("create", [True, False])
def test_a_lake_without_its_catalog_is_not_made_anew(lake: Lake, left: str, create: bool) -> None:
    """Tables made anew would make orphans of all events; the catalog can be made from them."""
    fill(lake, 2)
    before = contents(lake)
    lake.close()
    catalog = Path(lake.location, "catalog.db")
    catalog.unlink()
    if left == "an empty file":
        catalog.touch()
    with pytest.raises(LakeError, match=r"catalog is empty or gone; .*maintain --relocate"):
        open_lake(lake.location, create=create)
    relocate(lake.location)
    assert contents(open_lake(lake.location)) == before


def test_a_lake_begun_and_not_finished_can_be_made(lake: Lake) -> None:
    """A process that died while it made the tables does not stand in the way of the next."""
    lake.close()
    Path(lake.location, "catalog.db").unlink()
    assert contents(open_lake(lake.location, create=True)) == []


def test_a_database_that_is_none_is_told(lake: Lake) -> None:
    """A state.db of other content is named in one line, not met with a driver's words."""
    Path(lake.location, "state.db").write_bytes(b"no database" * 500)
    with pytest.raises(LakeError, match=r"state\.db\S*: file is not a database; check"):
        record_run(lake, "ingest", {}).__enter__()


def test_a_row_that_is_there_already_is_no_damage(lake: Lake) -> None:
    """Who comes second is told just that: a lease held by another rests on it."""
    lease = {"lake": "", "purpose": "p", "owner": "o", "token": 1, "expires_at": ""}
    with lake.database.write() as connection:
        connection.execute(insert(LEASES).values(lease))
    with pytest.raises(IntegrityError), lake.database.write() as connection:
        connection.execute(insert(LEASES).values(lease))


@pytest.mark.parametrize("name", ["what?", "bad\udcff"])
def test_a_path_that_a_catalog_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    """A ? would begin the options of SQLite's URL, and the catalog would lie elsewhere."""
    with pytest.raises(LakeError, match="give it another path"):
        open_lake(str(tmp_path / name), create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_lake(tmp_path: Path) -> None:
    """A lake named by a file's path is told so."""
    (tmp_path / "file").touch()
    with pytest.raises(LakeError, match="it is a file; give a folder"):
        open_lake(str(tmp_path / "file"), create=True)


@pytest.mark.parametrize("table", ["cloudtrail_logs", "ingest_objects"])
@pytest.mark.parametrize("create", [True, False])
def test_metadata_that_is_missing_or_damaged_is_named(lake: Lake, table: str, create: bool) -> None:
    """Whichever table lost its newest metadata, it is told in one line with the next step."""
    newest = Path(lake.table(table).metadata_location)
    newest.write_text("{")
    with pytest.raises(LakeError, match="damaged; restore it"):
        open_lake(lake.location, create=create).table(table)
    newest.unlink()
    with pytest.raises(LakeError, match="the newest metadata, is missing; restore it"):
        open_lake(lake.location, create=create).table(table)


@pytest.mark.parametrize(
    "options",
    [
        CatalogOptions({"uri": "mysql://anna:geheim@db/lake"}),
        CatalogOptions({"uri": "geheim"}),
        CatalogOptions({"type": "geheim", "uri": "sqlite:///x.db"}),
        CatalogOptions(state="geheim"),
    ],
)
def test_a_catalog_of_no_known_kind_is_told_without_its_password(
    tmp_path: Path, options: CatalogOptions
) -> None:
    """What cannot be a catalog is refused in our words, since a library's may hold secrets."""
    with pytest.raises(LakeError, match="no catalog, or no database, that is known") as caught:
        open_lake(str(tmp_path / "lake"), options, create=True)
    assert "geheim" not in str(caught.value)


def _damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        cut = whole[: len(whole) // 2]
        path.write_bytes({"empty": b"", "cut": cut, "footer": whole[:-60] + b"\xff" * 60}[how])


@pytest.mark.parametrize("how", ["gone", "empty", "cut", "footer"])
@pytest.mark.parametrize("table", [LOGS.name, OBJECTS.name])
def test_a_data_file_that_is_gone_or_damaged_is_named(
    lake: Lake, tmp_path: Path, table: str, how: str
) -> None:
    """Who asks and who takes in is told which file, and what to do, by the same error."""
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs/a.json.gz"
    log.write_bytes(gzipped(event(1)))
    ingest(lake, [open_source(str(tmp_path / "logs"))])
    (tmp_path / "logs/b.json.gz").write_bytes(log.read_bytes())
    (file,) = Path(lake.location, "tables", table, "data").iterdir()
    _damage(file, how)
    told = rf"{file.name} is {'missing' if how == 'gone' else 'damaged'}; restore it"
    with open_session(lake) as session, pytest.raises(LakeError, match=told):
        session.sql(f"select * from {table}").rows()
    with pytest.raises(LakeError, match=told):
        ingest(lake, [open_source(str(tmp_path / "logs"))])


@pytest.mark.parametrize("how", ["gone", "empty", "cut"])
@pytest.mark.parametrize("name", ["snap-*.avro", "*-m0.avro"])
@pytest.mark.parametrize("is_moved", [True, False])
def test_metadata_that_is_gone_or_damaged_is_named(
    lake: Lake, name: str, how: str, is_moved: bool
) -> None:
    """Manifests and their lists too; and a relocation looks at them before it calls all well."""
    fill(lake, 1)
    (file,) = Path(lake.location, "tables", LOGS.name, "metadata").glob(name)
    _damage(file, how)
    told = f"{file.name} is {'missing' if how == 'gone' else 'damaged'}; restore it"
    with pytest.raises(LakeError, match=told):
        contents(lake)
    lake.close()
    place = Path(lake.location)
    if is_moved:
        place = place.rename(place.with_name("moved"))
    with pytest.raises(LakeError, match=told):
        relocate(str(place))


def test_a_relocation_names_damaged_table_metadata(lake: Lake) -> None:
    """What is no JSON cannot be relocated, and nothing older is taken for it unasked."""
    fill(lake, 2)
    newest = Path(lake.table(LOGS.name).metadata_location)
    newest.write_text("{")
    lake.close()
    with pytest.raises(LakeError, match=f"{newest.name}, the newest metadata, is damaged"):
        relocate(lake.location)


def test_a_failure_that_is_for_no_file_of_the_lake_stays_what_it_is(lake: Lake) -> None:
    """A user's own file that is missing is no damage of the lake."""
    fill(lake, 1)
    with open_session(lake) as session, pytest.raises(QueryError, match="nowhere"):
        session.sql("from cloudtrail_logs, 'nowhere.csv'").rows()
