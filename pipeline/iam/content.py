"""The files on IAM that ship with Trailhouse, in queries/reference/iam."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml


@cache
def content_folder() -> Traversable:
    """Return queries/reference/iam: in the installed package, or beside it in a checkout."""
    installed = files("pipeline").joinpath("queries", "reference", "iam")
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parents[2] / "queries" / "reference" / "iam"


@cache
def read_yaml(name: str) -> Mapping[str, Any]:
    """Read one of the folder's YAML files, which are mappings.

    Args:
        name: the file without its ending, such as `renames`.
    """
    text = content_folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found
