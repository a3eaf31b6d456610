"""Where in a TOML file a key is set."""

from __future__ import annotations

import re
from pathlib import Path


def place_of(place: Path | None, text: str, keys: list[str]) -> str:
    """Return the file, and the line if it can be found, that sets a key."""
    line = find_line(text, keys)
    return f"{place}:{line}" if line else str(place)


def find_line(text: str, keys: list[str]) -> int | None:
    """Return the line of a TOML text on which a key is set, or its table begins.

    Good enough for messages: keys within an inline table are found on its line.

    >>> find_line('lake = "x"\\n[s3]\\nprofile = "y"', ["s3", "profile"])
    3
    """
    table: list[str] = []
    arrays: dict[str, int] = {}
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header and not line.lstrip().startswith(("[[[", '["', "['")):
            table = [part.strip(" \"'") for part in header[2].split(".")]
            if header[1] == "[[":
                arrays[header[2]] = arrays.get(header[2], -1) + 1
            if table[0] in arrays:
                table.insert(1, str(arrays[table[0]]))
            path = table
        else:
            key = re.match(r"\s*([\w\"'.-]+)\s*=", line)
            if not key:
                continue
            path = table + [part.strip(" \"'") for part in key[1].split(".")]
        if path == keys[: len(path)] and len(path) > depth:
            best, depth = number, len(path)
    return best
