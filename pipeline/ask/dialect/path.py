"""Hidden columns of Athena: "$path" is the object that an event was read from."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context, Dialect

_PATH = "$path"
_OF_OBJECTS = {"$file_size": "size_bytes", "$file_modified_time": "modified"}
"""Hidden columns that the ledger of objects knows of an event's object."""


def hidden_column(name: str, column: exp.Column, context: Context) -> exp.Expr | None:
    """Return what a hidden column is here; None: it is none.

    Raises:
        QueryError: a hidden column that the lake does not keep.
    """
    if not name.startswith("$"):
        return None
    owner = column.args.get("table")
    source = exp.Column(this=exp.to_identifier("source_object"), table=owner and owner.copy())
    if context.dialect is Dialect.ATHENA and name == _PATH:
        return source
    if context.dialect is Dialect.ATHENA and name in _OF_OBJECTS:
        return _of_object(_OF_OBJECTS[name], source)
    raise context.refuse(
        f'"{column.name}" is not kept here',
        column,
        "the objects that events were read from are in ingest_objects",
    )


def _of_object(fact: str, source: exp.Column) -> exp.Expr:
    """Look a fact of an object up in the ledger: of its newest version that was read."""
    told = exp.func(
        "arg_max", exp.column(fact, table="objects"), exp.column("ingested_at", table="objects")
    )
    ledger = exp.to_table("ingest_objects").as_("objects")
    same = exp.EQ(this=exp.column("uri", table="objects"), expression=source)
    return exp.select(told).from_(ledger).where(same).subquery()
