"""What importing the flows does and does not do."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pipeline

_OFFLINE = """
import sys
def refuse(event, given):
    if event in ("socket.connect", "socket.bind", "subprocess.Popen"):
        raise AssertionError(event)
sys.addaudithook(refuse)
import flows.build, flows.ingest, flows.maintain
flows.build.deployment(), flows.ingest.deployment(), flows.maintain.deployment()
"""

_WITHOUT = """
import sys
sys.modules["prefect"] = None
import flows.ingest
"""


def test_importing_flows_contacts_nothing(tmp_path: Path) -> None:
    """No connection, no server, no process: neither by import nor by describing deployments."""
    done = _python(_OFFLINE, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_prefect_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    """Prefect is an optional part of the installation."""
    done = _python(_WITHOUT, tmp_path)
    assert "flows need Prefect, which is not installed; run: pip install" in done.stderr


def test_pipeline_never_imports_prefect() -> None:
    """The work knows nothing of who schedules it."""
    importing = [
        str(path)
        for path in Path(pipeline.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if any(name.split(".")[0] in {"prefect", "flows"} for name in _imported(node))
    ]
    assert importing == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PREFECT_HOME": str(home), "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
