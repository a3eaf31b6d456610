"""Where a lake's files are: a local folder, or a bucket with a local read-through cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pipeline.errors import LakeError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_DOWNLOADS = 32


class Storage(Protocol):
    """Files of one lake, named by absolute location.

    Every file is written once under a name of its own and never changed, which is what
    makes caching and reading without locks right.
    """

    @property
    def location(self) -> str:
        """The lake's own location, absolute and without a trailing slash."""
        ...

    def workspace(self) -> Path:
        """Return a local folder for files in the making, on the lake's own disk if it has one."""
        ...

    def put(self, local: Path, name: str) -> str:
        """Move a finished file to `name` below the lake; return its absolute location."""
        ...

    def local(self, locations: Sequence[str]) -> list[str]:
        """Return local paths of these files, fetching what is not here yet."""
        ...

    def list(self, folder: str) -> Iterator[tuple[str, float, int]]:
        """Yield (location, modified as Unix seconds, bytes) of every file below a folder."""
        ...

    def remove(self, locations: Sequence[str]) -> None:
        """Delete files; one that is gone already is no error."""
        ...

    def clean(self, named: Collection[str], before: float, *, dry_run: bool = False) -> int:
        """Remove from this machine what was left in the making and copies not named any more.

        Args:
            named: locations whose copies stay.
            before: only what was last modified before this time, in Unix seconds.
            dry_run: only count.

        Returns:
            The bytes freed.
        """
        ...


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """A lake in a folder of this machine."""

    location: str

    def workspace(self) -> Path:
        """Return the lake's own folder for files in the making."""
        folder = Path(self.location, "making")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put(self, local: Path, name: str) -> str:
        """Flush a finished file to disk and move it into place."""
        target = Path(self.location, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with local.open("rb") as written:
            os.fsync(written.fileno())
        local.replace(target)
        return str(target)

    def local(self, locations: Sequence[str]) -> list[str]:
        """Return the locations: they are local paths."""
        return list(locations)

    def list(self, folder: str) -> Iterator[tuple[str, float, int]]:
        """Walk a folder of the lake."""
        for parent, _, names in os.walk(Path(self.location, folder)):
            for name in names:
                path = Path(parent, name)
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue
                yield str(path), facts.st_mtime, facts.st_size

    def remove(self, locations: Sequence[str]) -> None:
        """Delete files of the lake."""
        for location in locations:
            Path(location).unlink(missing_ok=True)

    def clean(self, named: Collection[str], before: float, *, dry_run: bool = False) -> int:
        """Remove what was left in the making."""
        return _clear(Path(self.location, "making").glob("*"), before, dry_run)


@dataclass(frozen=True, slots=True)
class S3Storage:
    """A lake in a bucket: files are made here, uploaded once, and cached when read."""

    location: str
    store: ObjectStore
    cache: Path

    def workspace(self) -> Path:
        """Return a local folder for files on their way up."""
        folder = self.cache / "making"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put(self, local: Path, name: str) -> str:
        """Upload a finished file and keep it as the cached copy."""
        import obstore

        location = f"{self.location}/{name}"
        obstore.put(self.store, self._key(location), local)
        cached = self._cached(location)
        cached.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(local, cached)
        return location

    def local(self, locations: Sequence[str]) -> list[str]:
        """Download what the cache lacks, many at a time."""
        missing = [place for place in locations if not self._cached(place).exists()]
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            list(pool.map(self._download, missing))
        return [str(self._cached(place)) for place in locations]

    def list(self, folder: str) -> Iterator[tuple[str, float, int]]:
        """List a folder of the lake."""
        import obstore

        base = urlsplit(self.location)
        prefix = self._key(f"{self.location}/{folder}")
        for page in obstore.list(self.store, prefix=prefix):
            for item in page:
                where = f"s3://{base.netloc}/{item['path']}"
                yield where, item["last_modified"].timestamp(), item["size"]

    def remove(self, locations: Sequence[str]) -> None:
        """Delete objects and their cached copies."""
        import obstore

        for start in range(0, len(locations), 1000):
            obstore.delete(self.store, [self._key(place) for place in locations[start:][:1000]])
        for place in locations:
            self._cached(place).unlink(missing_ok=True)

    def clean(self, named: Collection[str], before: float, *, dry_run: bool = False) -> int:
        """Remove what was left in the making, and cached copies of files not named any more."""
        kept = {self._cached(location) for location in named}
        copies = (path for path in self.cache.glob("[0-9a-f][0-9a-f]/*") if path not in kept)
        making = (self.cache / "making").glob("*")
        return _clear(chain(making, copies), before, dry_run)

    def _key(self, location: str) -> str:
        return urlsplit(location).path.lstrip("/")

    def _cached(self, location: str) -> Path:
        name = sha256(location.encode()).hexdigest()
        return self.cache / name[:2] / f"{name}{Path(location).suffix}"

    def _download(self, location: str) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        target = self._cached(location)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self.workspace())
        with os.fdopen(handle, "wb") as out:
            try:
                stored = obstore.get(self.store, self._key(location))
            except NotFoundError as missing:
                raise LakeError(
                    f"lake {self.location}: {location} is missing",
                    "restore it from a copy of the lake",
                ) from missing
            for piece in stored.stream():
                out.write(piece)
        os.replace(part, target)


def _clear(paths: Iterable[Path], before: float, dry_run: bool) -> int:
    freed = 0
    for path in paths:
        inside = [path, *path.rglob("*")] if path.is_dir() else [path]
        try:
            facts = [item.stat() for item in inside]
        except FileNotFoundError:
            continue  # its writer is done with it
        if max(fact.st_mtime for fact in facts) > before:
            continue
        freed += sum(
            fact.st_size for fact, item in zip(facts, inside, strict=True) if not item.is_dir()
        )
        if not dry_run and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not dry_run:
            path.unlink(missing_ok=True)
    return freed


@contextmanager
def making(storage: Storage, suffix: str = ".parquet") -> Iterator[Path]:
    """Give a name for a file in the making; what is left of it afterwards is removed."""
    handle, name = tempfile.mkstemp(dir=storage.workspace(), suffix=suffix)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def check_location(text: str) -> str:
    """Return a lake's location in its one form: absolute, without a trailing slash.

    Raises:
        LakeError: a scheme that lakes do not live on, or a path that its catalog cannot hold.
    """
    scheme, mark, _ = text.partition("://")
    if not mark:
        return _check_path(os.path.abspath(os.path.expanduser(text)))
    if scheme != "s3":
        raise LakeError(f"lake {text}: no lake on {scheme}://", "give a folder or an s3:// prefix")
    return text.rstrip("/")


def _check_path(path: str) -> str:
    """Refuse what would lead the catalog's database elsewhere, or cannot be written down."""
    if "?" in path or not _is_text(path):
        raise LakeError(
            f"lake {path}: its path holds a ? or bytes that are no text", "give it another path"
        )
    if os.path.exists(path) and not os.path.isdir(path):
        raise LakeError(f"lake {path}: it is a file", "give a folder")
    return path


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in path
