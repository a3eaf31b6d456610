"""Walk folders for files that may hold logs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.sources.layout import is_other_service

_NO_LOGS = {
    **dict.fromkeys(
        (".parquet", ".avro", ".orc", ".arrow", ".duckdb", ".db", ".sqlite", ".sqlite3"),
        "tables and databases",
    ),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), "archives to unpack first"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".pdf", ".xlsx", ".docx"), "documents"),
    **dict.fromkeys((".py", ".pyc", ".so", ".exe", ".dll", ".jar", ".whl"), "programs"),
}
"""Endings of what cannot be a log, whatever is in it, and what to call that."""

_TRUTH = ("truth.json", "truth-keys.parquet", "truth-sessions.parquet")
_LAKE = ("catalog.db", "tables")
_FACTS = "tables/cloudtrail_logs"


class Found(NamedTuple):
    """A file: its path, its size and when it was modified (microseconds since 1970, UTC)."""

    path: str
    size: int | None
    modified: int | None


def walk(folders: Sequence[str], left_out: Counter[str]) -> Iterator[Found]:
    """Yield every file below the folders that may be a log, sorted by name.

    Every folder is looked at once, however many links lead to it, which also ends loops.
    Folders come before links to folders, so that a file is found under its own name where it
    has one. A folder or file that may not be looked at is given with nothing known: reading
    it then says why, and the object is on record as failed rather than missed.

    Args:
        folders: absolute paths.
        left_out: counts what is left out, by why: hidden files, what a simulation tells of
            itself, lakes, logs of other services and endings that cannot be logs.
    """
    seen: set[tuple[int, int]] = set()
    links: list[str] = []
    waiting = list(reversed(folders))
    while waiting or links:
        folder = waiting.pop() if waiting else links.pop(0)
        try:
            facts = os.stat(folder)
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError:
            yield Found(folder + os.sep, None, None)
            continue
        why = _no_logs_in(folder, entries)
        if why:
            left_out[why] += 1
            continue
        below: list[str] = []
        yield from _files(entries, below, links, left_out)
        waiting += reversed(below)


def _files(
    entries: Sequence[os.DirEntry[str]], below: list[str], links: list[str], left_out: Counter[str]
) -> Iterator[Found]:
    """Yield the files of one folder; put its folders into `below` and `links`."""
    for entry in entries:
        name = entry.name
        why = _no_log(name)
        if why:
            left_out[why] += 1
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
            elif entry.is_dir():
                links.append(entry.path)
            elif entry.is_file():
                facts = entry.stat()
                yield Found(entry.path, facts.st_size, facts.st_mtime_ns // 1000)
            elif entry.is_symlink() and not os.path.exists(entry.path):
                yield Found(entry.path, None, None)
            else:
                left_out["no regular files"] += 1
        except FileNotFoundError:
            continue
        except OSError:
            yield Found(entry.path, None, None)


def _no_log(name: str) -> str:
    """Say why a name in a folder is no log, or nothing."""
    if name[0] == ".":
        return "hidden"
    if name in _TRUTH:
        return "a simulation's truth"
    return _NO_LOGS.get(os.path.splitext(name)[1].lower(), "")


def _no_logs_in(folder: str, entries: Sequence[os.DirEntry[str]]) -> str:
    """Say why a folder holds no logs, or nothing."""
    if is_other_service(folder + os.sep):
        return "folders of other services' logs"
    if len(entries) < 100 and any(entry.name == _LAKE[1] for entry in entries):
        return "lakes" if is_lake(folder) else ""
    return ""


def is_lake(folder: str) -> bool:
    """Tell whether a folder is a lake, whose catalog may lie elsewhere."""
    return all(os.path.exists(os.path.join(folder, name)) for name in _LAKE) or os.path.isdir(
        os.path.join(folder, _FACTS)
    )


def lake_around(folder: str, top: str, known: dict[str, str]) -> str:
    """Return the lake that a folder is or lies in, looking up no further than `top`; or nothing.

    Args:
        folder: an absolute path at or below `top`.
        top: where to stop.
        known: what was found for folders before; added to.
    """
    if folder not in known:
        above = os.path.dirname(folder) if len(folder) > len(top) else ""
        around = lake_around(above, top, known) if above else ""
        known[folder] = around or (folder if is_lake(folder) else "")
    return known[folder]
