"""Simulate a small organisation, take its trails into a lake and build, all in one folder."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.ask.answer import Answer
from pipeline.ask.session import Parameters, Session
from pipeline.ingest.run import Counts
from pipeline.lake.catalog import Lake, open_lake
from pipeline.queryfile import QueryFile, content_root, read_query
from pipeline.simulate import Plan, Truth, simulate
from pipeline.simulate.incidents import incidents, list_leavers
from pipeline.simulate.roster import (
    ACCOUNTS,
    IDENTITIES,
    draw_organisation,
    list_accounts,
    list_identities,
)
from pipeline.sources.open import open_source
from pipeline.steps.build import BuildSummary, Report, build
from pipeline.steps.ingest import IngestSummary, ingest

EVENTS = 120_000
DAYS = 14
_MARK = ".trailhouse-demo"
_PARTS = ("trail", "lake")


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The folder of a demo: trails in one part of it, the lake in another."""

    path: Path

    @property
    def trail(self) -> Path:
        """Where the trails are."""
        return self.path / "trail"

    @property
    def lake(self) -> Path:
        """Where the lake is."""
        return self.path / "lake"

    @property
    def settings(self) -> Path:
        """The settings file that names the lake and the files of context."""
        return self.path / "trailhouse.toml"

    @property
    def context(self) -> Mapping[str, Path]:
        """The files of context, by the tables they become."""
        return {name: self.path / f"{name}.csv" for name in ("accounts", "identities")}

    def question(self, name: str) -> Path:
        """Where a question of the demo is, to be asked again or changed."""
        return self.path / f"{name}.sql"

    @property
    def is_foreign(self) -> bool:
        """Whether it holds something and no demo made it."""
        if not self.path.exists():
            return False
        is_empty = self.path.is_dir() and next(self.path.iterdir(), None) is None
        return not is_empty and not (self.path / _MARK).exists()

    def clear(self) -> None:
        """Remove what an earlier demo left, nothing else, and mark the folder as a demo's."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / _MARK).write_text("made by trailhouse demo, which replaces it\n")
        for part in _PARTS:
            if (self.path / part).exists():
                shutil.rmtree(self.path / part)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the demo: its file, and a file that finds what to ask about.

    Attributes:
        name: the file in queries/demo.
        subject: the file that yields a value for its parameter; empty: it has none.
        parameter: the parameter's name.
    """

    name: str
    subject: str = ""
    parameter: str = ""


QUESTIONS = (
    Question("busiest_principals"),
    Question("who_changed_group", "most_changed_group", "group_id"),
    Question("what_role_touched", "busiest_role", "role_name"),
)


def simulate_demo(
    folder: DemoFolder, progress: Callable[[int], None], last: date | None = None
) -> Truth:
    """Write two weeks of an organisation of four accounts, with some incidents in them.

    Nothing is late: an object delivered after the end would make the end look like a gap.

    Args:
        folder: where to.
        progress: called now and then with the number of events so far.
        last: the last day, UTC; default yesterday. The same day always gives the same events.
    """
    plan = _plan(last or datetime.now(UTC).date() - timedelta(days=1))
    truth = simulate(plan, folder.trail, progress, incidents())
    _write_context(folder, plan)
    for question in QUESTIONS:
        text = (content_root() / "demo" / f"{question.name}.sql").read_text(encoding="utf-8")
        folder.question(question.name).write_text(text, encoding="utf-8")
    return truth


def ingest_demo(folder: DemoFolder, report: Callable[[Counts], None]) -> tuple[Lake, IngestSummary]:
    """Take the demo's trails into the demo's own lake, whatever lake the settings name."""
    lake = open_lake(str(folder.lake), create=True)
    source = open_source(str(folder.trail / "AWSLogs"))
    return lake, ingest(lake, [source], report=report)


def build_demo(folder: DemoFolder, lake: Lake, report: Report) -> BuildSummary:
    """Build the demo's models, with its people and accounts known."""
    return build(lake, files=folder.context, report=report)


def ask_demo(session: Session, question: Question) -> tuple[QueryFile, dict[str, str], Answer]:
    """Ask a question; return its file, what was asked about, and the answer."""
    file = read_query(f"demo/{question.name}")
    values: dict[str, str] = {}
    if question.subject:
        found = session.sql(read_query(f"demo/{question.subject}").sql).rows()
        values[question.parameter] = str(found[0][0]) if found else ""
    given: Parameters | None = values or None
    return file, values, session.sql(file.sql, given)


def _plan(last: date) -> Plan:
    start = datetime(last.year, last.month, last.day, tzinfo=UTC) - timedelta(days=DAYS - 1)
    return Plan(accounts=4, seed=7, start=start, days=DAYS, events=EVENTS, late=0)


def _write_context(folder: DemoFolder, plan: Plan) -> None:
    """Write what the organisation would know of itself, and settings that name it and the lake."""
    organisation, files = draw_organisation(plan), folder.context
    _write_csv(files["accounts"], ACCOUNTS, list_accounts(organisation))
    people = [*list_identities(organisation), *list_leavers(organisation, plan.start)]
    _write_csv(files["identities"], IDENTITIES, sorted(people))
    lines = [f'{name} = "{file.name}"' for name, file in files.items()]
    settings = [f'lake = "{folder.lake.name}"', "", "[context]", *lines]
    folder.settings.write_text("\n".join(settings) + "\n", encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
