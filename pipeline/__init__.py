"""Trailhouse: a lakehouse for AWS CloudTrail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.ask.session import Session as Session
    from pipeline.ask.session import open_lake as open_lake

__version__ = "0.1.0"

_LAZY = {"open_lake": "pipeline.ask.session", "Session": "pipeline.ask.session"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: `import pipeline` alone costs nothing."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
