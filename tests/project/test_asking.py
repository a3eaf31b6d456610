"""What docs/asking.md shows is what the commands print: on the demo's events, run in its order."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pipeline.cli.main import run
from tests.project.documents import ROOT, Prompt, blocks, prompts

ASKING = ROOT / "docs/asking.md"
_WIDTH = "96"
_MOMENT = r"\d{4}-\d\d-\d\dT[\d:]+Z"
_STYLE = re.compile(r"\x1b\[[\d;]*m")
_OF_THE_RUN = (
    re.compile(rf"(?<=as of ){_MOMENT}"),
    re.compile(rf"(?<=valid until ){_MOMENT}"),
    re.compile(rf"(?<=snapshot   )\d+, {_MOMENT}"),
    re.compile(r"[\d.]+ [kM]B"),
    re.compile(r"\d+ (?=tables?,|views? of models|functions? of Athena's)"),
)
"""What differs from run to run: when the lake was filled, how well its files are packed; and how
many models there are, which is not what the document is about."""


class _Screen(io.TextIOWrapper):
    """Standard output or standard error, of which one is a terminal."""

    def __init__(self, buffer: io.BytesIO, *, is_terminal: bool) -> None:
        super().__init__(buffer, encoding="utf-8", write_through=True)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        """Tell whether a person is looking."""
        return self.is_terminal


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, as at a terminal, with no settings of whoever runs the tests."""
    for name in os.environ:
        if name.startswith("TRAILHOUSE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", _WIDTH)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)


def _printed(prompt: Prompt) -> str:
    """Return what a command prints on a terminal: notes and answer, in their order."""
    said = io.BytesIO()
    terminal, beside = _Screen(said, is_terminal=True), _Screen(said, is_terminal=False)
    with redirect_stdout(terminal), redirect_stderr(beside):
        run(prompt.words[1:])
    lines = _STYLE.sub("", said.getvalue().decode()).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _masked(text: str) -> str:
    for pattern in _OF_THE_RUN:
        text = pattern.sub("…", text)
    return text.rstrip("\n")


def _shown(prompt: Prompt) -> str:
    """Return a prompt as the document has it, with what its command prints now.

    What was printed before stays where only what differs from run to run is different.
    """
    typed = "$ " + prompt.line.replace("\n", "\n> ") + "\n"
    if prompt.words[0] == "cd":
        os.chdir(prompt.words[1])
        return typed
    printed = _printed(prompt)
    if prompt.is_redirected:
        return typed
    kept = prompt.output if _masked(printed) == _masked(prompt.output) else printed
    return typed + kept.strip("\n") + "\n\n"


def _answered(text: str) -> str:
    """Return a console block with what its commands print now, run one after the other."""
    return "".join(_shown(prompt) for prompt in prompts(text)).rstrip("\n") + "\n"


@pytest.mark.soak
def test_every_answer_is_what_its_command_prints(request: pytest.FixtureRequest) -> None:
    """The document's commands, run in their order, print what stands below them.

    The Python runs too. With --refresh-golden what they print is written into the document.
    """
    text = ASKING.read_text(encoding="utf-8")
    for block in blocks(ASKING, "console"):
        text = text.replace(f"\n{block.text}```", f"\n{_answered(block.text)}```")
    if request.config.getoption("--refresh-golden"):
        ASKING.write_text(text, encoding="utf-8")
    assert text == ASKING.read_text(encoding="utf-8"), "if so wanted: --refresh-golden"
    for block in blocks(ASKING, "python"):
        exec(compile(block.text, "docs/asking.md", "exec"), {})
