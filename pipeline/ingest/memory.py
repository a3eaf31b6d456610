"""Keep a process that ingests small: how it takes memory, and when it gives it back."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
_ARENAS = 4  # of the main thread, the lease's, and two decoders; readers take little


def tune_memory() -> None:
    """Have this whole process take memory in few places; for programs, not for libraries.

    Some twenty threads take and free pieces of many sizes. With an arena for each thread and
    Arrow's own pool beside them, twenty million events peaked at 1,289 MiB, of which 300 are
    holes; with two arenas, no other pool and smaller batches, at 1,013 MiB. But decoders that
    share an arena wait for each other: with one too few, every third ingest took a quarter
    longer, with three times the switches between threads.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    _call("mallopt", _ARENA_MAX, _ARENAS)


def release_memory() -> None:
    """Return what is held for later use to the system."""
    pa.default_memory_pool().release_unused()
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    """Call a function that glibc has and other C libraries may not."""
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)
        if function is not None:
            function(*arguments)
