"""Say which file of a lake is gone or damaged, where a library only says that it failed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile

from pipeline.errors import LakeError
from pipeline.lake.catalog import Lake
from pipeline.lake.snapshot import UNREADABLE, check_snapshot, lost_file, read_lake

FAILURES = (duckdb.Error, pa.ArrowException, OSError, RuntimeError)
"""What reading a damaged file may raise; DuckDB's own words may be no text at all."""

_EXACT = (duckdb.IOException, duckdb.InvalidInputException)

_READ_WHOLE = 256 << 20  # bytes: who waits for an error does not wait for all of a large lake


@contextmanager
def naming_damage(lake: Lake) -> Iterator[None]:
    """Raise a LakeError in the place of what failed because of a data file of the lake.

    Raises:
        LakeError: with the file, and what to do.
    """
    try:
        yield
    except (*FAILURES, *UNREADABLE) as failed:
        damage = _damage(lake, failed)
        if damage:
            raise damage from failed
        raise


def _damage(lake: Lake, failed: Exception) -> LakeError | None:
    views = read_lake(lake).tables.values()
    try:
        files = [file for view in views for file in view.files()]
        if not isinstance(failed, FAILURES):
            for view in views:
                for snapshot in view.table.metadata.snapshots:
                    check_snapshot(view.table.io, lake.location, snapshot)
    except LakeError as damage:
        return damage
    if lake.location.startswith("s3://"):  # there a fetch says itself what is gone
        return None
    return find_damage(lake, files, failed)


def find_damage(lake: Lake, files: Iterable[DataFile], failed: Exception) -> LakeError | None:
    """Return an error that names the one of these files for which something failed.

    Args:
        lake: the lake.
        files: data files that may have been read.
        failed: what was raised; where it cannot be for a file, the files are not looked at.
    """
    if not _may_be_damage(failed):
        return None
    asked = list(files)
    paths = lake.storage.local([file.file_path for file in asked])
    found = _by_size(asked, paths, str(failed))
    if not found and not isinstance(failed, _EXACT):  # those name the file
        found = _by_content(asked, paths)
    return lost_file(lake.location, *found) if found else None


def _by_size(files: Sequence[DataFile], paths: Sequence[str], told: str) -> tuple[str, str] | None:
    """Return the first file that is not there or not of its size, or that was told of."""
    for file, path in zip(files, paths, strict=True):
        what = _state(file, path) or ("damaged" if path in told else "")
        if what:
            return file.file_path, what
    return None


def _by_content(files: Sequence[DataFile], paths: Sequence[str]) -> tuple[str, str] | None:
    """Return the first file that cannot be read; of many, only so much of them is."""
    left = _READ_WHOLE
    for file, path in zip(files, paths, strict=True):
        left -= file.file_size_in_bytes
        if not _is_readable(path, whole=left >= 0):
            return file.file_path, "damaged"
    return None


def _may_be_damage(failed: Exception) -> bool:
    if isinstance(failed, duckdb.Error):
        return type(failed) is duckdb.Error or isinstance(failed, _EXACT)
    return not isinstance(failed, OSError) or failed.errno in (None, errno.ENOENT)


def _state(file: DataFile, path: str) -> str:
    """Say what is wrong with a file by its size, or nothing."""
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        return "missing"
    return "" if size == file.file_size_in_bytes else "damaged"


def _is_readable(path: str, *, whole: bool) -> bool:
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups) if whole else ():
                file.read_row_group(group)
    except (pa.ArrowException, OSError):
        return False
    return True
