"""What the documents say can be done: commands run, examples hold, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline.ask.library.folder import Library
from pipeline.cli.main import run, trailhouse
from pipeline.cli.query import question_command
from pipeline.cli.reference import commands as all_commands
from pipeline.lake.meanings import MEANINGS
from pipeline.lake.reference import tables_reference
from pipeline.lake.schema import TABLES
from pipeline.models.document import models_reference
from pipeline.models.graph import load_models
from pipeline.settings import load_settings
from tests.project.documents import DOCUMENTS, ROOT, blocks, commands, links, name, spans

README, GUIDE = ROOT / "README.md", ROOT / "docs/guide.md"
QUESTIONS = [question_command(question, Library()) for question in Library().questions()]
OPTIONS = {
    option
    for context in [*map(click.Context, QUESTIONS), *(context for _, context in all_commands())]
    for parameter in context.command.get_params(context)
    for option in parameter.opts
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, with no settings of whoever runs the tests."""
    for variable in os.environ:
        if variable.startswith("TRAILHOUSE_"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)


def _parse(words: list[str]) -> None:
    """Parse a command line as the program would, without running it."""
    command: click.Command = trailhouse
    context = click.Context(trailhouse, info_name="trailhouse")
    while isinstance(command, click.Group) and words and words[0][0] != "-":
        found = command.get_command(context, words.pop(0))
        assert found is not None, "no such command"
        command = found
    if words and words != ["--help"] and words != ["--version"]:
        command.make_context("trailhouse", words, parent=context)


def _console() -> Iterator[tuple[str, list[str]]]:
    for path in DOCUMENTS:
        for block in blocks(path, "console"):
            yield from ((name(path), words) for words in commands(block.text))


@pytest.mark.parametrize(("document", "words"), list(_console()))
def test_every_command_shown_exists(document: str, words: list[str]) -> None:
    """Commands, options and arguments at the prompts of documents are those there are."""
    _parse(list(words))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_command_named_exists(path: Path) -> None:
    """A command or an option that the prose names is one there is."""
    known = dict(all_commands())
    for span in spans(path):
        if match := re.match(r"trailhouse((?: [a-z]+)+)", span):
            words = match[1].split()
            assert f"trailhouse {words[0]}" in known, span
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", span):
            is_ours = span.startswith(("trailhouse ", "--"))
            assert not is_ours or option in OPTIONS, span


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_make_target_named_exists(path: Path) -> None:
    """A make target that a document names is one there is."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z]+)", text, re.M):
        assert target in targets, f"make {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_to_files(path: Path) -> None:
    """A link to a file of the project finds it."""
    for target in links(path):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_settings_shown_can_be_read(path: Path, tmp_path: Path) -> None:
    """Every piece of trailhouse.toml in the documents is read without a complaint."""
    for number, block in enumerate(blocks(path, "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block.text, encoding="utf-8")
        load_settings(file=file)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_json_shown_is_json(path: Path) -> None:
    """Every JSON block parses."""
    for block in blocks(path, "json"):
        json.loads(block.text)


@pytest.mark.soak
def test_the_documents_do_what_they_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's commands and the Python of README and guide run, from trails to answers."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")  # the other is not installed
    (story,) = (b for b in blocks(README, "console") if "trailhouse simulate" in b.text)
    for words in commands(story.text):
        assert run(words) == 0, words
    out = capsys.readouterr().out
    assert "s3.amazonaws.com" in out
    for path in (README, GUIDE):
        for block in blocks(path, "python"):
            exec(compile(block.text, name(path), "exec"), {})
    assert "2026-03-02" in capsys.readouterr().out


def test_the_column_reference_is_not_stale() -> None:
    """docs/tables.md is what the schemas are; make docs writes it."""
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == tables_reference()


def test_the_model_reference_is_not_stale() -> None:
    """docs/models.md is what the models say of themselves; make docs writes it."""
    assert (ROOT / "docs/models.md").read_text(encoding="utf-8") == models_reference()


def test_every_column_of_a_model_has_its_meaning() -> None:
    """What a model's header leaves empty would be an empty cell in docs/models.md."""
    silent = [
        f"{m.name}.{name}" for m in load_models() for name, told in m.columns.items() if not told
    ]
    assert silent == []


def test_every_column_has_its_meaning() -> None:
    """The meanings are of the columns there are, in their order."""
    for spec in TABLES.values():
        assert list(MEANINGS[spec.name]) == [f.name for f in spec.schema.fields]
    assert list(MEANINGS) == list(TABLES)
