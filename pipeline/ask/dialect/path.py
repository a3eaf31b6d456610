"""Hidden columns of Athena: "$path" is the object that an event was read from."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context

_PATH = "$path"


def hidden_column(name: str, alias: str, context: Context, node: exp.Expr) -> exp.Expr | None:
    """Return what a hidden column is here; None: it is none.

    Raises:
        QueryError: a hidden column that the lake does not keep.
    """
    if name == _PATH:
        return exp.column("source_object", table=exp.to_identifier(alias, quoted=True))
    if name.startswith("$"):
        raise context.refuse(
            f'"{name}" is not kept here', node, "objects and their sizes are in ingest_objects"
        )
    return None
