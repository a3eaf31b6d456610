"""Read the CSV files that say what the logs cannot: each becomes a reference table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.models.cell import KINDS, Cell, CellKind
from pipeline.models.sheet import Line, read_sheet

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ContextTable:
    """A table of context.

    Attributes:
        name: of the table, and of the setting that names its file.
        columns: their kinds, in their order.
        needed: the columns that a file must have, and no row may leave empty.
        key: what no two rows may share; empty: the whole row.
        meaning: one sentence for people.
    """

    name: str
    columns: Mapping[str, CellKind]
    needed: Sequence[str]
    key: Sequence[str]
    meaning: str

    @property
    def schema(self) -> pa.Schema:
        """Its columns in Arrow."""
        return pa.schema([(name, KINDS[kind].type) for name, kind in self.columns.items()])


CONTEXT: Mapping[str, ContextTable] = {
    table.name: table
    for table in (
        ContextTable(
            "accounts",
            {
                "account_id": "account",
                "account_name": "text",
                "organisational_unit": "text",
                "environment": "text",
                "owner": "text",
                "tags": "tags",
            },
            ("account_id",),
            ("account_id",),
            "What people call each account, and whose it is.",
        ),
        ContextTable(
            "scopes",
            {"scope": "text", "account_id": "account", "resource_pattern": "text"},
            ("scope",),
            (),
            "Named sets of accounts and resources, such as those of an audit.",
        ),
        ContextTable(
            "identities",
            {
                "principal_id": "text",
                "human": "text",
                "team": "text",
                "joined_date": "date",
                "left_date": "date",
            },
            ("principal_id", "human"),
            ("principal_id", "joined_date"),
            "The human behind a principal; one who takes it over has a line with a later date.",
        ),
        ContextTable(
            "automation_roles",
            {"principal_id": "text", "automation": "text", "owner": "text"},
            ("principal_id",),
            ("principal_id",),
            "Principals that no human is behind.",
        ),
        ContextTable(
            "approvals",
            {"ticket": "text", "principal_id": "text", "starts_at": "time", "ends_at": "time"},
            ("ticket", "principal_id", "starts_at", "ends_at"),
            (),
            "Who was allowed what they did, and when.",
        ),
    )
}
"""The tables of context by name."""

_FILES = pa.schema(
    {
        "name": pa.string(),
        "is_given": pa.bool_(),
        "content_hash": pa.string(),
        "n_rows": pa.int64(),
    }
)

_SHOWN = 80
_SPANS = (("joined_date", "left_date"), ("starts_at", "ends_at"))


def read_context(files: Mapping[str, Path], note: Note = lambda _: None) -> Mapping[str, pa.Table]:
    """Return every table of context: of the files that are given, and empty of those that are not.

    Rows are in an order of their own, so that a file whose lines moved makes the same table.

    Args:
        files: by the table's name.
        note: hears what was left out or repaired, a sentence each.

    Returns:
        The tables by name, `context_files`, which says which of them were given and what they
        hold, and `context_given`, which says the first only: what reads that is not built anew
        when a line of some file changes.

    Raises:
        UsageError: a file that cannot be read as its table, with its line and column.
    """
    for name in files:
        if name not in CONTEXT:
            raise UsageError(
                f"no table of context is named {name}", f"name one of: {', '.join(CONTEXT)}"
            )
    tables = {
        name: _read_table(table, files[name], note) if name in files else table.schema.empty_table()
        for name, table in CONTEXT.items()
    }
    listed = _list_files(tables, files)
    given = listed.select(["name", "is_given"])
    return tables | {"context_files": listed, "context_given": given}


def _list_files(tables: Mapping[str, pa.Table], given: Mapping[str, Path]) -> pa.Table:
    rows = [
        {
            "name": name,
            "is_given": name in given,
            "content_hash": _content_hash(table) if name in given else None,
            "n_rows": table.num_rows if name in given else None,
        }
        for name, table in tables.items()
    ]
    return pa.Table.from_pylist(rows, schema=_FILES)


def _content_hash(table: pa.Table) -> str:
    digest = sha256(json.dumps(table.schema.names).encode())
    for row in table.to_pylist():
        digest.update(_sort_key(row).encode())
    return digest.hexdigest()


def _read_table(table: ContextTable, file: Path, note: Note) -> pa.Table:
    sheet = read_sheet(file)
    for column in table.needed:
        if column not in sheet.header:
            raise UsageError(
                f"{file}:1: no column {column} in the header {_shown(sheet.header)}",
                f"name its columns in the first line: {','.join(table.columns)}",
            )
    extra = [name for name in sheet.header if name not in table.columns]
    if extra:
        note(f"{file}: left out {', '.join(extra)}, which {table.name} has no column for")
    rows = [row for _, row in _distinct(table, file, _rows(table, file, sheet.lines, note), note)]
    return pa.Table.from_pylist(sorted(rows, key=_sort_key), schema=table.schema)


def _shown(header: Sequence[str]) -> str:
    """Return a header as it was read, shortened."""
    text = ",".join(header)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _rows(
    table: ContextTable, file: Path, lines: Iterator[Line], note: Note
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line in lines:
        cells = {
            name: KINDS[kind].read(Cell(file, line.number, name, line.cells.get(name, "")), note)
            for name, kind in table.columns.items()
        }
        _check_row(table, file, line.number, cells)
        yield line.number, cells


def _check_row(table: ContextTable, file: Path, line: int, cells: Mapping[str, Any]) -> None:
    for column in table.needed:
        if cells[column] is None:
            raise UsageError(f"{file}:{line}: {column} is empty", "fill it in, or drop the line")
    for first, last in _SPANS:
        if cells.get(first) and cells.get(last) and cells[last] < cells[first]:
            raise UsageError(
                f"{file}:{line}: {last} {cells[last]} is before {first} {cells[first]}",
                "correct one of them",
            )
    if table.name == "scopes" and bool(cells["account_id"]) == bool(cells["resource_pattern"]):
        raise UsageError(
            f"{file}:{line}: a line of scopes names an account or resources",
            "fill in one of account_id and resource_pattern, and use a line for each",
        )


def _distinct(
    table: ContextTable,
    file: Path,
    rows: Iterator[tuple[int, Mapping[str, Any]]],
    note: Note,
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    seen: dict[tuple[Any, ...], tuple[int, Mapping[str, Any]]] = {}
    for line, row in rows:
        key = tuple(row[column] for column in table.key or table.columns)
        before, known = seen.setdefault(key, (line, row))
        if before == line:
            yield line, row
        elif known == row:
            note(f"{file}:{line}: left out, the same as line {before}")
        else:
            raise UsageError(
                f"{file}:{line}: {', '.join(table.key)} {', '.join(map(str, key))} has another "
                f"line, {before}, which says otherwise",
                "keep one of them",
            )


def _sort_key(row: Mapping[str, Any]) -> str:
    return json.dumps(row, default=str, sort_keys=True)
