"""Read a query's .sql file: the YAML header of its first comment, its SQL, the tables it reads.

One query is one file. It opens with a block comment that holds a YAML mapping, with at least
`name` (the file's stem) and `description`; the SQL follows.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from sqlglot import exp  # slow to load, and only what looks into a query needs it


@dataclass(frozen=True)
class QueryFile:
    """A query and what its header says of it.

    Attributes:
        place: the file, for messages.
        header: the YAML header.
        sql: the statement after the header, without a semicolon.
        first_line: the line of the file on which the SQL begins.
    """

    place: str
    header: Mapping[str, Any]
    sql: str
    first_line: int

    @property
    def name(self) -> str:
        """The query's name, which is the file's stem."""
        return str(self.header["name"])

    @property
    def description(self) -> str:
        """One sentence on what it answers."""
        return str(self.header["description"])

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables it reads, in lower case; its own common table expressions are none."""
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        return frozenset(
            source.name.lower()
            for scope in traverse_scope(self._tree)
            for source in scope.sources.values()
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
        )

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of its `$name` parameters."""
        from sqlglot import exp

        return frozenset(found.name for found in self._tree.find_all(exp.Placeholder) if found.name)

    @cached_property
    def results(self) -> Sequence[str] | None:
        """The columns it yields, in their order; None where a `*` leaves that to the tables."""
        from sqlglot import exp

        selected = self._tree.selects if isinstance(self._tree, exp.Query) else []
        names = [found.output_name for found in selected]
        return None if any(found.is_star for found in selected) else names

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions it calls, in lower case as DuckDB knows them."""
        from sqlglot import exp

        return frozenset(
            (found.name if isinstance(found, exp.Anonymous) else found.sql_name()).lower()
            for found in self._tree.find_all(exp.Func)
        )

    @cached_property
    def _tree(self) -> exp.Expr:
        import sqlglot
        from sqlglot.errors import SqlglotError

        try:
            trees = sqlglot.parse(self.sql, read="duckdb")
        except SqlglotError as wrong:
            raise UsageError(f"{self.place}: {' '.join(str(wrong).split())}") from wrong
        found = [tree for tree in trees if tree is not None]
        if len(found) != 1:
            raise UsageError(f"{self.place}: {len(found)} statements where one belongs")
        return found[0]


def parse_query(text: str, place: str) -> QueryFile:
    """Take a query file's text apart.

    Args:
        text: the whole file.
        place: where it is from; its stem must be the name in the header.

    Raises:
        UsageError: no header, no mapping in it, another name, or no SQL; with file and line.
    """
    if not text.startswith("/*"):
        raise UsageError(f"{place}:1: no header", "open the file with /* name: … description: … */")
    inner, closed, sql = text[2:].partition("*/")
    if not closed:
        raise UsageError(f"{place}:1: the header's comment is never closed", "close it with */")
    header = _read_header(inner, place)
    for needed in ("name", "description"):
        if not header.get(needed):
            raise UsageError(f"{place}:1: the header has no {needed}", f"add {needed}: …")
    if header["name"] != Path(place).stem:
        raise UsageError(
            f"{place}:1: the header says name: {header['name']}",
            f"name it {Path(place).stem}, as the file",
        )
    statement = sql.strip().rstrip(";").rstrip()
    if not statement:
        raise UsageError(f"{place}: no SQL after the header")
    before = inner + sql[: len(sql) - len(sql.lstrip())]
    return QueryFile(place, header, statement, before.count("\n") + 1)


def read_query(name: str) -> QueryFile:
    """Read one of the queries that come with Trailhouse.

    Args:
        name: its path below queries/ without the ending, such as `lake/coverage_hours`.
    """
    found = content_root().joinpath(*f"{name}.sql".split("/"))
    return parse_query(found.read_text(encoding="utf-8"), f"queries/{name}.sql")


def content_root() -> Traversable:
    """Return the folder of queries: in the installed package, or beside it in a checkout."""
    installed = files("pipeline").joinpath("queries")
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parent.parent / "queries"


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C where PyYAML was built with it: it is ten times faster."""


class _HeaderLoader(_Safe):  # type: ignore[misc]  # whichever of the two it is
    """YAML as PyYAML's safe loader reads it, but a key that comes twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"{key.value} comes twice", key.start_mark)
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def _read_header(text: str, place: str) -> Mapping[str, Any]:
    try:
        header = yaml.load(text, _HeaderLoader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(wrong, "problem", None) or str(wrong)
        raise UsageError(f"{place}:{line}: {' '.join(problem.split())}") from wrong
    if not isinstance(header, dict):
        raise UsageError(f"{place}:1: the header is no mapping", "write name: … description: …")
    return header
