"""Take the project's documents apart: code blocks, commands, code spans and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    if path.name not in {"cli.md", "settings.md"}  # generated, and tested with the commands
]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str


def name(path: Path) -> str:
    """Return a document's name for a test's id."""
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[Block]:
    """Return a document's blocks in a language."""
    found = (Block(*match) for match in _FENCE.findall(path.read_text(encoding="utf-8")))
    return [block for block in found if block.language == language]


def commands(text: str) -> list[list[str]]:
    """Return the trailhouse commands at the prompts of a console block, as words.

    What the shell takes away is not among them: a comment, and where the output goes.
    """
    lines = (line[2:] for line in text.splitlines() if line.startswith("$ trailhouse"))
    split = (shlex.split(line, comments=True)[1:] for line in lines)
    return [words[: words.index(">")] if ">" in words else words for words in split]


def spans(path: Path) -> Iterator[str]:
    """Yield the code spans of a document's prose."""
    yield from _SPAN.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> Iterator[str]:
    """Yield the targets of a document's links that are files."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    yield from (target for target in _LINK.findall(text) if "://" not in target)
