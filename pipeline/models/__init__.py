"""The models: SQL files that become tables of the lake, in order, by day, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def reference_tables(
    files: Mapping[str, Path], note: Callable[[str], None] = lambda _: None
) -> Mapping[str, pa.Table]:
    """Return the tables that models read beside the facts: context and mapping, by name.

    Args:
        files: the CSV files of context that the user names; a table whose file is absent is
            empty.
        note: hears what was left out of the files or repaired, a sentence each.

    Raises:
        UsageError: a file is missing, or is not as its table needs it.
    """
    from pipeline.iam.actions import action_table, prefix_table
    from pipeline.iam.resource_types import type_table
    from pipeline.iam.resources import template_table
    from pipeline.models.change_kinds import change_kinds
    from pipeline.models.context import read_context
    from pipeline.models.given import ReferenceTables, shipped_digest

    readers = {
        "iam_actions": action_table,
        "iam_prefixes": prefix_table,
        "resource_types": type_table,
        "resource_templates": template_table,
        "change_kinds": change_kinds,
    }
    return ReferenceTables(read_context(files, note), readers, shipped_digest())
