"""The ways of getting a folder of logs into Parquet, each to be run in a process of its own.

python -m benchmarks.ways floor|read_json|trailhouse FOLDER OUT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipeline.lake.record import RECORD, Field, Kind

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
    found = connection.execute(
        "select count(*) from read_parquet($file)", {"file": str(out / "events.parquet")}
    ).fetchone()
    return int(found[0]) if found else 0


def trailhouse(folder: Path, out: Path) -> int:
    """Ingest as `trailhouse ingest` does it: every guarantee on."""
    from pipeline.lake.catalog import open_lake
    from pipeline.sources.open import open_source
    from pipeline.steps.ingest import ingest

    lake = open_lake(str(out / "lake"), create=True)
    summary = ingest(lake, [open_source(str(folder))])
    print(json.dumps({"rows": summary.rows_added, "seconds": summary.seconds}), file=sys.stderr)
    return summary.records_read


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


WAYS = {"floor": floor, "read_json": read_json, OURS: trailhouse}


def main() -> None:
    """Go one way; print how many records it met."""
    way, folder, out = sys.argv[1:]
    print(WAYS[way](Path(folder), Path(out)))


if __name__ == "__main__":
    main()
