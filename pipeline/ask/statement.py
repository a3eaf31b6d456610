"""Read one SQL statement with DuckDB's own parser, and refuse whatever would write.

DuckDB itself says what a statement is: its kind, and for a query its whole parse tree. The
kind alone does not protect: since DuckDB 2.0 a `select` may hold `copy … to`, `insert`,
`update` or `delete` as a common table expression, and `explain analyze` runs what it explains.
So the tree is searched, and only kinds of nodes known to read are let through.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import duckdb

from pipeline.ask.tree import Tree, nodes
from pipeline.errors import QueryError

_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_BLANK = r"(?:\s|--[^\n]*\n|/\*(?:(?!/\*).)*?\*/)"  # a comment within a comment is left to fail
_EXPLAIN = re.compile(
    rf"({_BLANK}*explain\b{_BLANK}*)(analyze\b{_BLANK}*)?(\([^()]*\){_BLANK}*)?",
    re.IGNORECASE | re.DOTALL,
)
_EXPORT = "to write a file, give --output FILE and --format"
_READING = "only reading statements run: select, from, with, describe, explain; no settings"
_EXPORTING = frozenset({"COPY", "COPY_DATABASE", "EXPORT"})
_MISSING = re.compile(r"Values were not provided for the following parameters: (.+)")
_FAR = re.compile(r"(Table with name .* does not exist!) Did you mean \".*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that only reads.

    Attributes:
        sql: its text, without the semicolon.
        tree: the parse tree of the query, of the explained one for an `explain`.
        explains: whether it is an `explain`.
    """

    sql: str
    tree: Tree
    explains: bool = False


def read_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> Statement:
    """Parse a text that holds one reading statement.

    Raises:
        QueryError: no statement or several, a syntax error, or a statement that may write.
    """
    try:
        found = connection.extract_statements(sql)
    except duckdb.Error as refused:
        raise refusal(refused, sql) from refused
    if not found:
        raise QueryError("there is no SQL statement", "give a query, for example: select 1")
    if len(found) > 1 and found[0].type != duckdb.StatementType.MULTI:
        raise QueryError(
            f"{len(found)} SQL statements where one is asked for", "give one at a time"
        )
    text = found[0].query.strip().rstrip(";").rstrip()
    if found[0].type == duckdb.StatementType.EXPLAIN:
        return Statement(text, _explained(connection, text), explains=True)
    return Statement(text, _reading_tree(connection, text, found[0].type.name))


def refusal(refused: Exception, sql: str, step: str = "") -> QueryError:
    """Return DuckDB's refusal as one line: its words, the candidates, the place, the next step."""
    told, _, marked = str(refused).partition("\nLINE ")
    words = " ".join(told.split())
    line, _, rest = marked.partition(":")
    where = ""
    if line.isdigit():
        shown, _, caret = rest.partition("\n")
        column = _column(shown, caret.partition("\n")[0], len(line), sql, int(line))
        where = f", at line {line} column {column}" if column else f", at line {line}"
    words = _FAR.sub(r"\1", words)
    if missing := _MISSING.search(words):
        step = _give(missing[1].split(", "))
    return QueryError(f"{words}{where}", step)


def _give(parameters: list[str]) -> str:
    """Return how to give values to parameters; those of a bare ? have numbers for names."""
    if all(name.isidentifier() for name in parameters):
        return "give " + " ".join(f"--param {name}=VALUE" for name in parameters)
    return "name it in the query, as $name, and give --param name=VALUE"


def _column(shown: str, caret: str, digits: int, sql: str, line: int) -> int:
    """Return the column a caret points to; 0 when DuckDB shortened the line it shows."""
    lines = sql.splitlines()
    if line > len(lines) or shown.strip() != lines[line - 1].strip():
        return 0
    prefix = len("LINE ") + digits + len(": ")
    return caret.find("^") - prefix + 1


def _reading_tree(connection: duckdb.DuckDBPyConnection, sql: str, kind: str) -> Tree:
    row = connection.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchone()
    answer: Tree = json.loads(row[0]) if row else {"error": True}
    if answer["error"]:
        if kind == "MULTI":
            raise QueryError(
                "this pivot needs its values named",
                "write: pivot … on column in ('first', 'second') using …",
            )
        step = _EXPORT if kind in _EXPORTING else _READING
        raise QueryError(f"a query only reads, and this is {_article(kind)} statement", step)
    for node in nodes(answer):
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _READING_NODES:
            name = kind.removesuffix("_NODE").removesuffix("_QUERY").replace("_", " ")
            raise QueryError(f"a query only reads, and this one holds {_article(name)}", _EXPORT)
    return answer


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind.lower()}"


def _explained(connection: duckdb.DuckDBPyConnection, sql: str) -> Tree:
    """Return the tree of the statement that an `explain [analyze] [(options)]` explains."""
    head = _EXPLAIN.match(sql)
    ends = sorted({head.end(part) for part in (1, 2, 3)} - {-1}) if head else []
    for end in ends:
        rest = sql[end:]
        try:
            inner = connection.extract_statements(rest)
        except duckdb.Error:
            continue
        return _reading_tree(connection, rest, inner[0].type.name)
    raise QueryError("this explain holds no statement", "write: explain select …")
