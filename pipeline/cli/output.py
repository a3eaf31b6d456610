"""Where a command's data goes, and in which format; a file appears when it is whole."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.errors import UsageError

FORMATS = ("table", "csv", "json", "jsonl", "parquet")
_ENDINGS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "table",
}


@dataclass(frozen=True, slots=True)
class Output:
    """What the output options said.

    Attributes:
        asked: the format that was asked for.
        path: the file to write; None: standard output.
        raw_csv: whether CSV cells are left as they are.
        max_rows: rows of a table; 0: all.
    """

    asked: str | None = None
    path: Path | None = None
    raw_csv: bool = False
    max_rows: int = 100

    @property
    def format(self) -> str:
        """The format: as asked, by the file's ending, or by who reads it.

        Raises:
            UsageError: the file's ending is none of ours.
        """
        if self.asked:
            return self.asked
        if self.path and self.path.suffix:
            ending = self.path.suffix.lower()
            if ending not in _ENDINGS:
                raise UsageError(
                    f"--output {self.path}: no format ends with {ending}",
                    f"give --format, or an ending of {', '.join(_ENDINGS)}",
                )
            return _ENDINGS[ending]
        if self.path:
            return "jsonl"
        return "table" if sys.stdout.isatty() else "jsonl"

    @property
    def is_terminal(self) -> bool:
        """Whether what is written drives a terminal."""
        return self.path is None and sys.stdout.isatty()

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the place to write bytes to.

        Raises:
            UsageError: Parquet to a terminal, a folder, or a file that cannot be made.
        """
        if self.path is None:
            if self.format == "parquet" and sys.stdout.isatty():
                raise UsageError(
                    "parquet is not for a terminal", "give --output FILE, or another --format"
                )
            sys.stdout.flush()
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif self.path.is_dir():
            raise UsageError(f"--output {self.path}: is a folder", "name a file in it")
        elif self.path.exists() and not self.path.is_file():
            with self.path.open("wb") as device:
                yield device
        else:
            with _making(self.path.resolve()) as file:
                yield file


@contextmanager
def _making(path: Path) -> Iterator[IO[bytes]]:
    """Write beside the file, and put it in place when all went well."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as wrong:
        raise UsageError(
            f"--output {path}: {(wrong.strerror or str(wrong)).lower()}",
            "name a file in a folder you can write to",
        ) from wrong
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask for new files, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
