"""Make placeholders parseable: of a table, by any name for it; of a value, only if it is given.

Whatever is replaced is replaced by as many characters, so that places in the tree are places in
the query as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from pipeline.ask.dialect.context import Context, Dialect, locate
from pipeline.errors import QueryError

_PARTS = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\")|(?P<comment>--[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)
_WORDS = r"\s*[A-Za-z_](?:[\w .:/-]*[\w])?\s*"
_HOLDER = (
    rf"\$\{{{_WORDS}\}}"  # ${table}
    rf"|\{{\{{{_WORDS}\}}\}}"  # {{ table }}
    rf"|\{{{_WORDS}?\}}"  # {table}
    rf"|<<?{_WORDS}>>?"  # <table>
    r"|\$[A-Za-z_]\w*"  # $EDS_ID
    r"|%\(\w+\)s|%s"  # of Python
)
_TABLE_HOLDER = rf"{_HOLDER}|\[{_WORDS}\]|[:@#][A-Za-z_]\w*#?"
_STEP = rf"(?:{_TABLE_HOLDER}|[\w-])+"
_AFTER_FROM = re.compile(
    rf"(?P<word>\b(?:from|join)\s+)(?P<path>{_STEP}(?:\s*\.\s*(?:{_STEP}|\"[^\"]*\"))*)",
    re.IGNORECASE,
)
_EXTRACTING = re.compile(r"\(\s*\w+\s*$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BEFORE_VALUE = (
    r"(?:[=(,<>|+*/-]|\b(?:and|or|between|like|in|then|else|limit|by|interval|not|where|timestamp"
    r"|date))\s*"
)
_VALUE = re.compile(
    rf"(?P<before>{_BEFORE_VALUE})"
    rf"(?P<holder>{_HOLDER}|@[A-Za-z_]\w*|(?<!:):[A-Za-z_]\w*|\[{_WORDS}\])",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    rf"\$\{{{_WORDS}\}}|\{{\{{{_WORDS}\}}\}}|\{{[A-Za-z_][\w-]*\}}|<[A-Za-z_][\w -]*>"
)
_UNFILLED = re.compile(
    r"\b(your|my|insert|replace)[_-](\w+[_-])*(arn|account|bucket|user|role|name|id|key|ip|region)"
    r"|\bX{4,}|\bY{4}[/-]?M{2}|\bMM-DD\b|^[A-Z]+(_[A-Z]+)+_HERE$",
    re.IGNORECASE,
)


def stand_in(text: str, context: Context) -> str:
    """Return the query with plain names where it has placeholders of tables and given values.

    Raises:
        QueryError: placeholders of values that are not given.
    """
    named = "".join(
        _AFTER_FROM.sub(lambda found: _table(found, context), part) if kind == "code" else part
        for kind, part in split(text)
    )
    missing: list[tuple[int, str]] = []
    parts, offset = [], 0
    for kind, part in split(named):
        if kind == "code":
            part = _values(part, offset, context, missing)
        parts.append(part)
        offset += len(part)
    if missing:
        raise _missing(missing, context)
    return "".join(parts)


def split(text: str) -> Iterator[tuple[str, str]]:
    """Yield code, texts, quoted names and comments of a query, in order."""
    start = 0
    for found in _PARTS.finditer(text):
        yield "code", text[start : found.start()]
        yield found.lastgroup or "code", found[0]
        start = found.end()
    yield "code", text[start:]


def fill(tree: exp.Expr, context: Context) -> exp.Expr:
    """Put parameters where the query names given values, also within texts.

    Raises:
        QueryError: a text that is a placeholder, or an ARN with one.
    """
    for column in list(tree.find_all(exp.Column)):
        name = context.values.get(column.name.lower()) if not column.table else None
        if name:
            column.replace(exp.Placeholder(this=name))
    for literal in list(tree.find_all(exp.Literal)):
        if literal.is_string:
            _fill_text(literal, context)
    return tree


def _table(found: re.Match[str], context: Context) -> str:
    """Return what stands in for the name of a table; plain names stay."""
    path = found["path"]
    steps = re.split(r"(\s*\.\s*)", path) if "." in path else [path]
    for number, step in enumerate(steps):
        if re.fullmatch(r"\w*|\"[^\"]*\"|\s*\.\s*|-.*", step):
            continue
        is_plain = re.fullmatch(r"[\w-]+", step) and not _UUID.fullmatch(step)
        if is_plain and _EXTRACTING.search(found.string, 0, found.start()):
            continue
        is_id = context.dialect is Dialect.LAKE  # where tables are named by ids, with hyphens
        if is_plain and not (is_id or context.is_lenient):
            line, column = locate(context.source, found.start("path"))
            problem = f"the name {step} has a hyphen and no quotes, at line {line} column {column}"
            raise QueryError(problem, f'write "{step}", or give --lenient')
        name = "_" + re.sub(r"\W", "_", step)[1:]
        context.written[name.lower()] = step
        steps[number] = name
    return found["word"] + "".join(steps)


def _values(part: str, offset: int, context: Context, missing: list[tuple[int, str]]) -> str:
    def value(found: re.Match[str]) -> str:
        holder = found["holder"]
        given = context.given.get(_key(holder))
        if given is None:
            missing.append((offset + found.start("holder"), holder))
            return found[0]
        name = "_" + "_" * (len(holder) - 1 - len(given)) + given
        name = name if len(name) <= len(holder) else "_" * len(holder)
        context.values[name.lower()] = given
        return found["before"] + name

    return _VALUE.sub(value, part)


def _key(holder: str) -> str:
    """Return the name of the value that a placeholder stands for, as --param can give it."""
    inner = re.sub(r"^%\((\w+)\)s$", r"\1", holder).strip("$@:{}<>[]# ")
    return re.sub(r"\W+", "_", inner).strip("_").lower()


def _missing(found: list[tuple[int, str]], context: Context) -> QueryError:
    (offset, first), *others = found
    line, column = locate(context.source, offset)
    names = dict.fromkeys(_key(holder) or "name" for _, holder in found)
    also = f" (and {', '.join(sorted({h for _, h in others} - {first}))})" if others else ""
    return QueryError(
        f"{first} stands for a value that is not given{also if also != ' (and )' else ''}, "
        f"at line {line} column {column}",
        "give " + " ".join(f"--param {name}=VALUE" for name in names),
    )


def _fill_text(literal: exp.Expr, context: Context) -> None:
    text = literal.name
    holders = [found[0] for found in _IN_TEXT.finditer(text)]
    if not holders:
        if _UNFILLED.search(text) and not _is_format(literal):
            context.note(f"'{text}' looks like a placeholder, and is taken as it stands", literal)
        return
    if all(_key(holder) in context.given for holder in holders):
        literal.replace(_joined(text, context))
        return
    lacking = [holder for holder in holders if _key(holder) not in context.given]
    step = "give " + " ".join(f"--param {_key(holder)}=VALUE" for holder in lacking)
    if text == holders[0] or text.startswith("arn:"):
        raise context.refuse(
            f"{lacking[0]} in '{text}' stands for a value that is not given", literal, step
        )
    context.note(f"{lacking[0]} in '{text}' is taken as it stands; if it is a placeholder, {step}")


def _is_format(literal: exp.Expr) -> bool:
    """Tell whether a text says how to write or read a time."""
    call = literal.parent
    return isinstance(call, exp.Anonymous) and "date" in call.name.lower()


def _joined(text: str, context: Context) -> exp.Expr:
    """Return a text with parameters in it as a concatenation."""
    pieces: list[exp.Expr] = []
    start = 0
    for found in _IN_TEXT.finditer(text):
        if found.start() > start:
            pieces.append(exp.Literal.string(text[start : found.start()]))
        pieces.append(exp.Placeholder(this=context.given[_key(found[0])]))
        start = found.end()
    if start < len(text):
        pieces.append(exp.Literal.string(text[start:]))
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = exp.DPipe(this=joined, expression=piece)
    return exp.paren(joined, copy=False) if len(pieces) > 1 else joined
