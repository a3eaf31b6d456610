"""Ingest from a bucket against the same client only listing and downloading it.

python -m benchmarks.s3 [OBJECTS] fills a bucket of moto's S3 server on loopback with simulated
objects of 500 events (default 400) and prints a table. The server is Python, answers one request
at a time and takes a core for itself, so what is shown is how much decoding hides behind the
waiting for it, not how fast S3 is.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import boto3
from botocore.config import Config

from benchmarks.contest import Run, ratio, run_module, table, take_turns
from pipeline.simulate import Plan, simulate

_BUCKET = "trail"


def main() -> None:
    """Print the table."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
    server, endpoint = _serve()
    os.environ["BENCH_ENDPOINT"] = endpoint
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            _fill(endpoint, Path(folder), objects)
            ways = {way: lambda way=way: _go(way, Path(folder)) for way in ("download", "ingest")}
            runs = take_turns(ways, rounds=3)  # type: ignore[arg-type]
    finally:
        server.terminate()
        server.wait()
    print("\n".join(table(runs, "ingest")))
    print(
        f"\nIngest goes at {ratio(runs['download'], runs['ingest']):.2f} of the download's speed."
    )


def _serve() -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    endpoint = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urlopen(f"{endpoint}/moto-api/", timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return server, endpoint
    server.terminate()
    raise SystemExit("moto's server did not start")


def _fill(endpoint: str, folder: Path, objects: int) -> None:
    plan = Plan(accounts=2, days=2, events=objects * 490, records_per_file=500)
    simulate(plan, folder / "trail")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=_BUCKET)
    for path in sorted((folder / "trail").rglob("*.json.gz")):
        key = str(path.relative_to(folder / "trail"))
        client.put_object(Bucket=_BUCKET, Key=key, Body=path.read_bytes())


def _go(way: str, folder: Path) -> Run:
    out = folder / "out"
    out.mkdir()
    try:
        return run_module("benchmarks.ways", way, _BUCKET, str(out))
    finally:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
