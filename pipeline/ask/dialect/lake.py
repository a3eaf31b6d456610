"""CloudTrail Lake's table, read straight from the facts wherever that gives the same.

The view `event_data_store` makes maps of JSON, of which a query mostly wants one key: to read that
from the text is several times as fast. So where no `*` shows all columns, each column of the view
becomes what the view makes it of.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.context import FACTS, STORE, Context, Dialect
from pipeline.ask.dialect.schema import MAPS, TRUTHS

_ONLY_IN_VIEW = frozenset({"eventjson", "annotation", "eventjsonchecksum", "addendum"})
_READERS = {
    "trino_element_at": "json_extract_string",
    "trino_map_subscript": "trino_json_subscript",
}
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_ORDER = ("accountid", "type", "arn", "arnprefix")


def read_facts(tree: exp.Expr, context: Context) -> exp.Expr:
    """Replace the view by the facts, unless something of the query needs the view itself."""
    if context.dialect is not Dialect.LAKE:
        return tree
    tables = [table for table in tree.find_all(exp.Table) if table.name == STORE]
    owners = {table.alias_or_name for table in tables}
    columns = [
        column
        for column in tree.find_all(exp.Column)
        if column.table in owners and not isinstance(column.this, exp.Star)
    ]
    if not tables or _needs_view(tree, owners, columns):
        return tree
    for column in columns:
        _read(column)
    for table in tables:
        table.set("this", exp.to_identifier(FACTS))
    return tree


def _needs_view(tree: exp.Expr, owners: set[str], columns: list[exp.Column]) -> bool:
    """Tell whether all columns are asked for, one that is hard to make, or one that is not sure."""
    if any(column.name.lower() in _ONLY_IN_VIEW for column in columns):
        return True
    if any(join.args.get("using") for join in tree.find_all(exp.Join)):
        return True
    names = {cte.alias for cte in tree.find_all(exp.CTE)}
    names |= {derived.alias for derived in tree.find_all(exp.Subquery)}
    if FACTS in {name.lower() for name in names}:
        return True  # which would hide the facts
    return bool(names & owners) or any(
        item.is_star
        for query in tree.find_all(exp.Select)
        for item in query.expressions
        if _reads_store(query)
    )


def _reads_store(query: exp.Select) -> bool:
    clause = query.args.get("from_") or query.args.get("from")
    parts = [clause.this] if clause else []
    parts += [join.this for join in query.args.get("joins") or ()]
    return any(isinstance(part, exp.Table) and part.name == STORE for part in parts)


def _read(column: exp.Column) -> None:
    name = column.name.lower()
    make = _MAKERS.get(name)
    if name in MAPS:
        _read_map(column)
    elif name == "useridentity":
        _read_identity(column)
    elif make:
        column.replace(make(column))


def _read_map(column: exp.Column) -> None:
    """Read one key from the text where one is named, else make the map."""
    above = column.parent
    if isinstance(above, exp.Is):
        return  # the text is null where the map is
    reader = _READERS.get(str(above.this)) if isinstance(above, exp.Anonymous) else None
    key = above.expressions[1] if reader and above and above.expressions[0] is column else None
    if above is None or not isinstance(key, exp.Literal) or not _is_plain(key):
        column.replace(_cast(_cast(column.copy(), "json"), "map(varchar, varchar)"))
        return
    path = exp.Literal.string(f'$."{key.name}"')
    given = [column.copy(), path, *([key.copy()] if reader != "json_extract_string" else [])]
    read = exp.Anonymous(this=reader, expressions=given)
    read.type = exp.DataType.build("varchar")
    above.replace(read)


def _is_plain(key: exp.Literal) -> bool:
    return key.is_string and not set(key.name) & set('"\\*')


def _read_identity(column: exp.Column) -> None:
    """Make a time of the session's creationdate, the one field that is text in the facts."""
    dots: list[exp.Expr] = [column]
    while isinstance(dots[-1].parent, exp.Dot) and dots[-1].parent.this is dots[-1]:
        dots.append(dots[-1].parent)
    if isinstance(dots[-1], exp.Dot) and dots[-1].name.lower() == "creationdate":
        dots[-1].replace(_cast(dots[-1].copy(), "timestamp"))


def _cast(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.TryCast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))


def _event_time(column: exp.Column) -> exp.Expr:
    time = exp.Column(this=exp.to_identifier("event_time"), table=column.args["table"].copy())
    if isinstance(column.parent, _COMPARED):
        return time  # compared as it is stored, which is faster; times without a zone are UTC
    return exp.Cast(this=time, to=exp.DataType.build("timestamp", dialect="duckdb"))


def _truth(column: exp.Column) -> exp.Expr:
    return _cast(column.copy(), "boolean")


def _resources(column: exp.Column) -> exp.Expr:
    """Put the fields of resources in the order that they have in CloudTrail Lake."""
    one = exp.to_identifier("r")
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name), expression=exp.column(name, table="r"))
        for name in _ORDER
    ]
    packed = exp.Anonymous(this="struct_pack", expressions=fields)
    each = exp.Lambda(this=packed, expressions=[one])
    return exp.Anonymous(this="list_transform", expressions=[column.copy(), each])


_MAKERS: dict[str, Callable[[exp.Column], exp.Expr]] = {
    "eventtime": _event_time,
    "resources": _resources,
    **dict.fromkeys(TRUTHS, _truth),
}
