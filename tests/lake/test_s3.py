"""A lake on S3, and its catalogs: SQL, Glue and REST."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import rest

from pipeline.errors import LakeError
from pipeline.lake.catalog import CatalogOptions, Lake, open_lake
from pipeline.lake.compact import CompactOptions
from pipeline.lake.relocate import relocate
from pipeline.lake.schema import LOGS, OBJECTS
from pipeline.lake.state import list_runs
from pipeline.steps.maintain import MaintainOptions, maintain
from pipeline.steps.status import read_status
from tests.events import event, gzipped, records, rows, take_in, trail_name
from tests.s3server import Aws

OPTIONS = MaintainOptions(
    compact=CompactOptions(min_files=2),
    grace=timedelta(0),
    keep_snapshots=1,
    expire_after=timedelta(0),
)


def _fill(lake: Lake, batches: int, first: int = 0) -> None:
    for number in range(first, first + batches):
        take_in(lake, {trail_name(number): gzipped(event(number), event(number + 0.5))})


def _keys(aws: Aws, lake: Lake) -> list[str]:
    bucket = lake.location.removeprefix("s3://").split("/")[0]
    found = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in found["Contents"]]


def test_a_lake_on_s3_works_end_to_end(
    aws: Aws, bucket_lake: Lake, bucket_options: CatalogOptions
) -> None:
    """Events go in once, come out, survive upkeep, and status counts them.

    Cached copies of removed files go with them.
    """
    _fill(bucket_lake, 3)
    before = records(bucket_lake)
    assert take_in(bucket_lake, {trail_name(1): gzipped(event(1), event(1.5))}).objects_new == 0
    summary = maintain(bucket_lake, OPTIONS)
    assert (summary.files_compacted, summary.files_written) == (6, 2)
    assert summary.files_removed > 6
    assert len([key for key in _keys(aws, bucket_lake) if key.endswith(".parquet")]) == 2
    (cache,) = (path for path in bucket_options.cache.iterdir() if path.is_dir())
    assert len(list(cache.rglob("*.parquet"))) == 2
    again = open_lake(bucket_lake.location, bucket_options)
    assert records(again) == before
    status = read_status(again)
    assert (status.n_events, status.n_files) == (6, 1)
    assert [run.command for run in list_runs(again)] == ["maintain"]


def test_a_reader_without_a_cache_fetches_what_it_needs(
    bucket_lake: Lake, bucket_options: CatalogOptions, tmp_path: Path
) -> None:
    """From another machine, with an empty cache, the same events are read."""
    _fill(bucket_lake, 2)
    options = CatalogOptions(bucket_options.properties, cache=tmp_path / "elsewhere")
    assert records(open_lake(bucket_lake.location, options)) == records(bucket_lake)


def test_several_writers_on_s3_lose_and_double_nothing(
    bucket_lake: Lake, bucket_options: CatalogOptions
) -> None:
    """Three writers with overlapping events commit at once: each event is there once."""
    failed: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            lake = open_lake(bucket_lake.location, bucket_options)
            for number in range(2):
                shared, own = event(f"shared {number}"), event(f"{writer} {number}")
                take_in(lake, {trail_name(writer * 10 + number): gzipped(shared, own)})
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(records(bucket_lake)) == 2 + 6
    assert len({row["event_key"] for row in rows(bucket_lake)}) == 8
    assert len(rows(bucket_lake, OBJECTS.name)) == 6


def test_a_missing_lake_on_s3_is_told_and_not_made(
    aws: Aws, bucket_options: CatalogOptions
) -> None:
    """Opening a place without a lake says so and makes no catalog."""
    with pytest.raises(LakeError, match="no lake at s3://"):
        open_lake(f"s3://{aws.new_bucket()}/lake", bucket_options)
    assert not list(bucket_options.cache.parent.glob("catalog/*"))


def test_a_catalog_is_needed() -> None:
    """A lake on S3 without a catalog is refused with what to set."""
    with pytest.raises(LakeError, match=r"needs a catalog.*set catalog\.uri"):
        open_lake("s3://bucket/lake", create=True)


def test_a_lake_moves_from_s3_to_disk_and_back(
    aws: Aws, bucket_lake: Lake, bucket_options: CatalogOptions, tmp_path: Path
) -> None:
    """Copied file by file, a lake is made readable on disk, added to, and in another bucket."""
    _fill(bucket_lake, 2)
    bucket, _, prefix = bucket_lake.location.removeprefix("s3://").partition("/")
    client = aws.client("s3")
    here = tmp_path / "copy"
    for key in _keys(aws, bucket_lake):
        path = here / key.removeprefix(prefix + "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(bucket, key, str(path))
    assert relocate(str(here)).old == bucket_lake.location
    on_disk = open_lake(str(here))
    assert records(on_disk) == records(bucket_lake)
    _fill(on_disk, 1, first=7)
    target = aws.new_bucket()
    for path in (here / "tables").rglob("*.*"):
        client.upload_file(str(path), target, f"back/{path.relative_to(here)}")
    properties = dict(bucket_options.properties) | {"uri": f"sqlite:///{tmp_path}/other.db"}
    options = CatalogOptions(properties, cache=tmp_path / "cache")
    relocate(f"s3://{target}/back", options)
    back = open_lake(f"s3://{target}/back", options)
    assert len(records(back)) == 6
    _fill(back, 1, first=9)
    assert len(records(back)) == 8


def test_glue_is_a_catalog(aws: Aws, tmp_path: Path) -> None:
    """With Glue the tables are in Glue, and runs in a database in the cache."""
    properties = {
        "type": "glue",
        "glue.endpoint": aws.endpoint,
        "glue.region": "us-east-1",
        "s3.endpoint": aws.endpoint,
    }
    options = CatalogOptions(properties, cache=tmp_path / "cache")
    lake = open_lake(f"s3://{aws.new_bucket()}/lake", options, create=True)
    try:
        _fill(lake, 2)
        maintain(lake, OPTIONS)
        again = open_lake(lake.location, options)
        assert len(records(again)) == 4
        assert [run.command for run in list_runs(again)] == ["maintain"]
        assert len(list(tmp_path.glob("cache/*/state.db"))) == 1
        found = aws.client("glue").get_tables(DatabaseName="trailhouse")["TableList"]
        assert {table["Name"] for table in found} >= {LOGS.name, OBJECTS.name}
    finally:
        client = aws.client("glue")
        client.delete_database(Name="trailhouse")


def test_rest_gets_its_properties(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A REST catalog is made with what was configured, warehouse and region included."""
    given: dict[str, Any] = {}

    class Reached(Exception):
        pass

    def start(_: object, name: str, **properties: str) -> None:
        given.update(properties, name=name)
        raise Reached

    monkeypatch.setattr(rest.RestCatalog, "__init__", start)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    properties = {"uri": "https://catalog.example/api", "token": "t", "warehouse": "w"}
    with pytest.raises(Reached):
        open_lake("s3://bucket/lake", CatalogOptions(properties, cache=tmp_path))
    assert given.pop("name") == "trailhouse"
    assert given == {**properties, "s3.region": "eu-central-1", "type": "rest"} or given == {
        **properties,
        "s3.region": "eu-central-1",
    }


def test_an_unreachable_catalog_is_told_without_its_password(tmp_path: Path) -> None:
    """A SQL catalog that does not answer is an error with what to check, and no secret in it."""
    properties = {"type": "sql", "uri": "postgresql://me:hidden@127.0.0.1:1/lake"}
    with pytest.raises(LakeError, match=r"does not answer.*catalog\.uri") as failed:
        open_lake(str(tmp_path / "lake"), CatalogOptions(properties), create=True)
    assert "hidden" not in str(failed.value)
