"""The quarantine: what could not become an event, to list, to read and to try again."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import tenacity
from pyiceberg.exceptions import CommitFailedException

from pipeline.errors import LakeError, UnreadableObject
from pipeline.ingest.decode import Document, Normaliser, Tally
from pipeline.ingest.run import Counts, Ingest, IngestOptions
from pipeline.lake.arrow import file_schema
from pipeline.lake.catalog import Lake
from pipeline.lake.commit import append_file, follower_file
from pipeline.lake.schema import LOGS, QUARANTINE
from pipeline.lake.snapshot import connect, read_lake, scan_sql
from pipeline.lake.storage import making
from pipeline.sources.object import OBJECTS, LogObject

_COLUMNS = "quarantine_id, uri, position, reason, detail, size_bytes, quarantined_at"

# What settles or dismisses an entry appends a second row with the same id and another state, so
# the newest row of an id is what counts; nothing is ever rewritten.
_OPEN = """
select * from ({rows})
qualify row_number() over (partition by quarantine_id order by quarantined_at desc) = 1
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One quarantined record with its text; its state is open, settled or dismissed."""

    quarantine_id: str
    uri: str
    position: int
    reason: str
    detail: str
    text: bytes | None
    state: str = "open"


def list_entries(lake: Lake, reason: str | None = None) -> pa.Table:
    """Return the open entries without their texts, newest first.

    Raises:
        LakeError: there never was an entry with this reason, but with others.
    """
    _check_reason(lake, reason)
    return _query(
        lake,
        f"select {_COLUMNS} from entries where state = 'open' "
        "and ($reason is null or reason = $reason) order by quarantined_at desc, uri, position",
        {"reason": reason},
    )


def get_entry(lake: Lake, quarantine_id: str) -> Entry:
    """Return one entry, by its id or an unambiguous beginning of it.

    Raises:
        LakeError: no such entry, or several.
    """
    found = _query(
        lake,
        # the row that closes an entry has no text; the one it was opened with has
        "select entries.* replace (coalesce(entries.text, opened.text) as text, "
        "coalesce(entries.encoding, opened.encoding) as encoding) "
        "from entries left join rows as opened on opened.quarantine_id = entries.quarantine_id "
        "and opened.state = 'open' where starts_with(entries.quarantine_id, $id) "
        "qualify row_number() over (partition by entries.quarantine_id) = 1",
        {"id": quarantine_id},
    ).to_pylist()
    if len(found) != 1:
        how_many = "no entry" if not found else f"{len(found)} entries"
        raise LakeError(
            f"{how_many} in the quarantine with id {quarantine_id}",
            "see them with: trailhouse quarantine list",
        )
    return _entry(found[0])


def open_entries(lake: Lake, reason: str | None = None) -> list[Entry]:
    """Return the open entries with their texts.

    Raises:
        LakeError: there never was an entry with this reason, but with others.
    """
    _check_reason(lake, reason)
    rows = _query(
        lake,
        "select * from entries where state = 'open' and ($reason is null or reason = $reason)",
        {"reason": reason},
    )
    return [_entry(row) for row in rows.to_pylist()]


@dataclass(frozen=True, slots=True)
class QuarantineSource:
    """The texts of quarantined records as objects, to be taken in again.

    Each is its own object, named after the entry, so the ledger says what came of the retry.
    """

    entries: Sequence[Entry]
    name: str = "quarantine"

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the entries whose text is kept."""
        kept = [entry for entry in self.entries if entry.text is not None]
        rows = [{"uri": entry_uri(entry), "size": len(entry.text or b"")} for entry in kept]
        yield from pa.Table.from_pylist(rows, schema=OBJECTS).to_batches()

    def read(self, item: LogObject) -> bytes:
        """Return an entry's text."""
        for entry in self.entries:
            if entry_uri(entry) == item.uri and entry.text is not None:
                return entry.text
        raise UnreadableObject(item.uri, "missing", "no such entry in the quarantine")

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Nothing to do: entries are settled after the run."""

    def problems(self) -> Sequence[str]:
        """Return nothing: an entry that stays bad stays in quarantine."""
        return ()

    def committed(self, items: Sequence[LogObject]) -> None:
        """Nothing to do: the ledger has them."""


def retry(lake: Lake, entries: Sequence[Entry], options: IngestOptions) -> Counts:
    """Take in what can be read by now, and settle those entries; the others stay as they are.

    Raises:
        LakeBusy: other writers kept winning; retrying again is safe.
    """
    normaliser = Normaliser(file_schema(lake.table(LOGS.name).schema()))
    readable = [entry for entry in entries if entry.text and _is_readable(normaliser, entry.text)]
    counts = Ingest(lake, QuarantineSource(readable), options, lambda _: None).run()
    if readable:
        _close(lake, readable, "settled")
    return counts


def dismiss(lake: Lake, entries: Sequence[Entry], because: str) -> int:
    """Close the entries that are open, for a reason someone gives, and return how many.

    Their texts stay where they are, in the rows they were opened with.
    """
    waiting = {entry.quarantine_id: entry for entry in entries if entry.state == "open"}
    if waiting:
        _close(lake, [replace(entry, detail=because) for entry in waiting.values()], "dismissed")
    return len(waiting)


def _check_reason(lake: Lake, reason: str | None) -> None:
    if reason is None:
        return
    found = _query(lake, "select distinct reason from entries order by 1", {})
    reasons = [str(known) for known in found["reason"].to_pylist()]
    if reasons and reason not in reasons:
        raise LakeError(
            f"no record in the quarantine with reason {reason}",
            f"there are: {', '.join(reasons)}",
        )


def _is_readable(normaliser: Normaliser, text: bytes) -> bool:
    tally = Tally()
    rows = sum(len(part.rows) for part in normaliser.normalise([Document(0, text)], [tally]))
    return rows > 0 and not tally.bad


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(CommitFailedException),
    wait=tenacity.wait_random_exponential(0.05, max=2),
    stop=tenacity.stop_after_attempt(30),
    reraise=True,
)
def _close(lake: Lake, entries: Sequence[Entry], state: str) -> None:
    """Append a row an entry with its last state, which from now on is the one that counts."""
    table = lake.table(QUARANTINE.name)
    now = datetime.now(UTC)
    rows = [
        {
            "quarantine_id": entry.quarantine_id,
            "uri": entry.uri,
            "position": entry.position,
            "reason": entry.reason,
            "detail": entry.detail,
            "state": state,
            "quarantined_at": now,
        }
        for entry in entries
    ]
    with making(lake.storage) as path:
        schema = file_schema(table.schema())
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, store_schema=False)
        place = lake.storage.put(path, follower_file(QUARANTINE.name, f"{state}-{uuid4().hex}"))
    append_file(table, place)


def entry_uri(entry: Entry) -> str:
    """Return the name a retried entry has as an object: changes when the entry does."""
    digest = sha256(entry.text or b"").hexdigest()[:16]
    return f"quarantine:{entry.quarantine_id}:{digest}"


def _query(lake: Lake, query: str, params: dict[str, Any]) -> pa.Table:
    view = read_lake(lake)
    rows = scan_sql(view.tables[QUARANTINE.name].schema, view.paths(QUARANTINE.name))
    with connect() as connection:
        connection.execute(f"create view rows as from {rows}")
        connection.execute(f"create view entries as {_OPEN.format(rows='from rows')}")
        return connection.sql(query, params=params).to_arrow_table()


def _entry(row: dict[str, Any]) -> Entry:
    text = row["text"]
    if text is not None:
        text = b64decode(text) if row["encoding"] == "base64" else text.encode()
    return Entry(
        row["quarantine_id"],
        row["uri"],
        row["position"],
        row["reason"],
        row["detail"],
        text,
        row["state"],
    )
