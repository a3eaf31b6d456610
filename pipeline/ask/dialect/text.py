"""Make the text of a query parseable without moving anything: placeholders, odd quotes.

Whatever is replaced is replaced by as many characters, so that places in the tree are places in
the query as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sqlglot.errors import SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from pipeline.ask.dialect.context import Context, locate
from pipeline.errors import QueryError

_PARTS = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\")|(?P<comment>--[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_HOLDERS = (
    r"\$\{\{?\s*[\w .-]+?\s*\}?\}",  # ${table}
    r"\{\{\s*[\w .-]+?\s*\}\}",  # {{ table }}
    r"\{\s*[\w .-]*?\s*\}",  # {table}
    r"<<?\s*[A-Za-z][\w .:/-]*?>>?",  # <table>
    r"\[\s*[A-Za-z][\w .-]*?\s*\]",  # [table]
    r"\$[A-Za-z_]\w*",  # $EDS_ID
    r"[:@][A-Za-z_]\w*",  # :table, @table
    r"%\([\w .-]+\)s|%s",  # %(table)s
)
_AFTER_FROM = re.compile(
    rf"(?P<word>\b(?:from|join)\s+)(?P<path>(?:\w+\s*\.\s*)*)(?P<holder>{'|'.join(_HOLDERS)}|{_UUID})",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\$\{[^}]*\}|\{\{[^}]*\}\}|\{[A-Za-z][\w .-]*\}|<[A-Za-z][\w-]*[ \w-]*>|%s")
_SMART = {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u200b": " "}
_NOT_FIRST = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.GROUP_BY})
_OPERATORS = frozenset(
    {TokenType.EQ, TokenType.NEQ, TokenType.LIKE, TokenType.IN, TokenType.GT, TokenType.LT}
)


def prepare(context: Context) -> str:
    """Return the query with names where it had placeholders for tables.

    Raises:
        QueryError: a placeholder for a value, or a mistake that a lenient translation would mend.
    """
    text = _straighten(context.source, context)
    parts = list(_split(text))
    named = "".join(_name_holders(kind, part, context) for kind, part in parts)
    _refuse_values(named, context)
    return named


def check_tokens(tokens: list[Token], context: Context) -> str | None:
    """Look for what a parser lets pass or explains badly; return a mended text, None: unchanged.

    Raises:
        QueryError: strings side by side, or a mistake that a lenient translation would mend.
    """
    edits: list[tuple[int, int]] = []
    for first, second in pairwise(tokens):
        if first.token_type == second.token_type == TokenType.STRING:
            line, column = locate(context.source, second.start)
            raise QueryError(
                f"two strings side by side, {_shown(first)} and {_shown(second)}, at line {line} "
                f"column {column}",
                "a comma or an operator is missing between them",
            )
        if first.token_type == TokenType.COMMA and second.token_type in _NOT_FIRST:
            _mend_at(context, first.start, "a comma with nothing after it", "left out")
            edits.append((first.start, 1))
        is_double = first.token_type == second.token_type == TokenType.EQ
        if is_double and second.start == first.end + 1:
            _mend_at(context, first.start, "== is no operator", "taken for =")
            edits.append((second.start, 1))
    if not edits:
        return None
    text = list(context.source)
    for start, length in edits:
        text[start : start + length] = " " * length
    return "".join(text)


def explain_failure(failed: SqlglotError, tokens: list[Token], context: Context) -> QueryError:
    """Return why a query does not parse, with its place and the likeliest reason."""
    if isinstance(failed, TokenError) or not getattr(failed, "errors", None):
        return QueryError(" ".join(str(failed).split()), "look for a quote that is never closed")
    error = failed.errors[0]  # type: ignore[attr-defined]  # a ParseError's
    at = next(
        (n for n, t in enumerate(tokens) if (t.line, t.col) == (error["line"], error["col"])), None
    )
    token = tokens[at] if at is not None else None
    line, column = locate(context.source, token.start) if token else (error["line"], error["col"])
    near = f" near {token.text!r}" if token else ""
    said = (error["description"] or "").removeprefix("Invalid expression / ").lower()
    step = _reason(tokens, at) if at is not None else ""
    return QueryError(f"{said}{near}, at line {line} column {column}", step)


def _reason(tokens: list[Token], at: int) -> str:
    before = {token.token_type for token in tokens[:at]}
    here = tokens[at].token_type
    is_cut_off = at == len(tokens) - 1 and here not in (TokenType.R_PAREN, TokenType.STRING)
    if here in _OPERATORS and TokenType.FROM in before and TokenType.WHERE not in before:
        return "is WHERE missing after the table?"
    if here in (TokenType.SELECT, TokenType.WITH) and at:
        return "are two statements glued together? separate them and ask one at a time"
    n_open = sum(token.token_type == TokenType.L_PAREN for token in tokens)
    n_closed = sum(token.token_type == TokenType.R_PAREN for token in tokens)
    if n_open != n_closed:
        return f"{n_open} parentheses are opened and {n_closed} closed"
    if is_cut_off:
        return "is the end of the query missing?"
    return ""


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield code, strings, quoted names and comments of a query, in order."""
    start = 0
    for found in _PARTS.finditer(text):
        yield "code", text[start : found.start()]
        yield found.lastgroup or "code", found[0]
        start = found.end()
    yield "code", text[start:]


def _straighten(text: str, context: Context) -> str:
    """Replace quotes that a word processor made, and backticks, which are no quotes in Athena."""
    found = [(n, mark) for n, mark in enumerate(text) if mark in _SMART]
    if found:
        at = found[0][0]
        _mend_at(context, at, f"{found[0][1]!r} is no character of SQL", "made plain")
        text = "".join(_SMART.get(mark, mark) for mark in text)
    code = "".join(part if kind == "code" else " " * len(part) for kind, part in _split(text))
    if "`" in code:
        _mend_at(context, code.index("`"), "backticks do not quote names", 'taken for "')
        text = "".join('"' if code[n] == "`" else mark for n, mark in enumerate(text))
    return text


def _mend_at(context: Context, offset: int, problem: str, change: str) -> None:
    line, column = locate(context.source, offset)
    if not context.is_lenient:
        raise QueryError(
            f"{problem}, at line {line} column {column}", "give --lenient to run it as it was meant"
        )
    context.note(f"{problem}: {change}")


def _name_holders(kind: str, part: str, context: Context) -> str:
    if kind != "code":
        return part

    def stand_in(found: re.Match[str]) -> str:
        holder = found["holder"]
        name = "_" + re.sub(r"\W", "_", holder)[1:]
        context.written[name.lower()] = holder
        return found["word"] + found["path"] + name

    return _AFTER_FROM.sub(stand_in, part)


def _refuse_values(text: str, context: Context) -> None:
    """Refuse a placeholder for a value, which nobody can guess."""
    offset = 0
    for kind, part in _split(text):
        found = _VALUE.search(part) if kind == "code" else None
        if found:
            line, column = locate(context.source, offset + found.start())
            raise QueryError(
                f"{found[0]} stands for a value that is not given, at line {line} column {column}",
                "put the value there, or write $name and give --param name=VALUE",
            )
        offset += len(part)


def _shown(token: Token) -> str:
    return "'" + (token.text if len(token.text) < 24 else token.text[:20] + "…") + "'"
