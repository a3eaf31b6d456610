"""An ingest in a process of its own, to be killed: anywhere from outside, or at a chosen call."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from pipeline.errors import LakeBusy
from pipeline.ingest.run import IngestOptions
from pipeline.lake.catalog import open_lake
from pipeline.sources.open import open_source
from pipeline.steps.ingest import ingest

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__])

KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Fuse:
    """A call at which the process kills itself.

    Attributes:
        where: module and function, as `pipeline.ingest.finish:follow`.
        call: at which call of it, from 1.
        after: whether the call is made first.
    """

    where: str
    call: int = 1
    after: bool = False

    def lay(self) -> None:
        """Put the fuse in the function's place."""
        module_name, _, name = self.where.partition(":")
        owner: Any = import_module(module_name)
        *parents, name = name.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, name, self._burning(getattr(owner, name)))

    def _burning(self, function: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def burn(*args: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == self.call and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*args, **named)
            if calls == self.call:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return burn


def start(lake: Path, source: Path, fuse: Fuse | None = None, **options: Any) -> ForkServerProcess:
    """Start an ingest; its exit code is 0 when it has taken everything in."""
    process = _server.Process(target=run, args=(str(lake), str(source), fuse, options))
    process.start()
    return process


def run(lake: str, source: str, fuse: Fuse | None, options: dict[str, Any]) -> None:
    """Ingest, in the process started for it."""
    if fuse:
        fuse.lay()
    while True:
        try:
            ingest(open_lake(lake, create=True), [open_source(source)], IngestOptions(**options))
        except LakeBusy:
            continue
        return


def finish(process: ForkServerProcess, within: float = 400) -> int:
    """Wait for a process and return its exit code."""
    process.join(within)
    assert process.exitcode is not None, "the ingest does not end"
    return process.exitcode
