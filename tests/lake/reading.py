"""A reader that asks a lake in a loop, run as a process of its own by test_readers.

Usage: reading.py LAKE ANSWERS STOP PAUSE: asks until the file STOP is there, and writes each
answer to ANSWERS as a line of JSON. Between fixing a snapshot and reading it, it pauses.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pipeline.ask.session import Session, open_session
from pipeline.errors import PipelineError
from pipeline.lake.catalog import open_lake
from pipeline.lake.schema import LOGS

QUERY = """
select
    count(*) as n,
    count(distinct eventid) as n_distinct,
    count(distinct batch_id) as n_batches,
    count(*) filter (where event_date = date '2026-10-01') as n_old,
    min(n_of_batch) as fewest,
    max(n_of_batch) as most
from (
    select
        *,
        count(*) filter (where event_date > date '2026-10-01') over (partition by batch_id)
            as n_of_batch
    from cloudtrail_logs
)
"""


def ask(session: Session, pause: float) -> dict[str, object]:
    """Ask once; return the answer beside what the snapshot's own summary says."""
    started = time.monotonic()
    answer: dict[str, object] = {}
    try:
        snapshot = session.snapshot()
        snapshot.files(LOGS.name)
        view = snapshot.view.tables[LOGS.name]
        time.sleep(pause)
        (row,) = snapshot.sql(QUERY).polars().to_dicts()
        committed = view.table.snapshot_by_id(view.snapshot_id or 0)
        summary = committed.summary if committed else None
        answer = row | {"total": int(summary["total-records"] or 0) if summary else 0}
    except (PipelineError, OSError) as failed:
        answer = {"error": f"{type(failed).__name__}: {failed}"}
    return answer | {"seconds": time.monotonic() - started}


def main(location: str, answers: str, stop: str, pause: str) -> None:
    """Ask until told to stop."""
    with open_session(open_lake(location)) as session, Path(answers).open("w") as out:
        while not Path(stop).exists():
            out.write(json.dumps(ask(session, float(pause))) + "\n")
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
