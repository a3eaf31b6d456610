"""The kinds of parameters that saved questions have, and the plain ones' values from text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.errors import UsageError
from pipeline.settings.times import ACCEPTED, parse_time


@dataclass(frozen=True, slots=True)
class Kind:
    """What values of a parameter are.

    Attributes:
        metavar: how a value is written in help.
        meaning: what it is, where the question does not say it better.
        is_found: whether a value stands for what the lake has of that name; it is bound as the
            list of all that match, and several values can be given.
    """

    metavar: str
    meaning: str
    is_found: bool = False


KINDS = {
    "principal": Kind(
        "NAME|ARN",
        "Who: an ARN, a name, the end of an ARN, an access key, or a person of the identities "
        "file; with * any that match.",
        is_found=True,
    ),
    "resource": Kind(
        "ID|ARN",
        "What: an ARN, an id or name such as sg-0a1b or a bucket's, s3://bucket/key; with * any "
        "that match.",
        is_found=True,
    ),
    "account": Kind("ID|NAME", "Only this account, by its id or name.", is_found=True),
    "event": Kind("ID", "The event, by its id or the beginning of it.", is_found=True),
    "key": Kind("ID", "The access key, by its id or the end of it.", is_found=True),
    "pattern": Kind("TEXT", "What it is; * stands for anything."),
    "text": Kind("TEXT", "What it is."),
    "number": Kind("N", "How many."),
    "time": Kind("TIME", f"When: {ACCEPTED}."),
    "choice": Kind("WORD", "Which."),
}
"""What a parameter of a question can be."""

_MOST = 100_000_000
_ESCAPED = re.compile(r"([\\%_])")


def plain_value(kind: str, given: Any, choices: tuple[str, ...], now: datetime) -> Any:
    """Return a value as it is bound.

    Args:
        kind: a kind whose values are not looked for in the lake.
        given: the value; of a number or a time also as text.
        choices: the words that a choice can be.
        now: what ages count back from.

    Raises:
        UsageError: the value is none of that kind.
    """
    match kind:
        case "number":
            return _number(given)
        case "time":
            return given if isinstance(given, datetime) else parse_time(str(given), now)
        case "pattern":
            return like_pattern(str(given))
        case "choice" if given not in choices:
            raise UsageError(f"{given!r} is none of its words", f"give one of {', '.join(choices)}")
    return str(given)


def like_pattern(text: str) -> str:
    r"""Return a text whose `*` stand for anything as a pattern of LIKE, escaped by a backslash.

    >>> like_pattern("203.0.113.*"), like_pattern("a_b")
    ('203.0.113.%', 'a\\_b')
    """
    return _ESCAPED.sub(r"\\\1", text).replace("*", "%")


def _number(given: Any) -> int:
    try:
        number = int(given)
    except (TypeError, ValueError):
        raise UsageError(f"{given!r} is no whole number", "give one such as 20") from None
    if not 0 <= number <= _MOST:
        raise UsageError(f"{given} is no number to ask with", f"give one from 0 to {_MOST:,}")
    return number
