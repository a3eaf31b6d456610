"""Commit batches: the facts first, then the tables that follow them.

A batch is one Parquet file or more of facts and at most one file for each table that follows
(the ledger, the quarantine, the conflicts). All files are written before anything is
committed. The commit of the facts is the moment that counts: it names, in the snapshot's
summary, the tables that have a file to follow with. `follow` brings those tables up to date
and can be run by anyone at any time, so a crash between the two commits loses nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Snapshot
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from pipeline.errors import LakeBusy
from pipeline.lake.catalog import Lake
from pipeline.lake.datafile import data_files
from pipeline.lake.schema import LOGS, TABLES
from pipeline.lake.transaction import transaction

BATCH = "trailhouse.batch"
FOLLOW = "trailhouse.follow"
APPLIED = "trailhouse.applied"

FOLLOWERS = tuple(name for name in TABLES if name != LOGS.name)


def new_batch_id() -> str:
    """Return a batch id that sorts by when it was made, as far as machines' clocks agree."""
    now = uuid.uuid1().time  # 100 ns steps
    return f"{now:015x}-{uuid.uuid4().hex[:16]}"


def follower_file(table: str, batch_id: str) -> str:
    """Return where below the lake the file of a batch for a following table is put."""
    return f"tables/{table}/data/{batch_id}.parquet"


def append_facts(
    table: Table, locations: Sequence[str], batch_id: str, followers: Iterable[str]
) -> None:
    """Commit a batch of facts on top of the snapshot that `table` was loaded with.

    Raises:
        CommitFailedException: another writer was first; look at what it added, load the
            table again and retry.
    """
    properties = {BATCH: batch_id, FOLLOW: ",".join(followers)}
    with transaction(table) as change:
        _append(change, table, locations, properties)


def append_file(table: Table, location: str) -> None:
    """Commit one file to a table by itself.

    Raises:
        CommitFailedException: another writer was first; load the table again and retry.
    """
    with transaction(table) as change:
        _append(change, table, [location], {})


def replace_files(
    lake: Lake, name: str, old: Iterable[DataFile], locations: Iterable[str], reason: str
) -> bool:
    """Commit files in the place of others, by name: what was appended meanwhile stays.

    Args:
        lake: the lake.
        name: the table.
        old: data files of it, as planned from any snapshot.
        locations: files that take their place; none, and their rows are gone.
        reason: one word for the snapshot's summary.

    Returns:
        False if one of the files is not in the table any more; then nothing has changed.

    Raises:
        LakeBusy: other writers kept winning; then nothing has changed.
    """
    old, locations = tuple(old), tuple(locations)
    try:
        _replace(lake, name, old, locations, reason)
    except ValidationException:
        return False
    except CommitFailedException as lost:
        raise LakeBusy(
            f"lake {lake.location}: table {name} kept changing under us", "run again"
        ) from lost
    return True


@retry(
    retry=retry_if_exception_type(CommitFailedException),
    wait=wait_random_exponential(0.02, max=1),
    stop=stop_after_delay(120),
    reraise=True,
)
def _replace(
    lake: Lake, name: str, old: Sequence[DataFile], locations: Sequence[str], reason: str
) -> None:
    table = lake.table(name)
    with (
        transaction(table) as change,
        change.update_snapshot(snapshot_properties={BATCH: reason}).overwrite() as replacing,
    ):
        for gone in old:
            replacing.delete_data_file(gone)
        for file in data_files(table, locations):
            replacing.append_data_file(file)


def pending(lake: Lake, follower: str) -> list[Snapshot]:
    """Return the facts' snapshots whose file the follower has not taken in yet, oldest first."""
    table = lake.table(follower)
    return behind(lake.table(LOGS.name), table)


def behind(facts: Table, follower: Table) -> list[Snapshot]:
    """Return the same of tables that are loaded: the facts after the follower, or no earlier."""
    applied, name = _applied(follower), follower.name()[-1]
    return [
        snapshot
        for snapshot in facts.metadata.snapshots
        if (snapshot.sequence_number or 0) > applied and name in _follow_list(snapshot)
    ]


def follow(lake: Lake) -> None:
    """Bring every following table up to date with the facts.

    Raises:
        LakeBusy: other writers kept winning; the next run does it.
    """
    for name in FOLLOWERS:
        try:
            _follow_one(lake, name)
        except CommitFailedException as lost:
            raise LakeBusy(
                f"lake {lake.location}: table {name} kept changing under us", "run again"
            ) from lost


@retry(
    retry=retry_if_exception_type(CommitFailedException),
    wait=wait_random_exponential(0.02, max=1),
    stop=stop_after_delay(60),
    reraise=True,
)
def _follow_one(lake: Lake, name: str) -> None:
    waiting = pending(lake, name)
    if not waiting:
        return
    table = lake.table(name)
    newest = max(snapshot.sequence_number or 0 for snapshot in waiting)
    applied = _applied(table)
    batches = [batch_of(s) for s in waiting if (s.sequence_number or 0) > applied]
    if not batches:
        return
    locations = [f"{lake.location}/{follower_file(name, batch)}" for batch in batches]
    with transaction(table) as change:
        change.set_properties({APPLIED: str(newest)})
        _append(change, table, locations, {BATCH: ",".join(batches)})


def _append(
    change: Transaction, table: Table, locations: Sequence[str], properties: dict[str, str]
) -> None:
    with change.update_snapshot(snapshot_properties=properties).merge_append() as append:
        for file in data_files(table, locations):
            append.append_data_file(file)


def _applied(table: Table) -> int:
    return int(table.properties.get(APPLIED, 0))


def batch_of(snapshot: Snapshot) -> str:
    """Return the id of the batch that a snapshot of the facts committed."""
    return str(snapshot.summary[BATCH]) if snapshot.summary else ""


def _follow_list(snapshot: Snapshot) -> list[str]:
    text = snapshot.summary.additional_properties.get(FOLLOW, "") if snapshot.summary else ""
    return text.split(",")
