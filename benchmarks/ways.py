"""The ways of getting a folder of logs into Parquet, each to be run in a process of its own.

python -m benchmarks.ways floor|decode|read_json|trailhouse FOLDER OUT
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.lake.record import RECORD, Field, Kind
from pipeline.sources.object import Source

OURS = "trailhouse"


def floor(folder: Path, out: Path) -> int:
    """Inflate and parse every document with simdjson, and keep nothing: nothing can be faster."""
    import simdjson
    from isal import igzip_lib

    parser = simdjson.Parser()
    records = 0
    for path in sorted(folder.rglob("*.json.gz")):
        text = igzip_lib.decompress(path.read_bytes(), flag=igzip_lib.DECOMP_GZIP)
        document = parser.parse(text)
        records += len(document["Records"])
        del document
    return records


def decode(folder: Path, out: Path) -> int:
    """Our way of decoding without any guarantee: inflate, json_transform, zstd Parquet."""
    import duckdb
    import pyarrow as pa
    from isal import igzip_lib

    from pipeline.ingest.transform import _SPEC, pack

    paths = sorted(folder.rglob("*.json.gz"))

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(paths), 8):
            texts = [
                igzip_lib.decompress(path.read_bytes(), flag=igzip_lib.DECOMP_GZIP)
                for path in paths[start : start + 8]
            ]
            for packed in pack(texts):
                yield pa.record_batch([packed.documents], names=["document"])

    schema = pa.schema([("document", pa.large_string())])
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    connection.register("documents", pa.RecordBatchReader.from_batches(schema, batches()))
    connection.execute(
        f"""
        copy (
            select unnest(records, max_depth := 2)
            from (
                select json_transform(document, '{_SPEC}').Records as records from documents
            )
        ) to '{out / "events.parquet"}'
        (format parquet, compression zstd, compression_level 1, row_group_size 20480)
        """
    )
    return _rows(out / "events.parquet")


def read_json(folder: Path, out: Path) -> int:
    """DuckDB's own reader with explicit columns, to one zstd Parquet file."""
    import duckdb

    record = f"STRUCT({_columns(RECORD)})"
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        f"""
        copy (
            select unnest(records, max_depth := 2)
            from read_json(
                $files,
                columns = {{Records: '{record}[]'}},
                format = 'auto'
            ) as t(records)
        ) to '{out / "events.parquet"}' (format parquet, compression zstd)
        """,
        {"files": [str(path) for path in sorted(folder.rglob("*.json.gz"))]},
    )
    return _rows(out / "events.parquet")


def trailhouse(folder: Path, out: Path) -> int:
    """The command a user runs: `trailhouse ingest`, every guarantee on."""
    from pipeline.cli.main import main

    told = ["ingest", str(folder), "--lake", str(out / "lake"), "--format", "json", "--quiet"]
    sys.argv = ["trailhouse", *told]
    main()
    return 0


def download(folder: Path, out: Path) -> int:
    """The S3 source alone: list a bucket and read every object, and keep nothing."""
    from concurrent.futures import ThreadPoolExecutor

    from pipeline.ingest.run import IngestOptions
    from pipeline.sources.object import LogObject

    source = _bucket(folder)
    objects = [LogObject(**row) for batch in source.find() for row in batch.to_pylist()]
    with ThreadPoolExecutor(IngestOptions().readers) as pool:
        return sum(1 for _ in pool.map(source.read, objects))


def bucket(folder: Path, out: Path) -> int:
    """Ingest a bucket: `folder` is its URL, the endpoint stands in BENCH_ENDPOINT."""
    from pipeline.lake.catalog import open_lake
    from pipeline.steps.ingest import ingest

    lake = open_lake(str(out / "lake"), create=True)
    return ingest(lake, [_bucket(folder)]).objects_new


def _bucket(name: Path) -> Source:
    from pipeline.sources.open import open_source
    from pipeline.sources.options import S3Options

    options = S3Options(endpoint=os.environ["BENCH_ENDPOINT"], region="us-east-1")
    return open_source(f"s3://{name}", s3=options)


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _columns(fields: tuple[Field, ...]) -> str:
    return ", ".join(f'"{field.name}" {_type(field)}' for field in fields)


def _type(field: Field) -> str:
    match field.kind:
        case Kind.STRUCT:
            return f"STRUCT({_columns(field.fields)})"
        case Kind.LIST:
            return f"STRUCT({_columns(field.fields)})[]"
        case Kind.MAP:
            return "MAP(VARCHAR, VARCHAR)"
        case Kind.JSON:
            return "JSON"
        case _:
            return "VARCHAR"


WAYS = {
    "floor": floor,
    "decode": decode,
    "read_json": read_json,
    OURS: trailhouse,
    "download": download,
    "ingest": bucket,
}


def main() -> None:
    """Go one way; print how many records it met, or our command's summary."""
    way, folder, out = sys.argv[1:]
    records = WAYS[way](Path(folder), Path(out))
    if records:
        print(records)


if __name__ == "__main__":
    main()
