"""Say what DuckDB has against a translated query, by the place in the query as it was written."""

from __future__ import annotations

import re

import duckdb

from pipeline.ask.dialect.context import locate
from pipeline.ask.dialect.translate import Translation
from pipeline.ask.statement import refusal
from pipeline.errors import QueryError

_WORD = re.compile(r"\"?(\w+)")


def refusal_of(refused: Exception, translation: Translation, step: str = "") -> QueryError:
    """Return DuckDB's refusal of a translation in one line.

    Its place is one in the translation, which nobody has seen. The word there is looked for in
    the query as it was written; where it does not come as often, no place is better than a
    wrong one.
    """
    told = str(refused)
    words, _, marked = told.partition("\nLINE ")
    plain = refusal(duckdb.Error(words), translation.sql, step)
    offset = _offset(marked, translation.sql)
    place = _same_word(offset, translation) if offset is not None else _named(words, translation)
    if place is None:
        return QueryError(plain.what, plain.next_step)
    line, column = locate(translation.source, place)
    return QueryError(f"{plain.what}, at line {line} column {column}", plain.next_step)


def _offset(marked: str, sql: str) -> int | None:
    """Return where in a statement DuckDB's caret points; it shortens what it shows of it."""
    _, _, rest = marked.partition(": ")
    shown, _, caret = rest.partition("\n")
    bare = shown.removeprefix("...").removesuffix("...")
    if "^" not in caret or sql.count(bare) != 1:
        return None
    n_marks = len(marked) - len(rest) + len("LINE ") + len(shown) - len(shown.removeprefix("..."))
    return sql.index(bare) + caret.index("^") - n_marks


def _named(words: str, translation: Translation) -> int | None:
    """Return where the name that DuckDB complains of stands, if it stands once."""
    for name in reversed(re.findall(r'"(\w+)"', words)):
        there = re.findall(rf"\b{name}\b", translation.source, re.IGNORECASE)
        if len(there) == 1:
            return translation.source.lower().index(there[0].lower())
    return None


def _same_word(offset: int, translation: Translation) -> int | None:
    found = _WORD.match(translation.sql, offset)
    if not found:
        return None
    same = re.compile(rf"\b{re.escape(found[1])}\b", re.IGNORECASE)
    here = [hit.start() for hit in same.finditer(translation.sql)]
    there = [hit.start() for hit in same.finditer(translation.source)]
    if len(there) == 1:
        return there[0]
    start = found.start(1)
    return there[here.index(start)] if len(here) == len(there) and start in here else None
