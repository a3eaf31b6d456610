"""Ask twenty typical questions of a built lake; print time, rows and files read as Markdown.

    python -m benchmarks.questions LAKE [--runs 3]

What is asked about is found in the lake: the busiest role that humans use, the security group that
was changed most, and so on. The time of a question is that of finding what its values stand for,
planning, running and fetching all rows, in a process that has asked before; the median of some
runs, and the lake's files are in the system's cache after the first.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Mapping
from typing import Any

from pipeline.ask.library.asking import Asked, ask
from pipeline.ask.library.folder import Library
from pipeline.ask.session import Snapshot, open_lake

SUBJECTS = {
    "principal": "select principal_id from principal_audit where principal_type = 'role' "
    "and n_console_calls > 0 order by n_calls desc, principal_id limit 1",
    "role": "select principal_id from session_lineage where depth > 0 and chain_end = 'identity' "
    "group by principal_id order by count(*) desc, principal_id limit 1",
    "user": "select principal_id from principal_audit where principal_type = 'user' "
    "order by n_calls desc, principal_id limit 1",
    "group": "select resource_arn from resource_audit "
    "where resource_type = 'ec2:security-group' order by n_changes desc, resource_arn limit 1",
    "bucket": "select resource_arn from resource_audit where resource_type = 's3:bucket' "
    "order by n_calls desc, resource_arn limit 1",
    "event": "select event_id from network_changes where root_confidence = 'certain' "
    "order by event_time desc, event_id limit 1",
    "key": "select access_key_id from key_days group by 1 order by sum(n_calls) desc, 1 limit 1",
}
TYPICAL: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("who-changed", {"resource": "group"}),
    ("who-really", {"event": "event"}),
    ("activity", {"principal": "principal"}),
    ("sessions-of", {"principal": "principal"}),
    ("key-history", {"key": "key"}),
    ("blast-radius", {"principal": "user"}),
    ("assumed-by", {"principal": "role"}),
    ("timeline", {"resource": "group"}),
    ("bucket-access", {"resource": "bucket"}),
    ("about", {"resource": "bucket"}),
    ("denied", {}),
    ("new-since", {}),
    ("top", {}),
    ("errors", {}),
    ("exposure", {}),
    ("permission-changes", {}),
    ("console-failures", {}),
    ("logging-gaps", {}),
    ("secrets-read", {}),
    ("unusual-regions", {}),
)
"""Questions, each with its values by the subjects they are."""


def main() -> None:
    """Ask them and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with open_lake(given.lake) as session:
        snapshot = session.snapshot()
        subjects = {name: _first(snapshot, sql) for name, sql in SUBJECTS.items()}
        events = _first(snapshot, "select count(*) from cloudtrail_logs")
        print(f"{events:,} events, median of {given.runs} runs each\n")
        print("| question | s | rows | files read | rows of these files |")
        print("|---|---|---|---|---|")
        times = [_ask(snapshot, n, v, subjects, given.runs) for n, v in TYPICAL]
    print(f"\nmedian {statistics.median(times):.2f} s, slowest {max(times):.2f} s")


def _ask(
    snapshot: Snapshot,
    name: str,
    values: Mapping[str, str],
    subjects: Mapping[str, Any],
    runs: int,
) -> float:
    """Ask one question some times, print its line and return the median of its times."""
    question = Library().read(name)
    told = {parameter: subjects[subject] for parameter, subject in values.items()}
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        asked = ask(snapshot, question, told)
        with asked.answer:
            n_rows = len(asked.answer.arrow())
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    print(f"| {_words(name, values)} | {median:.2f} | {n_rows:,} | {_read(asked)} |", flush=True)
    return median


def _read(asked: Asked) -> str:
    """Return the files and rows that were read, and how many there are, over all tables."""
    tables = asked.answer.plan.tables
    files, rows = (
        (
            sum(getattr(t.read, name) for t in tables),
            sum(getattr(t.whole, name) for t in tables),
        )
        for name in ("n_files", "n_rows")
    )
    return f"{files[0]:,} of {files[1]:,} | {rows[0]:,} of {rows[1]:,}"


def _words(name: str, values: Mapping[str, str]) -> str:
    given = "".join(f" --{parameter} ({subject})" for parameter, subject in values.items())
    return f"`{name}`{given}"


def _first(snapshot: Snapshot, sql: str) -> Any:
    with snapshot.sql(sql) as answer:
        return answer.rows()[0][0]


if __name__ == "__main__":
    main()
