"""Saved questions: list those there are, and ask one of a lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.ask.library.folder import Library
from pipeline.ask.library.kinds import KINDS
from pipeline.ask.library.question import Parameter, Question

if TYPE_CHECKING:
    from pipeline.ask.library.asking import Asked as Asked
    from pipeline.ask.library.asking import Period as Period
    from pipeline.lake.catalog import Lake

__all__ = [
    "KINDS",
    "Library",
    "Parameter",
    "Question",
    "QuestionEntry",
    "ask_question",
    "list_questions",
    "open_library",
]


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """A question as a list has it.

    Attributes:
        needs: the parameters without which it cannot be asked.
        is_own: whether it is from one's own folder.
    """

    name: str
    topic: str
    description: str
    needs: list[str]
    parameters: list[str]
    is_own: bool


def open_library(folder: str | None) -> Library:
    """Open the library: the questions of Trailhouse, and those of a folder beside them."""
    return Library(Path(folder).expanduser() if folder else None)


def list_questions(library: Library) -> list[QuestionEntry]:
    """List the questions by topic and name.

    Raises:
        UsageError: one's own folder is not there, or a file of it is wrong.
    """
    found = [_entry(question) for question in library.questions()]
    return sorted(found, key=lambda entry: (entry.topic.lower(), entry.name))


def ask_question(
    lake: Lake,
    question: Question,
    values: Mapping[str, Any],
    *,
    at: int | datetime | None = None,
) -> Asked:
    """Ask a question of the newest snapshot, or of an older one.

    Raises:
        UsageError: a value is missing, unknown, or stands for nothing in the lake.
        QueryError: a model that it reads was not built yet.
        SnapshotNotFound: there is no snapshot of that id or time.
    """
    from pipeline.ask.library.asking import ask
    from pipeline.ask.session import open_session

    return ask(open_session(lake).snapshot(at), question, values)


def _entry(question: Question) -> QuestionEntry:
    return QuestionEntry(
        name=question.name,
        topic=question.topic,
        description=question.description,
        needs=[p.name for p in question.parameters if p.is_required],
        parameters=[p.name for p in question.parameters],
        is_own=question.is_own,
    )
