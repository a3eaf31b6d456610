"""The DuckDB macros that translated queries call: what Trino has and DuckDB has not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import duckdb

from pipeline.queryfile import content_root

_FOLDER = "dialects"
_MACRO = re.compile(
    r"^create or replace (?:temp )?macro (?P<name>\w+)(?P<rest>.*?;)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_CALL = re.compile(r"\btrino_\w+", re.IGNORECASE)


def make_macros(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make, for one cursor, the macros that a statement calls: to make all would take longer.

    They are temporary, since a question leaves nothing behind that another would see.
    """
    known = definitions()
    made: set[str] = set()
    waiting = _called(sql)
    while waiting:
        name = waiting.pop()
        if name in known and name not in made:
            made.add(name)
            waiting |= _called(known[name])
    for name in known:
        if name in made:
            cursor.execute(f"create or replace temp macro {name}{known[name]}")


def can_fail(name: str) -> bool:
    """Tell whether a macro, or one that it calls, fails by an error of our own."""
    if name == "error":
        return True
    rest = definitions().get(name, "")
    return "error(" in rest or any(can_fail(inner) for inner in _called(rest))


def _called(sql: str) -> set[str]:
    return {name.lower() for name in _CALL.findall(sql)}


@cache
def definitions() -> Mapping[str, str]:
    """Return what follows the name of each macro of `queries/dialects`, in the files' order."""
    folder = content_root() / _FOLDER
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]
    return {
        found["name"].lower(): found["rest"] for text in texts for found in _MACRO.finditer(text)
    }
