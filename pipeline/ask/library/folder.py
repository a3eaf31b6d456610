"""The folders that questions are in: those of Trailhouse, and one's own beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pipeline.ask.library.question import Question, read_question
from pipeline.errors import UsageError
from pipeline.queryfile import content_root

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ENDING = ".sql"


@dataclass(frozen=True, slots=True)
class Library:
    """The questions there are.

    Attributes:
        own: one's own folder of questions; one that has the name of a question of Trailhouse
            is asked in its place.
    """

    own: Path | None = None

    def names(self) -> list[str]:
        """Return the names of all questions, without reading them.

        Raises:
            UsageError: one's own folder is not there.
        """
        return sorted({*_shipped(), *self._own_files()})

    def read(self, name: str) -> Question:
        """Read one question.

        Raises:
            UsageError: there is none of that name, or its file is wrong.
        """
        own = self._own_files()
        if name in own:
            try:
                text = own[name].read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as wrong:
                told = getattr(wrong, "strerror", None) or wrong
                step = "make it a readable file of SQL, or move it elsewhere"
                raise UsageError(f"{own[name]}: cannot be read: {told}", step) from wrong
            return read_question(text, str(own[name]), is_own=True)
        if name not in _shipped():
            near = get_close_matches(name, self.names(), 2, 0.5)
            step = f"did you mean {' or '.join(near)}? " * bool(near)
            raise UsageError(
                f"there is no question {name}", f"{step}list them with: trailhouse query"
            )
        place = content_root().joinpath("library", f"{name}{_ENDING}")
        return read_question(place.read_text(encoding="utf-8"), f"queries/library/{name}{_ENDING}")

    def questions(self) -> Iterator[Question]:
        """Read all questions, by name."""
        return map(self.read, self.names())

    def replaces(self, question: Question) -> bool:
        """Tell whether a question of one's own stands in the place of one of Trailhouse."""
        return question.is_own and question.name in _shipped()

    def _own_files(self) -> dict[str, Path]:
        if self.own is None:
            return {}
        if not self.own.is_dir():
            step = "make it, or set library.folder to the folder of your questions"
            raise UsageError(f"{self.own}: no folder of questions", step)
        found = {file.stem: file for file in sorted(self.own.glob(f"*{_ENDING}"))}
        for name, file in found.items():
            if not _NAME.fullmatch(name):
                step = "name it in lower case with - between words, such as my-question.sql"
                raise UsageError(f"{file}: {name} is no name of a question", step)
        return found


def _shipped() -> list[str]:
    folder = content_root().joinpath("library")
    if not folder.is_dir():
        return []
    return sorted(
        file.name.removesuffix(_ENDING) for file in folder.iterdir() if file.name.endswith(_ENDING)
    )
