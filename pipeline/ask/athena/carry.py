"""Carry a model's SQL from DuckDB to Athena, or say what of it cannot be carried.

Only what is known to mean the same is carried: a function that is not among those looked up in
Trino's documentation keeps a model back, as does a type or a clause without a counterpart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from pipeline.ask.athena.meanings import NotPortable, carry_meaning

Schema = Mapping[str, Mapping[str, str]]
"""DuckDB's types of the columns of each table."""

_TRINO = frozenset(
    re.findall(
        r"\w+",
        """
        abs array array_agg array_distinct array_join array_sort at_timezone bool_and bool_or
        cardinality cast coalesce concat concat_ws contains count count_if date_add date_diff
        date_format date_parse date_trunc element_at exists filter floor from_iso8601_timestamp
        greatest if json_extract json_extract_scalar json_format json_parse lag lead least
        length lower ltrim max max_by min min_by nullif rank regexp_extract regexp_extract_all
        regexp_like regexp_replace replace reverse round row row_number rtrim split split_part
        starts_with strpos substr substring sum to_unixtime transform translate trim try
        try_cast unnest upper varchar
        """,
    )
)
_CALL = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)\(")
_STRING = re.compile(r"'(?:[^']|'')*'")
_ALIAS = re.compile(r"\bAS \w+\(")
_ZONED = exp.DType.TIMESTAMPTZ


def carry(sql: str, schema: Schema, place: Callable[[str], str]) -> str:
    """Return a query in Athena's SQL.

    Args:
        sql: in DuckDB's.
        schema: the columns of every table that it reads.
        place: the name that a table has on Athena.

    Raises:
        NotPortable: something in it has no counterpart; the text says what.
    """
    try:
        tree = annotate_types(
            _qualified(sql, schema), MappingSchema(dict(schema), dialect="duckdb")
        )
        tree = carry_meaning(_without_zones(tree))
        _move(tree, place)
        text = tree.sql(
            dialect="athena",
            pretty=True,
            comments=False,
            unsupported_level=sqlglot.ErrorLevel.RAISE,
        )
    except SqlglotError as refused:
        raise NotPortable(f"sqlglot: {str(refused).splitlines()[0]}") from refused
    code = _ALIAS.sub("AS ", _STRING.sub("''", text))
    unknown = {name.lower() for name in _CALL.findall(code)} - _TRINO
    if unknown:
        raise NotPortable(f"{', '.join(sorted(unknown))}: no such function in Trino, or another")
    return text


def _qualified(sql: str, schema: Schema) -> exp.Expr:
    """Parse it, with every star spelt out and every column under its table's name."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    return qualify(
        tree,
        schema=MappingSchema(dict(schema), dialect="duckdb"),
        dialect="duckdb",
        quote_identifiers=False,
        identify=False,
    )


def _without_zones(tree: exp.Expr) -> exp.Expr:
    """Give times without a zone, in UTC: a view on Athena can have no others.

    The columns of a view are noted in Hive's types, which have none with a zone.
    """
    for select in _outermost(tree):
        for item in list(select.expressions):
            if item.type and item.type.this == _ZONED:
                inner = item.this if isinstance(item, exp.Alias) else item
                item.replace(exp.alias_(in_utc(inner.copy()), item.alias_or_name))
    return tree


def in_utc(column: exp.Expr) -> exp.Expr:
    """Return a time with a zone as the same in UTC without one."""
    moved = exp.AtTimeZone(this=column, zone=exp.Literal.string("UTC"))
    plain = exp.cast(moved, exp.DType.TIMESTAMP)
    plain.set("type", exp.DataType.build("timestamp"))
    return plain


def _outermost(tree: exp.Expr) -> list[exp.Select]:
    if isinstance(tree, exp.SetOperation):
        return [*_outermost(tree.left), *_outermost(tree.right)]
    return [tree] if isinstance(tree, exp.Select) else []


def _move(tree: exp.Expr, place: Callable[[str], str]) -> None:
    """Name tables as they are on Athena; what the query defines itself keeps its name."""
    own = {each.alias for each in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name and table.name not in own:
            moved = exp.to_table(place(table.name), dialect="athena", alias=table.alias_or_name)
            moved.set("joins", table.args.get("joins"))
            table.replace(moved)
