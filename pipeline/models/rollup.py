"""Lifetime tables from daily parts: days merge into months, months into the whole.

A day's new events change one day, one month and the whole; history is never read again.
Merging in two steps gives what merging at once would, since every merge is associative: of a
latest value a month also keeps when it was, since that row need not be the newest.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.lake.derived import PART
from pipeline.models.model import Merge, Model

DAYS, MONTHS = f"{PART}days", f"{PART}months"
MONTH = "event_month"
_BY = f"{PART}by"


def months_sql(model: Model) -> str:
    """Return the SQL of the months of a rollup, from its days."""
    month = f"date_trunc('month', {quoted(model.day)})::date as {quoted(MONTH)}"
    return _merge_sql(model, model.name + DAYS, [month], is_of_days=True)


def whole_sql(model: Model) -> str:
    """Return the SQL of a rollup, from its months."""
    return _merge_sql(model, model.name + MONTHS, [], is_of_days=False)


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _merge_sql(model: Model, source: str, also: list[str], *, is_of_days: bool) -> str:
    columns = [
        quoted(name) if name in model.key else merged(model, name, is_of_days)
        for name in model.columns
    ]
    extra = list(_times(model)) if is_of_days else []
    return f"select {', '.join([*also, *columns, *extra])} from {quoted(source)} group by all"


def _times(model: Model) -> Iterator[str]:
    """Yield, for every latest or earliest value, when it was."""
    for name, merge in model.merge.items():
        if merge.by:
            picked = _picked(name, merge, quoted(merge.by), quoted(merge.by))
            yield f"{picked} as {quoted(name + _BY)}"


def merged(model: Model, name: str, is_of_days: bool) -> str:
    """Return the expression that merges a column's values."""
    merge = model.merge[name]
    column = quoted(name)
    match merge.how:
        case "union":
            value = f"list_sort({_distinct(name)})" + (f"[:{merge.limit}]" if merge.limit else "")
        case "cut":
            over = (f"len({_distinct(one)}) > {model.merge[one].limit}" for one in merge.lists)
            value = " or ".join(f"coalesce({it}, false)" for it in (f"bool_or({column})", *over))
        case "any" | "all":
            value = f"bool_{'or' if merge.how == 'any' else 'and'}({column})"
        case "latest" | "earliest":
            by = quoted(merge.by if is_of_days else name + _BY)
            value = _picked(name, merge, column, by)
        case _:
            value = f"{merge.how}({column})"
    return f"{value} as {column}"


def _distinct(name: str) -> str:
    column = quoted(name)
    return f"list_distinct(flatten(list({column}) filter (where {column} is not null)))"


def _picked(name: str, merge: Merge, what: str, by: str) -> str:
    """Return what belongs to the latest or earliest value; of ties the larger value's."""
    column = quoted(name)
    way = "desc" if merge.how == "latest" else "asc"
    order = f"{by} {way} nulls last, {column} desc"
    counts = by if merge.keeps_null else column
    return f"first({what} order by {order}) filter (where {counts} is not null)"
