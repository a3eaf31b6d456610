"""A saved question: its header held to account, with the line of what is wrong, and its SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipeline.ask.library.kinds import KINDS
from pipeline.errors import UsageError
from pipeline.queryfile import QueryFile, content_root, parse_query
from pipeline.settings.age import parse_age

PERIOD = ("since", "until")
"""The parameters of a question that has a period; `$first_day` and `$last_day` are its days."""

_KNOWN = {
    *("name", "topic", "grain", "description", "period", "parameters"),
    *("context", "columns", "examples", "first"),
}
_PARAMETER = {"kind", "meaning", "default", "required", "example", "choices"}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a question asks for.

    Attributes:
        name: what `$name` in the SQL is called.
        kind: one of `KINDS`.
        meaning: what it is, for people.
        default: its value where none is given; None: null, which does not narrow anything.
        is_required: whether the question makes no sense without it.
        example: a value, as it is written.
        choices: the words that a choice can be.
    """

    name: str
    kind: str
    meaning: str
    default: Any = None
    is_required: bool = False
    example: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question that can be asked by name.

    Attributes:
        topic: what it is about, for the list.
        period: the length of the period that it looks at by default, counted back from the
            lake's newest day; all: the whole lake; empty: it has no period.
        first: whose newest events are found first, of the principal or of the resource; they are
            bound as $events, null where they are many, with $events_since and $events_until, so
            that what else is known of them is read of them alone.
        context: tables of context without which it cannot tell anything.
        meanings: what columns mean, where the models do not say it.
        examples: what stands after its name on the command line.
        is_own: whether it is from one's own folder.
    """

    file: QueryFile
    topic: str
    grain: str
    period: str
    parameters: tuple[Parameter, ...]
    first: str = ""
    context: tuple[str, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    is_own: bool = False

    @property
    def name(self) -> str:
        """What it is called, as `who-changed`."""
        return self.file.name

    @property
    def description(self) -> str:
        """What it asks, in a sentence."""
        return " ".join(self.file.description.split())

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The columns of its answer with their meanings; those of models are theirs."""
        from pipeline.ask.models import find_model

        found = (find_model(table) for table in sorted(self.file.tables))
        inherited: dict[str, str] = {}
        for model in found:
            for name, meaning in (model.header.get("columns") or {}).items() if model else ():
                inherited.setdefault(name, " ".join(str(meaning).split()))
        known = {**inherited, **self.meanings}
        return {name: known.get(name, "") for name in self.file.results or self.meanings}


def read_question(text: str, place: str, *, is_own: bool = False) -> Question:
    """Read a question's file.

    Args:
        text: the whole file.
        place: where it is from; its stem is the question's name.
        is_own: whether it is from one's own folder.

    Raises:
        UsageError: its header is not what a question's is; with file and line.
    """
    file = parse_query(text, place)
    header = _Header(file.header, text, place)
    header.refuse_unknown("", file.header, _KNOWN)
    parameters = header.mapping("parameters")
    return Question(
        file=file,
        topic=header.words("topic"),
        grain=header.words("grain"),
        period=_period(header),
        first=_first(header),
        parameters=tuple(_parameter(header, name, said) for name, said in parameters.items()),
        context=header.texts("context"),
        meanings={k: " ".join(str(v).split()) for k, v in header.mapping("columns").items()},
        examples=header.texts("examples"),
        is_own=is_own,
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """A header's mapping, and where in the file its keys are."""

    given: Mapping[str, Any]
    text: str
    place: str

    def wrong(self, key: str, what: str, next_step: str) -> UsageError:
        """Return the error of something wrong with a key."""
        found = re.compile(rf"^\s*(?:.*[{{,]\s*)?{re.escape(key)}\s*:")
        lines = enumerate(self.text.splitlines(), 1)
        line = next((number for number, told in lines if found.match(told)), 1)
        return UsageError(f"{self.place}:{line}: {what}", next_step)

    def refuse_unknown(self, where: str, given: Mapping[str, Any], known: set[str]) -> None:
        for key in given:
            if key not in known:
                step = f"there are: {', '.join(sorted(known))}"
                raise self.wrong(str(key), f"{where}unknown key {key}", step)

    def words(self, key: str) -> str:
        value = self.given.get(key)
        if not value or not isinstance(value, str):
            raise self.wrong(key, f"the header has no {key}", f"add {key}: …")
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.given.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"{key} is no list of texts", f"write {key}: [text, …]")
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.given.get(key) or {}
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} is no mapping", f"write {key}: {{name: …}}")
        return {str(name): said for name, said in value.items()}


def _first(header: _Header) -> str:
    name = str(header.given.get("first") or "")
    if name and not content_root().joinpath("lookup", f"{name}-events.sql").is_file():
        raise header.wrong("first", f"first: {name} is none", "write principal or resource")
    return name


def _period(header: _Header) -> str:
    period = str(header.given.get("period") or "")
    if period and period != _ALL:
        try:
            parse_age(period)
        except UsageError:
            step = "write all, or a length of time such as 7d"
            raise header.wrong("period", f"period: {period} is none", step) from None
    return period


def _parameter(header: _Header, name: str, said: Any) -> Parameter:
    if not _NAME.fullmatch(name) or name in (*PERIOD, "first_day", "last_day"):
        step = "name it in lower case with _ between words; a period's own names are taken"
        raise header.wrong(name, f"{name} is no name of a parameter", step)
    if not isinstance(said, dict):
        raise header.wrong(name, f"{name} is no mapping", "write {kind: …, meaning: …}")
    header.refuse_unknown(f"{name}: ", said, _PARAMETER)
    kind = said.get("kind")
    if kind not in KINDS:
        raise header.wrong(name, f"{name}: kind: {kind}", f"write one of {', '.join(KINDS)}")
    choices = said.get("choices") or []
    if (kind == "choice") != bool(choices) or not isinstance(choices, list):
        raise header.wrong(name, f"{name}: choices belong to kind: choice", "write choices: [a, b]")
    return Parameter(
        name=name,
        kind=kind,
        meaning=" ".join(str(said.get("meaning") or KINDS[kind].meaning).split()),
        default=said.get("default"),
        is_required=bool(said.get("required")),
        example=str(said.get("example") or ""),
        choices=tuple(map(str, choices)),
    )
