"""A day that holds fifty million events already, to ingest its last hundredth into.

The rows are made by DuckDB, as compaction leaves them: sorted, in files of a good size, with
the columns that ingest looks at and those that make them as wide as an event's ids.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.ingest.stage import open_writer
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import open_lake
from pipeline.lake.commit import append_facts, new_batch_id
from pipeline.lake.schema import LOGS
from pipeline.lake.storage import making

_FILE_ROWS = 2_500_000
_PIECE_ROWS = 250_000

_EVENTS = """
select
    '1.09' as eventversion,
    strftime(moment, '%Y-%m-%dT%H:%M:%SZ') as eventtime,
    's3.amazonaws.com' as eventsource,
    'GetObject' as eventname,
    'us-east-1' as awsregion,
    uuid()::varchar as eventid,
    'AwsApiCall' as eventtype,
    (111122223330 + $part % 10)::varchar as recipientaccountid,
    moment as event_time,
    moment::date as event_date,
    (hash(n) >> 1)::bigint as event_key,
    (hash(n, 1) >> 1)::bigint as content_hash
from (
    select n, $day::timestamptz + to_microseconds(n * 86400000000 // $rows) as moment
    from range($first::bigint, $last::bigint) as numbers(n)
)
"""


def fill_day(location: Path, day: date, rows: int) -> None:
    """Make a lake whose one day holds so many events."""
    lake = open_lake(str(location), create=True)
    schema = file_schema(lake.table(LOGS.name).schema())
    places = []
    for part, first in enumerate(range(0, rows, _FILE_ROWS)):
        last = min(first + _FILE_ROWS, rows)
        with making(lake.storage) as path:
            with open_writer(path, schema) as writer:
                for start in range(first, last, _PIECE_ROWS):
                    piece = _events(day, part, start, min(start + _PIECE_ROWS, last), rows)
                    writer.write_table(_widen(piece, schema), row_group_size=40_960)
            name = f"tables/{LOGS.name}/data/day-{part}.parquet"
            places.append(lake.storage.put(path, name))
    append_facts(lake.table(LOGS.name), places, new_batch_id(), [])


def _events(day: date, part: int, first: int, last: int, rows: int) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.sql(
            _EVENTS, params={"day": day, "part": part, "first": first, "last": last, "rows": rows}
        ).to_arrow_table()


def _widen(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
