"""Find what a query names that is no table of the lake's own: tables of models, and views.

A table that a model made is one like any other, at its own snapshot. A view is its model's SQL,
with whatever that reads in turn. Nothing is looked for unless a query names it, and what only
asks the lake's own tables does not even load this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
from pyiceberg.exceptions import NoSuchTableError

from pipeline.ask.mention import names, reads_any
from pipeline.ask.tree import Tree
from pipeline.lake.catalog import Lake
from pipeline.lake.derived import list_derived
from pipeline.lake.schema import TABLES
from pipeline.lake.snapshot import TableView, read_lake
from pipeline.models.graph import LAYERS, REFERENCES
from pipeline.queryfile import QueryFile, content_root, read_query

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class View:
    """A model that is a view.

    Attributes:
        sql: its query.
        tree: the parse tree of it.
    """

    name: str
    sql: str
    tree: Tree


@dataclass(slots=True)
class Named:
    """What names stand for; grows with what is asked.

    Attributes:
        tables: tables of models, each at one snapshot.
        views: views, each after those it reads.
        unbuilt: models that cannot be read yet, with the table that no build has made.
    """

    lake: Lake
    at: int | datetime | None = None
    tables: dict[str, TableView] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    unbuilt: dict[str, str] = field(default_factory=dict)

    def resolve(self, cursor: duckdb.DuckDBPyConnection, tree: Tree) -> Mapping[str, View]:
        """Find all that a statement names, and return the views it may read, in order."""
        wanted = _every_name(self.lake) if reads_any(tree) else names(tree)
        for name in wanted:
            self.find(cursor, name)
        return {name: self.views[name] for name in self._reached(wanted)}

    def read_by(self, views: Iterable[View], tree: Tree) -> Mapping[str, TableView]:
        """Return the tables of models that a statement and these views may read."""
        trees = [tree, *(view.tree for view in views)]
        if any(reads_any(one) for one in trees):
            return self.tables
        read = {name for one in trees for name in names(one)}
        return {name: self.tables[name] for name in sorted(read & self.tables.keys())}

    def find(self, cursor: duckdb.DuckDBPyConnection, name: str) -> str:
        """Find what one name stands for; return the table it lacks, if it lacks one."""
        if name in TABLES or name in self.tables or name in self.views:
            return ""
        if name in self.unbuilt:
            return self.unbuilt[name]
        model = find_model(name)
        if model is None or model.header.get("materialize") != "view":
            return self._find_table(name, is_model=model is not None)
        self.unbuilt[name] = name  # until all that it reads is found; also ends a circle
        view = View(name, model.sql, _parse(cursor, model.sql))
        for read in names(view.tree):
            lacking = self.find(cursor, read) or ("" if self._is_known(read) else read)
            if lacking:
                self.unbuilt[name] = lacking
                return lacking
        del self.unbuilt[name]
        self.views[name] = view
        return ""

    def _find_table(self, name: str, *, is_model: bool) -> str:
        try:
            table = self.lake.table(name)
        except NoSuchTableError:
            if is_model or name in REFERENCES:
                self.unbuilt[name] = name
            return self.unbuilt.get(name, "")
        if self.at is None:
            self.tables[name] = TableView(table, table.metadata.current_snapshot_id)
        else:
            self.tables[name] = read_lake(self.lake, self.at, [name]).tables[name]
        return ""

    def _is_known(self, name: str) -> bool:
        return name in TABLES or name in self.tables or name in self.views

    def _reached(self, wanted: Iterable[str]) -> list[str]:
        """Return the views among some names and those they read, in the order to make them."""
        reached: set[str] = set()
        waiting = [name for name in wanted if name in self.views]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [read for read in names(self.views[name].tree) if read in self.views]
        return [name for name in self.views if name in reached]


def find_model(name: str) -> QueryFile | None:
    """Read the file of a model; None: there is no model of that name."""
    if not _NAME.fullmatch(name):
        return None
    folder = content_root() / "models"
    for layer in LAYERS:
        if (folder / layer / f"{name}.sql").is_file():
            return read_query(f"models/{layer}/{name}")
    return None


def model_names() -> list[str]:
    """Return the names of all models."""
    folders = (content_root() / "models" / layer for layer in LAYERS)
    files = [file.name for folder in folders if folder.is_dir() for file in folder.iterdir()]
    return sorted(name.removesuffix(".sql") for name in files if name.endswith(".sql"))


def table_names() -> list[str]:
    """Return the names of all tables there can be: the lake's own, models, and what they read."""
    return [*TABLES, *model_names(), *sorted(REFERENCES)]


def view_names() -> list[str]:
    """Return the names of the models that are views."""
    found = ((name, find_model(name)) for name in model_names())
    return [name for name, file in found if file and file.header.get("materialize") == "view"]


def _every_name(lake: Lake) -> set[str]:
    return {*list_derived(lake), *model_names()}


def _parse(cursor: duckdb.DuckDBPyConnection, sql: str) -> Tree:
    row = cursor.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchone()
    tree: Tree = json.loads(row[0]) if row else {}
    return tree
