"""The example notebook runs, on a lake such as the one it is about."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.steps import demo
from tests.project.documents import ROOT
from tests.project.notebook import cells, run_cell

BOOK = ROOT / "docs/notebooks/asking.ipynb"


@pytest.fixture
def in_a_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be where the demo of that day is, with fewer events of the usual kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "EVENTS", 2_000)
    folder = demo.DemoFolder(Path("demo"))
    demo.simulate_demo(folder, lambda _: None, date(2026, 11, 15))
    lake, _ = demo.ingest_demo(folder, lambda _: None)
    demo.build_demo(folder, lake, lambda *_: None)
    lake.close()


@pytest.mark.soak
@pytest.mark.usefixtures("in_a_demo")
def test_every_cell_runs_and_shows_what_it_showed() -> None:
    """Cells run in order; what is in the incident alone is the same to the letter."""
    space: dict[str, Any] = {}
    shown = {}
    for number, cell in enumerate(cells(BOOK), 1):
        shown[number] = run_cell(cell, space, f"cell {number}")
        assert bool(shown[number]) == bool(cell.output), cell.source
    (pasted,) = (n for n, cell in enumerate(cells(BOOK), 1) if "my_cloudtrail_table" in cell.source)
    stored = list(cells(BOOK))[pasted - 1].output.splitlines()
    assert [line.split(", ")[1] for line in shown[pasted].splitlines()[1:]] == [
        line.split(", ")[1] for line in stored[1:]
    ]


def test_it_is_a_notebook_that_jupyter_reads() -> None:
    """It has what the format asks for, and every cell of code was run in order."""
    book = json.loads(BOOK.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all({"cell_type", "metadata", "source"} <= set(cell) for cell in book["cells"])
