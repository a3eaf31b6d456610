"""Objects of hundreds of megabytes, in every form that one may have."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from tests.events import event

FILLER = {"Filters": [{"Name": "tag:team", "Values": ["platform", "security"]}] * 8}


def texts(size: int, **fields: object) -> Iterator[str]:
    """Yield events' JSON until so many bytes are reached, each with an id of its own."""
    template = json.dumps(
        event(0, requestParameters=FILLER, **fields), separators=(",", ":"), ensure_ascii=False
    )
    before, after = template.split(event(0)["eventID"])
    done = number = 0
    while done < size:
        text = (
            f"{before}{UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128))}{after}"
        )
        yield text
        done += len(text)
        number += 1


def _documents(size: int) -> Iterator[str]:
    return _between('{"Records":[', ",", "]}", texts(size))


def _between(start: str, middle: str, end: str, parts: Iterator[str]) -> Iterator[str]:
    yield start
    for n, part in enumerate(parts):
        yield part if n == 0 else middle + part
    yield end


FORMS: dict[str, Callable[[int], Iterator[str]]] = {
    "document": _documents,
    "document with one character beyond ASCII": lambda size: _between(
        '{"Records":[', ",", "]}", texts(size, errorMessage="\U0001f600")
    ),
    "document with unknown fields": lambda size: _between(
        '{"Records":[', ",", "]}", texts(size, unknownField={"a": 1})
    ),
    "broken document": lambda size: _between('{"Records":[{oops},', ",", "]}", texts(size)),
    "array": lambda size: _between("[", ",", "]", texts(size)),
    "lines": lambda size: (text + "\n" for text in texts(size)),
    "values run together": lambda size: texts(size),
    "cloudwatch export": lambda size: (
        f"2026-03-01T00:00:00.000Z {text}\n" for text in texts(size)
    ),
    "lookup-events": lambda size: _between(
        '{"Events":[',
        ",",
        "]}",
        (json.dumps({"CloudTrailEvent": text}) for text in texts(size)),
    ),
    "lines that are no events": lambda size: (
        f'{{"level":"info","message":{json.dumps(text[:300])}}}\n' for text in texts(size)
    ),
    "one line of junk": lambda size: ("junk " for _ in range(size // 5)),
    "one giant event": lambda size: iter(
        ['{"Records":[' + json.dumps(event(1, requestParameters={"a": "x" * size})) + "]}"]
    ),
}


def write_large(path: Path, form: str, size: int) -> None:
    """Write an object of one form and about that many bytes of text."""
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        for part in FORMS[form](size):
            file.write(part)
