"""The parse tree of DuckDB, as `json_serialize_sql` gives it: look into it, build pieces of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Tree = dict[str, Any]
"""A node of the tree."""


def nodes(tree: Any) -> Iterator[Tree]:
    """Yield every node of a tree, the tree itself included."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def function_name(node: Tree) -> str:
    """Return the name of a FUNCTION."""
    return str(node.get("function_name", "")).lower()


def arguments(node: Tree) -> list[Tree]:
    """Return the arguments of a FUNCTION; none at all when one is given by name."""
    given = node.get("arguments") or ()
    return [] if any(a.get("name") for a in given) else [a["expression"] for a in given]


def text_literal(node: Tree) -> str | None:
    """Return the text of a string literal; None for anything else."""
    literal = node.get("literal") or {}
    return str(literal["text"]) if literal.get("kind") == "STRING" else None


def integer_literal(node: Tree) -> int | None:
    """Return the value of an integer literal; None for anything else."""
    literal = node.get("literal") or {}
    return int(literal["text"]) if literal.get("kind") == "INTEGER" else None


def parameters(tree: Tree) -> set[str]:
    """Return the names of the parameters in a tree."""
    return {str(n["identifier"]) for n in nodes(tree) if n.get("class") == "PARAMETER"}


def column(name: str) -> Tree:
    """Build a reference to a column."""
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [name]}


def constant(value: str | int | None) -> Tree:
    """Build a literal."""
    kind = {str: "STRING", int: "INTEGER"}.get(type(value), "NULL_LITERAL")
    literal = {"kind": kind, "text": "" if value is None else str(value)}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": literal}


def cast(child: Tree, type_name: str) -> Tree:
    """Build a cast."""
    kind = {"class": "TYPE", "type": "TYPE", "type_name": type_name}
    kind["qualified_name"] = {"path": [type_name]}  # type: ignore[assignment]
    return {"class": "CAST", "type": "OPERATOR_CAST", "child": child, "type_expr": kind}


def call(name: str, *given: Tree) -> Tree:
    """Build a call of a function."""
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "function_name": name,
        "order_bys": {"type": "ORDER_MODIFIER"},
        "arguments": [{"expression": argument} for argument in given],
        "qualified_name": {"path": [name]},
    }


def operator(kind: str, *children: Tree) -> Tree:
    """Build an operator: NOT, IS_NULL, COALESCE."""
    return {"class": "OPERATOR", "type": f"OPERATOR_{kind}", "children": list(children)}


def comparison(kind: str, left: Tree, right: Tree) -> Tree:
    """Build a comparison, by the parser's own name for it."""
    return {"class": "COMPARISON", "type": kind, "left": left, "right": right}


def join(word: str, parts: Sequence[Tree]) -> Tree:
    """Build an AND or an OR; one part stays itself."""
    if len(parts) == 1:
        return parts[0]
    return {
        "class": "CONJUNCTION",
        "type": f"CONJUNCTION_{word}",
        "children": list(parts),
    }
