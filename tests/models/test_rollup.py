"""Merging days into months and months into the whole gives what merging at once gives."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.header import read_model
from pipeline.models.model import Model
from pipeline.models.rollup import months_sql, whole_sql

_VALUE = st.none() | st.integers(0, 3)
_ROWS = st.lists(
    st.tuples(
        st.sampled_from("AB"),  # key
        st.integers(0, 70),  # day
        _VALUE,
        _VALUE,
        st.none() | st.lists(st.integers(0, 3), max_size=2),
        st.none() | st.booleans(),
    ),
    max_size=12,
)

_HOWS = {
    "a_min": ("a", "min(a)"),
    "a_max": ("a", "max(a)"),
    "a_sum": ("a", "sum(a)"),
    "l_union": ("l", "list_sort(list_distinct(flatten(list(l) filter (where l is not null))))"),
    "b_any": ("b", "bool_or(b)"),
    "b_all": ("b", "bool_and(b)"),
}


def _model() -> Model:
    """Return a rollup with every way to merge; x goes by t, which is merged itself."""
    header = (
        "/*\nname: merged\ngrain: one row per k (k)\ndescription: x\nmaterialize: rollup\n"
        "key: [k]\nmerge:\n"
        + "".join(f"  {name}: {name.split('_')[1]}\n" for name in _HOWS)
        + "  t: max\n  u: min\n  late: latest(t)\n  early: earliest(u)\ncolumns:\n  k: k\n"
        + "".join(f"  {name}: x\n" for name in [*_HOWS, "t", "u", "late", "early"])
        + "*/\nselect * from cloudtrail_logs"
    )
    return read_model(header, "queries/models/marts/merged.sql", "marts")


def _merged(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    model = _model()
    with duckdb.connect() as connection:
        connection.execute(
            "create table given (k varchar, d integer, a integer, t integer, l integer[], b bool)"
        )
        for row in rows:
            connection.execute("insert into given values (?, ?, ?, ?, ?, ?)", list(row))
        partial = ", ".join(f"{source} as {name}" for name, (source, _) in _HOWS.items())
        connection.execute(
            f"create view merged__days as select date '2026-03-01' + d as event_date, k, "
            f"{partial}, t, t as u, a as late, a as early from given"
        )
        connection.execute(f"create view merged__months as {months_sql(model)}")
        return connection.sql(f"from ({whole_sql(model)}) order by k").fetchall()


def _expected(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return the same by one plain query, and by Python where order matters."""
    merges = ", ".join(sql for _, sql in _HOWS.values())
    with duckdb.connect() as connection:
        connection.execute(
            "create table given (k varchar, d integer, a integer, t integer, l integer[], b bool)"
        )
        for row in rows:
            connection.execute("insert into given values (?, ?, ?, ?, ?, ?)", list(row))
        found = connection.sql(
            f"select k, {merges}, max(t), min(t) from given group by k order by k"
        ).fetchall()
    return [(*row, *_picked([r for r in rows if r[0] == row[0]])) for row in found]


def _picked(rows: list[tuple[object, ...]]) -> tuple[object, object]:
    known = [(row[3], row[2]) for row in rows if row[2] is not None]
    timed = [(t, a) for t, a in known if t is not None]
    if not timed:
        return (max((a for _, a in known), default=None),) * 2
    first = min(t for t, _ in timed)
    return max(timed)[1], max(a for t, a in timed if t == first)


@settings(max_examples=20, deadline=None)
@given(rows=_ROWS)
def test_two_steps_merge_like_one(rows: list[tuple[object, ...]]) -> None:
    """Of any rows, ties, nulls and empty lists among them, each merge gives the same."""
    assert _merged(rows) == _expected(rows)


def test_a_latest_value_survives_a_newer_row_without_one() -> None:
    """A month whose newest row has no value gives the value it has, of the time it had it."""
    rows: list[tuple[object, ...]] = [
        ("A", 0, 1, 5, None, None),
        ("A", 1, None, 9, None, None),
        ("A", 40, 2, 7, None, None),
    ]
    ((*_, late, early),) = _merged(rows)
    assert (late, early) == (2, 1)
