"""Decide which days of a table are to be built, and say why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pyiceberg.table import Table

from pipeline.lake.catalog import Lake
from pipeline.lake.derived import built_from, find_table, planned_schema, view_of
from pipeline.models.source import Source, Sources
from pipeline.models.state import Built, Seen, from_json
from pipeline.models.step import Step


@dataclass(frozen=True, slots=True)
class Range:
    """What of a table is asked for.

    Attributes:
        is_full: all of it, whether it changed or not.
        first, last: no days before and after these, where they are given.
    """

    is_full: bool = False
    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Tell whether a day is asked for."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to one table.

    Attributes:
        is_due: whether there is anything to do.
        is_other: rows are not to be compared with those there are, for they have other columns.
        replaces_all: all rows go; else those of `build` and `remove`.
        build: days to be built.
        remove: days whose rows go, since no source has them any more.
        reason: why, for people.
        built: what the table will have been built from.
        before: what it was built from, as it was kept.
    """

    step: Step
    is_due: bool
    is_other: bool
    replaces_all: bool
    build: frozenset[date]
    remove: frozenset[date]
    reason: str
    built: Built
    before: Mapping[str, Any] | None

    @property
    def version(self) -> str:
        """The version of the table's rows as they are."""
        return str(self.before["version"]) if self.before else ""

    @property
    def replaced(self) -> frozenset[date] | None:
        """The days whose rows go; None: all."""
        return None if self.replaces_all else self.build | self.remove


@dataclass(frozen=True, slots=True)
class _News:
    """What is new in the sources.

    Attributes:
        days: days of the table that depend on what is new.
        n_new, n_changed, n_gone: days of sources.
        all_because: why every day is to be built; empty: it is not.
        is_other: whether that is for its columns, or was asked for.
    """

    days: frozenset[date] = frozenset()
    n_new: int = 0
    n_changed: int = 0
    n_gone: int = 0
    all_because: str = ""
    is_other: bool = False

    @property
    def reason(self) -> str:
        said = [
            _count(self.n_new, "new day"),
            _count(self.n_changed, "day", " with new events"),
            _count(self.n_gone, "day", " gone"),
        ]
        return ", ".join(filter(None, said))


def plan_step(
    lake: Lake,
    step: Step,
    sources: Sources,
    asked: Range,
    upstream: Mapping[str, Plan | None] | None = None,
) -> Plan:
    """Decide what of a table is to be built.

    A day is given rows only if a source that is kept by days has that day itself; a source
    that is merely looked back on does not make days of its own.

    Args:
        lake: the lake.
        step: makes the table.
        sources: what it reads.
        asked: what is asked for.
        upstream: plans of tables it reads that are not carried out yet, in a dry run;
            None of a reference table that would be replaced.
    """
    table = find_table(lake, step.table)
    before = built_from(table)
    built = from_json(before)
    known = {name: _known(name, sources, upstream or {}) for name in step.reaches}
    possible = frozenset(step.own({day for one in known.values() for day in one.days}))
    held = _held(table, step)
    news = _news(step, known, built, table, asked)
    units = _units(news, built, possible, held, is_whole=step.kind == "whole")
    is_new = built is None or built.definition != step.definition
    chosen = units if built and is_new else frozenset(filter(asked.holds, units))
    every = bool(news.all_because) or step.kind == "whole"
    has_news = bool(units) or bool(news.all_because)
    return Plan(
        step=step,
        is_due=is_new or bool(chosen & (possible | held)) or (step.kind == "whole" and has_news),
        is_other=news.is_other,
        replaces_all=is_new or (every and chosen == units),
        build=chosen & possible,
        remove=(chosen & held) - possible,
        reason=_reason(news, built, units - chosen, chosen),
        built=Built(
            step.definition,
            {name: one.seen for name, one in known.items()},
            units - chosen,
        ),
        before=before,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """A source, as it is or, in a dry run, as it would be."""

    source: Source | None
    plan: Plan | None
    days: frozenset[date]
    seen: Seen

    def touched(self, seen: Seen) -> tuple[set[date], set[date], set[date]]:
        """Return its days that are new, changed and gone since they were seen."""
        source = self.source
        changed = {
            day
            for day in self.days & seen.days
            if source is not None and source.newest(day) > seen.sequence
        }
        if self.plan:
            changed |= self.plan.build & seen.days
        return set(self.days - seen.days), changed, set(seen.days - self.days)


def _known(name: str, sources: Sources, upstream: Mapping[str, Plan | None]) -> _Known:
    if name not in upstream:
        source = sources.get(name)
        return _Known(source, None, frozenset(source.days), source.seen)
    plan = upstream[name]
    if plan is None or plan.step.kind == "whole":
        return _Known(None, None, frozenset(), Seen(version="another"))
    found = sources.find(name)
    stays = frozenset(found.days) - plan.remove if found and not plan.replaces_all else frozenset()
    days = stays | plan.build
    return _Known(found, plan, days, Seen(days))


def _held(table: Table | None, step: Step) -> frozenset[date]:
    """Return the days that the table has."""
    if table is None or step.kind == "whole":
        return frozenset()
    is_daily = bool(table.spec().fields)
    return frozenset(Source(step.table, view_of(table), is_daily).days)


def _news(
    step: Step,
    known: Mapping[str, _Known],
    built: Built | None,
    table: Table | None,
    asked: Range,
) -> _News:
    if built is None:
        return _News(all_because="first build", is_other=True)
    is_other = table is not None and _is_other(table, step)
    if built.definition != step.definition:
        return _News(all_because="model changed", is_other=is_other)
    if is_other:
        return _News(all_because="columns changed", is_other=True)
    if asked.is_full:
        return _News(all_because="all of it asked for", is_other=True)
    news = _News()
    for name, one in known.items():
        seen = built.sources.get(name)
        if seen is None:
            return replace(news, all_because=f"{name} is read for the first time")
        if one.seen.version != seen.version:
            return replace(news, all_because=f"{name} changed")
        if one.source and one.source.is_daily and not one.source.is_continued_from(seen):
            return replace(news, all_because=f"{name} was set back or made anew")
        news = _joined(news, step, name, one.touched(seen))
    return news


def _is_other(table: Table, step: Step) -> bool:
    """Tell whether a table is to have other columns, or to be divided by another."""
    divided = [field.name for field in table.spec().fields]
    wanted = [step.shape.day] if step.shape.day else []
    return divided != wanted or (planned_schema(table, step.shape).fields != table.schema().fields)


def _joined(
    news: _News, step: Step, name: str, touched: tuple[set[date], set[date], set[date]]
) -> _News:
    new, changed, gone = touched
    return _News(
        news.days | step.units(name, new | changed | gone),
        max(news.n_new, len(new)),
        max(news.n_changed, len(changed)),
        max(news.n_gone, len(gone)),
    )


def _units(
    news: _News,
    built: Built | None,
    possible: frozenset[date],
    held: frozenset[date],
    *,
    is_whole: bool,
) -> frozenset[date]:
    """Return the days to be built, those that wait from an earlier build among them."""
    if news.all_because:
        return possible | held
    touched = news.days | (built.waiting if built else frozenset())
    return touched if is_whole else touched & (possible | held)


def _reason(
    news: _News, built: Built | None, waiting: Collection[date], chosen: Collection[date]
) -> str:
    said = [news.all_because or news.reason]
    if not said[0] and chosen and built and built.waiting:
        said = [_count(len(chosen), "day", " left by an earlier build")]
    if waiting:
        said.append(f"{_count(len(waiting), 'day')} left for later")
    return ", ".join(filter(None, said)) or "nothing new"


def _count(number: int, noun: str, rest: str = "") -> str:
    """Return a number of things in words; nothing for none.

    >>> _count(1, "day", " gone"), _count(2, "new day"), _count(0, "day")
    ('1 day gone', '2 new days', '')
    """
    return f"{number:,} {noun}{'s' if number != 1 else ''}{rest}" if number else ""
