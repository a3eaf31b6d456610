"""Read a model's file: its YAML header held to account, with the line of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UsageError
from pipeline.models.model import EVERY, Checks, Materialize, Merge, Model, check_columns
from pipeline.queryfile import QueryFile, parse_query

_KNOWN = {
    *("name", "grain", "description", "materialize", "day", "lookback", "lookahead"),
    *("key", "merge", "checks", "columns"),
}
_CHECKS = {"unique", "not_null", "accepted", "relationships", "rows", "reconciles"}
_PLAIN_MERGES = {"min", "max", "sum", "union", "any", "all"}
_PICKED = re.compile(r"(latest|earliest)\((\w+)(, nulls)?\)")
_UNION = re.compile(r"union\((\d+)\)")
_CUT = re.compile(r"cut\((\w+(?:, \w+)*)\)")
_DAYS = re.compile(r"(\d+) days?")
_VOLATILE = {
    *("now", "current_timestamp", "current_date", "current_time", "get_current_timestamp"),
    *("localtime", "localtimestamp", "transaction_timestamp", "today", "random", "rand", "uuid"),
}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def read_model(text: str, place: str, layer: str) -> Model:
    """Read a model's file.

    Args:
        text: the whole file.
        place: where it is from.
        layer: the folder it is in.

    Raises:
        UsageError: its header or its SQL is not what a model's is; with file and line.
    """
    query = parse_query(text, place)
    header = _Header(query.header, text, place)
    model = _read(query, header, layer)
    _check_shape(model, header)
    _check_sql(model, query, header)
    return model


def _read(query: QueryFile, header: _Header, layer: str) -> Model:
    header.refuse_unknown()
    checks = _read_checks(header)
    return Model(
        name=query.name,
        layer=layer,
        grain=header.text("grain"),
        description=query.description,
        materialize=_materialize(header),
        day=header.given.get("day", "event_date"),
        lookback=_days(header, "lookback"),
        lookahead=_days(header, "lookahead"),
        key=header.names("key"),
        merge={name: _merge(header, name, how) for name, how in header.mapping("merge").items()},
        checks=checks,
        columns={name: str(said or "") for name, said in header.mapping("columns").items()},
        sql=query.sql,
        sources=query.tables,
        compared=_compared(checks, header) - {query.name},
        place=query.place,
        first_line=query.first_line,
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """A header's mapping, and where in the file its keys are."""

    given: Mapping[str, Any]
    lines: str
    place: str

    def wrong(self, key: str, what: str, next_step: str) -> UsageError:
        """Return the error of something wrong with a key."""
        found = re.compile(rf"^\s*{re.escape(key)}\s*:")
        lines = enumerate(self.lines.splitlines(), 1)
        line = next((number for number, text in lines if found.match(text)), 1)
        return UsageError(f"{self.place}:{line}: {what}", next_step)

    def refuse_unknown(self) -> None:
        for key in self.given:
            if key not in _KNOWN:
                known = ", ".join(sorted(_KNOWN))
                raise self.wrong(key, f"unknown key {key}", f"there are: {known}")

    def text(self, key: str) -> str:
        value = self.given.get(key)
        if not value or not isinstance(value, str):
            raise self.wrong(key, f"the header has no {key}", f"add {key}: …")
        return value

    def mapping(self, key: str, inside: str = "") -> Mapping[str, Any]:
        outer = self.given.get(inside) or {} if inside else self.given
        value = outer.get(key) or {}
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} is no mapping", f"write {key}: {{name: …}}")
        return {str(name): said for name, said in value.items()}

    def names(self, key: str, inside: str = "") -> tuple[str, ...]:
        outer = self.given.get(inside) or {} if inside else self.given
        value = outer.get(key) or []
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.wrong(key, f"{key} is no list of columns", f"write {key}: [column, …]")
        return tuple(value)


def _materialize(header: _Header) -> Materialize:
    found = header.text("materialize")
    match found:
        case "view" | "daily" | "rollup":
            return found
    raise header.wrong("materialize", f"materialize: {found}", "write view, daily or rollup")


def _days(header: _Header, key: str) -> Mapping[str, int]:
    given = header.given.get(key)
    if given is None:
        return {}
    by_source = given if isinstance(given, dict) else {EVERY: given}
    found = {source: _DAYS.fullmatch(str(said)) for source, said in by_source.items()}
    if not all(found.values()):
        step = f"write {key}: 2 days, or {key}: {{source: 2 days}}"
        raise header.wrong(key, f"{key}: {given} is no number of days", step)
    return {str(source): int(match[1]) for source, match in found.items() if match}


def _merge(header: _Header, column: str, said: Any) -> Merge:
    if said in _PLAIN_MERGES:
        return Merge(str(said))
    if match := _UNION.fullmatch(str(said)):
        return Merge("union", limit=int(match[1]))
    if match := _CUT.fullmatch(str(said)):
        return Merge("cut", lists=tuple(match[1].split(", ")))
    match = _PICKED.fullmatch(str(said))
    if not match:
        known = ", ".join(sorted(_PLAIN_MERGES))
        step = (
            f"write {known}, union(1000), cut(list, list), latest(column), earliest(column), "
            "or latest(column, nulls) where null may be the latest value"
        )
        raise header.wrong(column, f"{column}: {said} is no way to merge", step)
    return Merge(match[1], match[2], keeps_null=bool(match[3]))


def _read_checks(header: _Header) -> Checks:
    given = header.mapping("checks")
    for kind in given:
        if kind not in _CHECKS:
            raise header.wrong(kind, f"unknown check {kind}", f"there are: {sorted(_CHECKS)}")
    related = header.mapping("relationships", "checks")
    for column, said in related.items():
        if str(said).count(".") != 1:
            raise header.wrong(column, f"{column}: {said} is no column", "write table.column")
    return Checks(
        unique=tuple(_unique(header, given.get("unique") or [])),
        not_null=header.names("not_null", "checks"),
        accepted=dict(header.mapping("accepted", "checks")),
        relationships={
            column: (str(said).split(".")[0], str(said).split(".")[1])
            for column, said in related.items()
        },
        rows={name: str(sql) for name, sql in header.mapping("rows", "checks").items()},
        reconciles={name: str(sql) for name, sql in header.mapping("reconciles", "checks").items()},
    )


def _unique(header: _Header, given: Any) -> Iterator[tuple[str, ...]]:
    lists = given if given and all(isinstance(one, list) for one in given) else [given]
    for columns in lists:
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise header.wrong("unique", "unique is no list of columns", "write unique: [column]")
        if columns:
            yield tuple(columns)


def _compared(checks: Checks, header: _Header) -> frozenset[str]:
    """Return the tables that checks read."""
    related = {table.lower() for table, _ in checks.relationships.values()}
    asked = (
        QueryFile(f"{header.place} (check {name})", {"name": name}, sql, 1).tables
        for name, sql in checks.reconciles.items()
    )
    return frozenset(related.union(*asked))


def _check_shape(model: Model, header: _Header) -> None:
    """Refuse a header whose parts do not fit one another."""
    if not _NAME.fullmatch(model.name):
        raise header.wrong("name", f"{model.name} is no name of a table", "write lower_case")
    if not model.columns:
        raise header.wrong("columns", "the header has no columns", "say of each what it means")
    for name in (*model.checks.not_null, *model.checks.accepted, *model.checks.relationships):
        if name not in model.columns:
            raise header.wrong(name, f"a check of {name}, which is no column", "see columns")
    for name in (name for columns in model.checks.unique for name in columns):
        if name not in model.columns:
            raise header.wrong("unique", f"unique: {name} is no column", "see columns")
    if model.materialize == "rollup":
        _check_rollup(model, header)
    elif model.key or model.merge:
        raise header.wrong("key", f"a {model.materialize} has key or merge", "take them out")
    if model.materialize == "daily" and model.day not in model.columns:
        raise header.wrong("day", f"day: {model.day} is no column", "name the rows' DATE column")
    if model.materialize == "view" and (model.lookback or model.lookahead):
        raise header.wrong("lookback", "a view has a lookback", "give it to what reads the view")


def _check_rollup(model: Model, header: _Header) -> None:
    if not model.key or not model.merge:
        raise header.wrong("materialize", "a rollup without key or merge", "add key: and merge:")
    for name in (*model.key, *model.merge):
        if name not in model.columns or name == model.day:
            raise header.wrong(name, f"{name} is no column of the rollup", "see columns")
    for name in model.columns:
        if (name in model.key) == (name in model.merge):
            raise header.wrong(name, f"{name} is to be in key or in merge", "name it in one")
    for name, merge in model.merge.items():
        if merge.by and merge.by not in model.columns:
            raise header.wrong(name, f"{name}: {merge.by} is no column", "see columns")
        for other in merge.lists:
            if other not in model.merge or not model.merge[other].limit:
                raise header.wrong(name, f"{name}: {other} is no union(…)", "give it a limit")


def _check_sql(model: Model, query: QueryFile, header: _Header) -> None:
    line = f"{model.place}:{model.first_line}"
    if query.parameters:
        raise UsageError(f"{line}: a model takes no parameters", "write the value itself")
    if found := query.functions & _VOLATILE:
        raise UsageError(
            f"{line}: {min(found)}() gives another answer each time",
            "derive it from the events: a build is a function of the facts",
        )
    if not model.sources:
        raise UsageError(f"{line}: the model reads no table", "read the facts or a model")
    if query.results is not None:
        check_columns(model, query.results)
