"""Help and references: whole, with examples, and as the code is."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from pipeline.cli.group import LazyGroup, Option
from pipeline.cli.main import trailhouse
from pipeline.cli.reference import (
    EXAMPLE,
    cli_reference,
    commands,
    help_text,
    settings_reference,
)
from pipeline.settings import load_settings, names

DOCS = Path(__file__).parent.parent.parent / "docs"
COMMANDS = dict(commands())
EXAMPLES = {words: getattr(context.command, "examples", ()) for words, context in COMMANDS.items()}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the width from the reference, not from a terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.mark.parametrize("words", COMMANDS)
def test_help_is_as_agreed(words: str, golden: Callable[[str, str], None]) -> None:
    """The help of every command is the golden one."""
    golden(f"help/{words.replace(' ', '-')}.txt", help_text(COMMANDS[words]))


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_explained(words: str) -> None:
    """A command has a text, examples that call it, and a help for every option."""
    command = COMMANDS[words].command
    assert command.help
    assert any(words in example for example in EXAMPLES[words]), "an example calls the command"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts}"
            assert isinstance(parameter, Option), f"{words} {parameter.opts} is in no section"


@pytest.mark.parametrize("example", [e for told in EXAMPLES.values() for e in told])
def test_examples_can_be_called(example: str) -> None:
    """Every command, option and argument of every example exists."""
    called = re.search(r"trailhouse (?!-demo)(?P<rest>[^|>]*)", example)
    assert called
    arguments = shlex.split(called["rest"].removesuffix(')"').split(')"  ')[0], comments=True)
    command: click.Command = trailhouse
    context = click.Context(trailhouse, info_name="trailhouse")
    while isinstance(command, click.Group) and arguments[:1] and arguments[0][0] != "-":
        found = command.get_command(context, arguments.pop(0))
        assert found is not None
        command = found
    if "--help" not in arguments:
        command.make_context("trailhouse", arguments, parent=context)


def test_every_listed_command_is_in_a_section() -> None:
    """No command is hidden from the help by mistake."""
    assert isinstance(trailhouse, LazyGroup)
    listed = trailhouse.list_commands(click.Context(trailhouse))
    assert sorted(listed) == sorted(trailhouse.lazy)


def test_the_command_reference_is_not_stale() -> None:
    """docs/cli.md is what the commands say; make docs writes it."""
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == cli_reference()


def test_the_settings_reference_is_not_stale() -> None:
    """docs/settings.md is what the settings are; make docs writes it."""
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert text == settings_reference()
    for name in set(names()) - {"sources"}:
        assert f"`{name.rpartition('.')[2]}`" in text


def test_the_example_of_the_settings_holds(tmp_path: Path) -> None:
    """The trailhouse.toml of the documentation can be read."""
    tomllib.loads(EXAMPLE)
    (tmp_path / "trailhouse.toml").write_text(EXAMPLE)
    settings = load_settings(file=tmp_path / "trailhouse.toml").settings
    assert settings.sources[0].s3.role_arn
    assert settings.sources[0].start == "30d"
