"""What it costs to find nothing new: a listing alone against an ingest of the same listing.

python -m benchmarks.ledger [KNOWN…] makes a lake that knows so many objects (1,500,000 and
10,000,000 if not said), lists 300,000 of them, and prints a table. The ledger's files are as
compaction leaves them: sorted by day, several days in each.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ingest.run import Ingest, IngestOptions
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake, open_lake
from pipeline.lake.commit import replace_files
from pipeline.lake.schema import OBJECTS
from pipeline.lake.storage import making
from pipeline.sources import object as source
from pipeline.sources.object import LogObject

LISTED = 300_000
PER_DAY = 1_500
_FILE_ROWS = 120_000
_PAGE = 1_000
_ROUNDS = 5

# As S3 lists a trail of ten accounts: every object has a size, a time and an ETag.
_KNOWN = """
select
    's3://trail/AWSLogs/' || account || '/CloudTrail/us-east-1/' || strftime(day, '%Y/%m/%d/')
        || account || '_CloudTrail_us-east-1_' || strftime(day, '%Y%m%d') || 'T0000Z_'
        || substr(md5(n::varchar), 1, 16) || '.json.gz' as uri,
    '"' || md5((n + 1)::varchar) || '"' as etag,
    1000 + n % 90000 as size_bytes,
    'STANDARD' as storage_class,
    (day + to_seconds(n % 86400))::timestamptz as modified,
    day::date as log_date,
    account as account_id,
    'us-east-1' as region,
    'cloudtrail' as kind,
    md5(n::varchar) || md5((n + 2)::varchar) as sha256,
    20000 + n % 900000 as inflated_bytes,
    1 as members,
    n % 500 as records,
    n % 500 as rows_added,
    0 as duplicates,
    0 as conflicts,
    0 as quarantined,
    'done' as state,
    (day + to_seconds(n % 86400))::timestamptz as ingested_at,
    'batch-' || (n // 20000) as batch_id
from (
    select
        n,
        date '2000-01-01' + (n // $per_day)::integer as day,
        (111122223330 + n % 10)::varchar as account
    from range($first::bigint, $last::bigint) as numbers(n)
)
"""


@dataclass
class Listing:
    """A listing that is there already, in pages as S3 gives them."""

    table: pa.Table
    name: str = "listing"

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the pages."""
        yield from self.table.to_batches(max_chunksize=_PAGE)

    def read(self, item: LogObject) -> bytes:
        """Refuse: nothing is new."""
        raise AssertionError(f"{item.uri} was read")

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Nothing to do."""

    def committed(self, items: Sequence[LogObject]) -> None:
        """Nothing to do."""

    def problems(self) -> list[str]:
        """Nothing to say."""
        return []


def known_objects(first: int, last: int) -> pa.Table:
    """Return ledger rows of objects by number, in the order of their days and names."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.sql(
            f"{_KNOWN} order by log_date, uri",
            params={"first": first, "last": last, "per_day": PER_DAY},
        ).to_arrow_table()


def fill(lake: Lake, known: int) -> None:
    """Put so many objects into a lake's ledger."""
    schema = file_schema(lake.table(OBJECTS.name).schema())
    places = []
    for first in range(0, known, _FILE_ROWS):
        rows = known_objects(first, min(first + _FILE_ROWS, known))
        columns = [
            rows.column(field.name).cast(field.type)
            if field.name in rows.column_names
            else pa.nulls(len(rows), field.type)
            for field in schema
        ]
        with making(lake.storage) as path:
            pq.write_table(
                pa.table(columns, schema=schema), path, compression="zstd", store_schema=False
            )
            name = f"tables/{OBJECTS.name}/data/known-{first}.parquet"
            places.append(lake.storage.put(path, name))
    replace_files(lake, OBJECTS.name, (), places, "benchmark")


def listing(known: int) -> Listing:
    """Return a listing of the last objects that are known."""
    rows = known_objects(known - LISTED, known)
    table = rows.select(["uri", "size_bytes", "modified", "etag", "storage_class"])
    table = table.rename_columns(["uri", "size", "modified", "etag", "storage_class"])
    table = table.append_column("version", pa.nulls(len(table), pa.string()))
    return Listing(table.select(source.OBJECTS.names).cast(source.OBJECTS))


def walk(found: Listing) -> float:
    """Return the seconds that the listing takes alone."""
    started = time.perf_counter()
    for _ in found.find():
        pass
    return time.perf_counter() - started


def ingest(lake: Lake, found: Listing) -> float:
    """Return the seconds of a run that finds nothing new."""
    started = time.perf_counter()
    counts = Ingest(lake, found, IngestOptions(), lambda _: None).run()
    assert (counts.objects_found, counts.objects_new) == (LISTED, 0), counts
    return time.perf_counter() - started


def measure(known: int) -> tuple[float, float]:
    """Return the seconds of listing alone, and of an ingest: medians of turns taken."""
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(f"{folder}/lake", create=True)
        fill(lake, known)
        found = listing(known)
        turns = [(walk(found), ingest(lake, found)) for _ in range(_ROUNDS)]
    return median(turn[0] for turn in turns), median(turn[1] for turn in turns)


def main() -> None:
    """Print the table."""
    print(f"{'known':>12} {'listed':>9} {'listing':>9} {'+ ledger':>9} {'beyond':>9}")
    for known in [int(text) for text in sys.argv[1:]] or [1_500_000, 10_000_000]:
        alone, whole = measure(known)
        beyond = whole - alone
        print(f"{known:>12,} {LISTED:>9,} {alone:>7.2f} s {whole:>7.2f} s {beyond:>7.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory, making of the ledger included: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
