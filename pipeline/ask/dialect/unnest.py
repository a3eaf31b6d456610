"""UNNEST as Trino has it: of rows and maps it makes several columns, of several lists one each.

DuckDB's makes one column of one list. In the SELECT of a query, though, it takes rows apart
(`max_depth := 2`) and goes through several lists side by side, so that is what it becomes.
"""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.context import Context

_MAP_MAKERS = (
    "map map_agg multimap_agg histogram map_filter map_union map_concat split_to_map "
    "split_to_multimap map_from_entries transform_values transform_keys"
)
_MAPS = frozenset(_MAP_MAKERS.split())


def expand_unnests(tree: exp.Expr, context: Context) -> exp.Expr:
    """Turn each UNNEST that makes more than one column into a query of its own."""
    del context
    for unnest in list(tree.find_all(exp.Unnest)):
        if isinstance(unnest.parent, exp.From | exp.Join):
            _expand(unnest)
    return tree


def _expand(unnest: exp.Unnest) -> None:
    lists = unnest.expressions
    alias = unnest.args.get("alias")
    names = [column.name for column in alias.columns] if alias else []
    is_spread = len(names) > len(lists) or not names
    kinds = [_kind(item, len(names), is_spread) for item in lists]
    offset = unnest.args.get("offset")
    if len(lists) == 1 and not offset and (not kinds[0] or len(names) == 1):
        return
    items = [_item(item, kind) for item, kind in zip(lists, kinds, strict=True)]
    if offset:
        items.insert(0, _places(lists))  # first, since rows may have more fields than are named
        names.insert(0, offset.name if isinstance(offset, exp.Identifier) else "ordinality")
    inner = exp.select(*items).subquery(copy=False)
    inner.set("alias", _alias(alias, names, is_spread and not alias.columns if alias else True))
    if isinstance(unnest.parent, exp.From):
        unnest.replace(inner)
    else:
        named = inner.args["alias"]
        inner.set("alias", None)
        unnest.replace(exp.Lateral(this=inner, alias=named))


def _alias(given: exp.Expr | None, names: list[str], is_unnamed: bool) -> exp.TableAlias:
    columns = [] if is_unnamed else [exp.to_identifier(name, quoted=True) for name in names]
    this = given.this.copy() if given and given.this else None
    return exp.TableAlias(this=this or exp.to_identifier("_unnested"), columns=columns)


def _kind(item: exp.Expr, n_names: int, is_spread: bool) -> str:
    """Return what takes an item apart: rows, a map; empty: neither, or it stays whole."""
    kind = item.type or (item.to if isinstance(item, exp.Cast) else None)
    if kind is not None and kind.this == exp.DType.MAP:
        return "map"
    if kind is not None and kind.this in (exp.DType.ARRAY, exp.DType.LIST):
        inner = kind.expressions[0] if kind.expressions else None
        is_row = isinstance(inner, exp.DataType) and inner.this == exp.DType.STRUCT
        return "rows" if is_row and is_spread else ""
    if not is_spread or not n_names:
        return ""
    called = item.name.lower() if isinstance(item, exp.Anonymous) else ""
    is_map = n_names == 2 and (called.removeprefix("trino_") in _MAPS or isinstance(item, exp.Map))
    return "map" if is_map else "rows"


def _item(item: exp.Expr, kind: str) -> exp.Expr:
    if kind == "map":
        item = exp.Anonymous(this="MAP_ENTRIES", expressions=[item.copy()])
    given = [item.copy()]
    if kind:
        given.append(
            exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))
        )
    return exp.Anonymous(this="UNNEST", expressions=given)


def _places(lists: list[exp.Expr]) -> exp.Expr:
    """Return the places in the longest of some lists or maps, from 1."""
    zero = exp.Literal.number(0)
    lengths: list[exp.Expr] = [
        exp.Anonymous(
            this="COALESCE",
            expressions=[
                exp.Anonymous(this=_counter(item), expressions=[item.copy()]),
                zero.copy(),
            ],
        )
        for item in lists
    ]
    longest = lengths[0]
    if len(lengths) > 1:
        longest = exp.Anonymous(this="GREATEST", expressions=lengths)
    end = exp.Add(this=longest, expression=exp.Literal.number(1))
    places = exp.Anonymous(this="RANGE", expressions=[exp.Literal.number(1), end])
    return exp.Anonymous(this="UNNEST", expressions=[places])


def _counter(item: exp.Expr) -> str:
    is_map = item.type is not None and item.type.this == exp.DType.MAP
    return "CARDINALITY" if is_map else "LEN"
