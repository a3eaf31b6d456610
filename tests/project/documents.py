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
_PROMPT = re.compile(r"^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", re.M)
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


def blocks(document: Path | str, language: str) -> list[Block]:
    """Return a document's, or a text's, blocks in a language."""
    text = document if isinstance(document, str) else document.read_text(encoding="utf-8")
    found = (Block(*match) for match in _FENCE.findall(text))
    return [block for block in found if block.language == language]


@dataclass(frozen=True)
class Prompt:
    """A command at a prompt, and what is shown below it.

    Attributes:
        line: what is typed, over several lines where a quotation goes on.
        output: the lines below it.
    """

    line: str
    output: str

    @property
    def words(self) -> list[str]:
        """The command as words, without what the shell takes away: comments, where output goes."""
        split = shlex.split(self.line, comments=True)
        return split[: split.index(">")] if ">" in split else split

    @property
    def is_redirected(self) -> bool:
        """Whether the output goes to a file."""
        return ">" in shlex.split(self.line, comments=True)


def prompts(text: str) -> list[Prompt]:
    """Return the commands of a console block.

    >>> prompts("$ ls 'a" + chr(10) + "> b'" + chr(10) + "found")
    [Prompt(line="ls 'a\\nb'", output='found\\n')]
    """
    return [
        Prompt(match[1].replace("\n> ", "\n"), match[2]) for match in _PROMPT.finditer(text + "\n")
    ]


def commands(text: str) -> list[list[str]]:
    """Return the trailhouse commands at the prompts of a console block, as words."""
    found = (prompt for prompt in prompts(text) if prompt.line.startswith("trailhouse"))
    return [prompt.words[1:] for prompt in found]


def spans(path: Path) -> Iterator[str]:
    """Yield the code spans of a document's prose."""
    yield from _SPAN.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> Iterator[str]:
    """Yield the targets of a document's links that are files."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    yield from (target for target in _LINK.findall(text) if "://" not in target)
