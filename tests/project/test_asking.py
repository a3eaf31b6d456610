"""What docs/asking.md shows is what the commands print: on the demo's events, run in its order."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import pipeline
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

_NAMES = re.compile(r"<!-- The demo's: (.+) -->")
_SUBJECTS = (
    "select useridentity.username from cloudtrail_logs"
    " where sourceipaddress = '203.0.113.66' and eventname = 'CreateUser'",
    "select requestparameters ->> '$.userName' from cloudtrail_logs"
    " where sourceipaddress = '203.0.113.66' and eventname = 'CreateUser'",
    "select requestparameters ->> '$.bucketName' from cloudtrail_logs"
    " where useridentity.accountid = 'anonymous'",
    "select requestparameters ->> '$.tableName' from cloudtrail_logs"
    " where eventname = 'DeleteTable' and useridentity.arn like '%:assumed-role/BreakGlass%'",
    "select left(eventid, 8) from cloudtrail_logs"
    " where eventname = 'DeleteTable' and useridentity.arn like '%:assumed-role/BreakGlass%'",
    "select left(eventid, 8) from cloudtrail_logs"
    " where eventname = 'DeactivateMFADevice' and sourceipaddress = '198.51.100.9'",
    "select responseelements ->> '$.accessKey.accessKeyId' from cloudtrail_logs"
    " where eventname = 'CreateAccessKey' and sourceipaddress = '198.51.100.9'",
)
"""Who and what incidents are about: a thief's two users, a bucket, a table, two events, a key."""


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
    return text


def _shown(prompt: Prompt) -> str:
    """Return a prompt as the document has it, with what its command prints now."""
    typed = "$ " + prompt.line.replace("\n", "\n> ") + "\n"
    if prompt.words[0] == "cd":
        os.chdir(prompt.words[1])
        return typed
    printed = _printed(prompt)
    return typed if prompt.is_redirected else f"{typed}{printed.strip(chr(10))}\n\n"


def _answered(text: str) -> str:
    """Return a console block with what its commands print now, run one after the other."""
    return "".join(_shown(prompt) for prompt in prompts(text)).rstrip("\n") + "\n"


def _subjects() -> list[str]:
    """Return what the demo's lake has for the document's names: its people draw theirs by lot."""
    with pipeline.open_lake("lake") as lake:
        return [str(lake.sql(query).rows()[0][0]) for query in _SUBJECTS]


def _renamed(text: str) -> str:
    """Return a document with the names that the demo has now; they are in its comment, in order."""
    found = _NAMES.search(text)
    assert found
    for old, new in zip(found[1].split(), _subjects(), strict=True):
        text = text.replace(old, new)
    return text


@pytest.mark.soak
def test_every_answer_is_what_its_command_prints(request: pytest.FixtureRequest) -> None:
    """The document's commands, run in their order, print what stands below them.

    The Python runs too. With --refresh-golden what they print is written into the document, with
    the names that a changed simulation gives; then read whether the prose still says what they do.
    """
    text = ASKING.read_text(encoding="utf-8")
    _answered(blocks(text, "console")[0].text)
    now = _renamed(text)
    for block in blocks(now, "console")[1:]:
        now = now.replace(f"\n{block.text}```", f"\n{_answered(block.text)}```")
    if request.config.getoption("--refresh-golden") and _masked(now) != _masked(text):
        ASKING.write_text(now, encoding="utf-8")
        text = now
    assert _masked(now) == _masked(text), "if so wanted: --refresh-golden"
    for block in blocks(now, "python"):
        exec(compile(block.text, "docs/asking.md", "exec"), {})
