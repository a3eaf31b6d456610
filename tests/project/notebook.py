"""Run a notebook's cells as Jupyter would: in order, in one namespace, the last value shown."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A cell of code and what it printed and gave when it was last run."""

    source: str
    output: str


def cells(path: Path) -> Iterator[Cell]:
    """Yield a notebook's cells of code, with their stored output as text."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield Cell("".join(cell["source"]), "".join(map(_text, cell["outputs"])))


def run_cell(cell: Cell, space: dict[str, Any], name: str) -> str:
    """Run a cell and return what it printed, then its last expression's value."""
    tree = ast.parse(cell.source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), space)
        value = eval(compile(ast.Expression(last.value), name, "eval"), space) if last else None
    return printed.getvalue() + ("" if value is None else f"{value!r}\n")


def store(path: Path, outputs: list[str]) -> None:
    """Write a notebook's outputs anew."""
    book = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    for number, (cell, output) in enumerate(zip(code, outputs, strict=True), 1):
        cell["execution_count"] = number
        lines = output.splitlines(keepends=True)
        stream = {"name": "stdout", "output_type": "stream", "text": lines}
        cell["outputs"] = [stream] if lines else []
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _text(output: dict[str, Any]) -> str:
    return "".join(output.get("text") or output["data"]["text/plain"])
