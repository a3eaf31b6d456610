"""The project as a whole: what is declared is what is used, and every file keeps to the rules."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import pipeline
from tests.project.documents import ROOT, name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
SECTIONS = ["Context", "Options tried", "Choice", "Consequence"]
WITHOUT_IMPORT = {"pydantic-settings": "its plug-ins", "psycopg": "SQLAlchemy's driver"}


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _tracked() -> list[Path]:
    """Return the files of the project: those git knows, or in an export all text there is."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]
    endings = {".py", ".md", ".sql", ".toml", ".txt", ".lock"}
    return [
        path for path in ROOT.rglob("*") if path.suffix in endings and ".venv" not in path.parts
    ]


def _imports(path: Path) -> Iterator[str]:
    """Yield the packages that a module imports, at its top or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _required(*groups: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for group in groups for line in group}


def _used(*folders: str) -> set[str]:
    """Return the distributions that the modules of some folders import."""
    ours = {"pipeline", "flows", "tests", "benchmarks", *sys.stdlib_module_names}
    packages = {p for path in _modules(*folders) for p in _imports(path)} - ours
    owners = packages_distributions()
    return {canonicalize_name(owner) for package in packages for owner in owners[package]}


def _pins() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and line[0] not in "#"]
    return {
        canonicalize_name(r.name): next(iter(r.specifier)).version
        for r in requirements
        if r.marker is None or r.marker.evaluate()
    }


@pytest.mark.parametrize("path", _modules("pipeline", "flows", "tests", "benchmarks"), ids=name)
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    """The first line of every module's docstring is one sentence."""
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert told, "no docstring"
    first = " ".join(told.split("\n\n")[0].split())
    assert first.endswith((".", ":")), first


def test_no_file_names_a_place_of_one_machine() -> None:
    """Nothing that is kept here works on one machine only."""
    place = re.compile(r"(?<![\w.{}$<>-])/(?:work|root|home|Users|tmp)/\w")
    for path in _tracked():
        if path.suffix in {".gz", ".parquet", ".db"} or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = place.search(text)
        assert not found, f"{name(path)}: {text[found.start() : found.end() + 20]}"


def test_what_is_imported_is_declared() -> None:
    """The package asks for what it imports, and for nothing that it does not."""
    base, flows = _required(PROJECT["dependencies"]), _required(EXTRAS["flows"])
    assert _used("pipeline") <= base | {"botocore", "pydantic"}  # parts of boto3 and settings
    unused = base - _used("pipeline") - {"boto3", *WITHOUT_IMPORT}
    assert not unused, "declared and not imported"
    assert _used("flows") <= base | flows | {"botocore"}


def test_what_tests_and_benchmarks_need_is_declared() -> None:
    """An environment with the dev extra can run all tests and benchmarks."""
    groups = (PROJECT["dependencies"], *EXTRAS.values())
    assert _used("tests", "benchmarks") <= _required(*groups) | {"botocore", "pydantic", "werkzeug"}


def test_the_lock_file_satisfies_the_project() -> None:
    """Every requirement, of every extra, has a pinned version that it accepts."""
    pins = _pins()
    for line in [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            continue
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned, f"{requirement.name} is not in requirements.lock"
        assert requirement.specifier.contains(pinned), f"{line}, but {pinned} is pinned"


def test_the_version_is_said_once() -> None:
    """The package's metadata and the changelog have the version of the code."""
    assert version("trailhouse") == pipeline.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{pipeline.__version__}]" in changes


def test_decisions_are_numbered_without_gaps() -> None:
    """Decisions are numbered from 1 on, each with a title in its name."""
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name) for path in DECISIONS)


@pytest.mark.parametrize("path", DECISIONS, ids=name)
def test_a_decision_says_how_it_came_about(path: Path) -> None:
    """A decision has its context, what was tried, what was chosen, and what follows."""
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# \d{4}\. \S", text)
    assert re.findall(r"^## (.+)$", text, re.M) == SECTIONS
    parts = re.split(r"^## .+$", text, flags=re.M)[1:]
    assert all(part.strip() for part in parts), "an empty section"
