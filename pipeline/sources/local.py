"""Log objects on this machine: a file, a folder, or all that match a pattern."""

from __future__ import annotations

import glob
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

import pyarrow as pa

from pipeline.errors import SourceError, UnreadableObject
from pipeline.sources.columns import Columns
from pipeline.sources.layout import is_selected
from pipeline.sources.object import EVERYTHING, LogObject, Selection
from pipeline.sources.stdin import StdinSource
from pipeline.sources.walk import Found, lake_around, walk

_ODD = "file://"
"""Marks a path that is no text: its bytes follow, percent-encoded. Other paths begin with /."""


@dataclass(frozen=True, slots=True)
class LocalSource:
    """Files, given by a path or a pattern; in a folder, all that may be logs.

    A file named outright, or matched by a pattern, is taken whatever it is called. In a
    folder, names that are plainly no logs are left out and counted (see walk.py).
    """

    name: str
    selection: Selection = EVERYTHING
    _left_out: Counter[str] = field(default_factory=Counter, compare=False)

    def find(self) -> Iterator[pa.RecordBatch]:
        """Yield the files, in the order of their names.

        Raises:
            SourceError: there is no such file or folder, or nothing matches the pattern.
        """
        self._left_out.clear()
        columns = Columns()
        chosen = self.selection != EVERYTHING
        for found in self._found():
            uri = to_uri(found.path)
            if chosen and not is_selected(uri, self.selection):
                continue
            if columns.add(uri, found.size, found.modified):
                yield columns.take()
        if columns.uri:
            yield columns.take()

    def read(self, item: LogObject) -> bytes:
        """Return a file's bytes."""
        try:
            stored = _read_regular(item)
        except FileNotFoundError:
            raise UnreadableObject(item.uri, "missing", "the file is gone") from None
        except PermissionError:
            raise UnreadableObject(
                item.uri, "denied", "may not be read by this user", "change its permissions"
            ) from None
        except OSError as error:
            raise UnreadableObject(
                item.uri, "failed", error.strerror or str(error), "run again"
            ) from error
        if item.size is not None and len(stored) != item.size:
            what = f"listed with {item.size} bytes, read with {_up_to(stored, item.size)}"
            raise UnreadableObject(item.uri, "broken", what, "run again when it is written")
        return stored

    def compared(self, listed: pa.Table, new: pa.Table) -> None:
        """Nothing to do: files stay where they are."""

    def committed(self, items: Sequence[LogObject]) -> None:
        """Nothing to do: files stay where they are."""

    def problems(self) -> list[str]:
        """Return what was left out of folders."""
        left_out = sorted((+self._left_out).items())
        return [f"{self.name}: {n} left out ({why})" for why, n in left_out]

    def _found(self) -> Iterator[Found]:
        path = _absolute(to_path(self.name))
        if os.path.isdir(path):
            yield from walk([path], self._left_out)
        elif os.path.lexists(path):
            yield _named(path)
        else:
            yield from self._matching(path)

    def _matching(self, pattern: str) -> Iterator[Found]:
        """Yield what matches but lies in a lake below the pattern's fixed part.

        Folders are walked, and files are not given twice for it.
        """
        matches = sorted(glob.iglob(pattern, recursive=True)) if glob.has_magic(pattern) else []
        if not matches:
            raise _nothing_at(self.name)
        known: dict[str, str] = {}
        top = _fixed(pattern)
        folders: list[str] = []
        files: list[str] = []
        for match in matches:
            is_folder = os.path.isdir(match)
            path = os.path.normpath(match)
            if not lake_around(path if is_folder else os.path.dirname(path), top, known):
                (folders if is_folder else files).append(path if is_folder else match)
        walked = set()
        for found in walk(folders, self._left_out):
            walked.add(found.path)
            yield found
        lakes = {lake for lake in known.values() if lake}
        self._left_out["lakes"] += sum(not _is_below(lake, folders) for lake in lakes)
        for match in files:
            if match not in walked:
                yield _named(match)


def _read_regular(item: LogObject) -> bytes:
    """Read a file as far as one byte beyond what was listed.

    Devices, pipes and sockets behind a link may give bytes without end or never give one, and a
    file may grow as fast as it is read.
    """
    with open(to_path(item.uri), "rb", opener=_open_at_once) as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise UnreadableObject(item.uri, "failed", "is no regular file", "name a file of logs")
        return file.read((facts.st_size if item.size is None else item.size) + 1)


def _up_to(stored: bytes, listed: int) -> str:
    return str(len(stored)) if len(stored) <= listed else "more"


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting, as opening a pipe would for who writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def open_local(text: str, selection: Selection) -> LocalSource | StdinSource:
    """Return a source of files after a look whether there are any.

    A pipe under a path, as a shell's `<(…)` gives, is read like standard input.

    Raises:
        SourceError: there is no such file or folder, or nothing matches the pattern.
    """
    if not text:
        raise SourceError("a source without a name", "give a path; the current folder is .")
    path = _absolute(text)
    if _is_pipe(path):
        return StdinSource(text, path)
    if not os.path.lexists(path) and (
        not glob.has_magic(path) or next(glob.iglob(path, recursive=True), None) is None
    ):
        raise _nothing_at(text)
    return LocalSource(to_uri(text), selection)


def to_uri(path: str) -> str:
    r"""Return a path as text that can be stored, and turned back without loss.

    >>> to_uri("/logs/a.json"), to_uri("/logs/\udcff%.json")
    ('/logs/a.json', 'file:///logs/%FF%25.json')
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return _ODD + quote(os.fsencode(path))
    return path


def to_path(uri: str) -> str:
    r"""Return the path that a uri was made from.

    >>> to_path("file:///logs/%FF%25.json")
    '/logs/\udcff%.json'
    """
    if uri.startswith(_ODD):
        return os.fsdecode(unquote_to_bytes(uri.removeprefix(_ODD)))
    return uri


def _absolute(text: str) -> str:
    return os.path.abspath(os.path.expanduser(text))


def _fixed(pattern: str) -> str:
    """Return the folder that all matches of a pattern lie in.

    >>> _fixed("/logs/*/2026/x"), _fixed("/logs/a*"), _fixed("/*")
    ('/logs', '/logs', '/')
    """
    parts = pattern.split(os.sep)
    magic = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    return os.sep.join(parts[:magic]) or os.sep


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path.startswith(os.path.join(folder, "")) for folder in folders)


def _is_pipe(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _named(path: str) -> Found:
    """Return a file that was asked for by name; reading it says what is wrong with it."""
    try:
        facts = os.stat(path)
    except OSError:
        return Found(path, None, None)
    return Found(path, facts.st_size, facts.st_mtime_ns // 1000)


def _nothing_at(text: str) -> SourceError:
    if glob.has_magic(text):
        return SourceError(f"nothing matches {text}", "check the pattern; ** crosses folders")
    return SourceError(f"no file or folder {text}", "check the path; buckets begin with s3://")
