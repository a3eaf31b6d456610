"""Say of a query that is broken where and why, rather than guess; mend what can only be a slip."""

from __future__ import annotations

from itertools import pairwise

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from pipeline.ask.dialect.context import Context, locate
from pipeline.ask.dialect.placeholders import split
from pipeline.errors import QueryError

_CURLY = {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u200b": " "}
_VALUES = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.R_PAREN, TokenType.VAR})
_NOT_FIRST = frozenset(
    {TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING,
     TokenType.ORDER_BY, TokenType.LIMIT, TokenType.UNION, TokenType.SEMICOLON}
)  # fmt: skip
_COMPARING = frozenset(
    {TokenType.EQ, TokenType.NEQ, TokenType.LIKE, TokenType.IN, TokenType.GT, TokenType.LT,
     TokenType.GTE, TokenType.LTE, TokenType.IS, TokenType.BETWEEN, TokenType.AND, TokenType.OR,
     TokenType.NOT}
)  # fmt: skip
_FIRST = frozenset(
    {TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.TABLE, TokenType.L_PAREN}
)
_NOT_LAST = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "BY", "ON", "IN", "LIKE", "BETWEEN", "HAVING",
     "JOIN", "UNION", "AS", "LIMIT", "IS", "CASE", "WHEN", "THEN", "ELSE", "=", "<", ">", "(", "||",
     "<=", ">=", "<>", "!=", "OVER", "WITH"}
)  # fmt: skip
_LENIENT = "give --lenient to run it as it was meant"


def straighten(text: str, context: Context) -> str:
    """Replace quotes that a word processor made, and backticks, which are no quotes in Athena."""
    if text.startswith("\ufeff"):  # the byte order mark of a file
        text = " " + text[1:]
    curly = next((n for n, mark in enumerate(text) if mark in _CURLY), None)
    if curly is not None and context.is_lenient:
        _mend(context, curly, f"{text[curly]!r} is no character of SQL", "made plain")
        text = "".join(_CURLY.get(mark, mark) for mark in text)
    code = "".join(part if kind == "code" else " " * len(part) for kind, part in split(text))
    wrong = next((n for n, mark in enumerate(code) if mark in _CURLY), None)
    if wrong is not None:
        _mend(context, wrong, f"{code[wrong]!r} is no character of SQL", "made plain")
    if "`" in code:
        _mend(context, code.index("`"), "backticks do not quote names", 'taken for "')
        text = "".join('"' if code[n] == "`" else mark for n, mark in enumerate(text))
    return text


def check_tokens(text: str, tokens: list[Token], context: Context) -> str | None:
    """Look for what a parser lets pass or explains badly; return a mended text, None: unchanged.

    Raises:
        QueryError: strings side by side, or a slip that only a lenient translation mends.
    """
    _check_ends(tokens, context)
    gone: list[int] = []
    for first, second in pairwise(tokens):
        if first.token_type == second.token_type == TokenType.STRING:
            raise QueryError(
                f"two strings side by side, {_shown(first)} and {_shown(second)}, "
                f"at {_place(second.start, context)}",
                "a comma or an operator is missing between them",
            )
        if first.token_type == TokenType.COMMA and second.token_type in _NOT_FIRST:
            _mend(context, first.start, "a comma with nothing after it", "left out")
            gone.append(first.start)
        if _is_double_equals(first, second, text):
            _mend(context, first.start, "== is no operator", "taken for =")
            gone.append(first.start + 1)
    if tokens and tokens[-1].token_type == TokenType.COMMA:
        _mend(context, tokens[-1].start, "a comma with nothing after it", "left out")
        gone.append(tokens[-1].start)
    if not gone:
        return None
    return "".join(" " if place in gone else mark for place, mark in enumerate(text))


def _check_ends(tokens: list[Token], context: Context) -> None:
    """Refuse what begins as no query does, or ends in the middle of one."""
    first = next((token for token in tokens if token.token_type != TokenType.SEMICOLON), None)
    if first and first.token_type not in _FIRST:
        raise QueryError(
            f"only queries are translated, and this begins with {first.text}, "
            f"at {_place(first.start, context)}",
            "give the SELECT alone; tables and their columns are listed by: trailhouse models",
        )
    last_word = tokens[-1].text.upper().rpartition(" ")[2] if tokens else ""
    if last_word in _NOT_LAST:
        raise QueryError(
            f"the query ends with {tokens[-1].text}, at {_place(tokens[-1].start, context)}",
            "is the end of it missing?",
        )


def _is_double_equals(first: Token, second: Token, text: str) -> bool:
    return text[first.start : first.start + 2] == "==" and (
        first.token_type == TokenType.EQ or second.token_type == TokenType.EQ
    )


def explain_failure(failed: SqlglotError, tokens: list[Token], context: Context) -> QueryError:
    """Return why a query does not parse, with its place and the likeliest reason."""
    errors = getattr(failed, "errors", None)
    if not errors:
        return _unclosed(context) or QueryError(" ".join(str(failed).split()), "")
    error = errors[0]
    at = next(
        (n for n, t in enumerate(tokens) if (t.line, t.col) == (error["line"], error["col"])), None
    )
    if at is None:
        at = len(tokens) - 1
    token = tokens[at]
    what = f"{_said(str(error['description']))} near {token.text!r}"
    return QueryError(f"{what}, at {_place(token.start, context)}", _reason(tokens, at))


def _said(description: str) -> str:
    """Return what sqlglot says of a failure, without its classes and tokens."""
    if description.startswith(("Required keyword", "Failed to parse any statement")):
        return "something is missing"
    said = description.removeprefix("Invalid expression / ").partition(" but got ")[0]
    return f"{said[:1].lower()}{said[1:].rstrip('.')}"


def _unclosed(context: Context) -> QueryError | None:
    """Return where a quote opens that is never closed."""
    for kind, part in split(context.source):
        if kind == "code" and (marks := [part.find(m) for m in "'\"" if m in part]):
            offset = context.source.find(part) + min(marks)
            return QueryError(
                f"a quote is opened and never closed, at {_place(offset, context)}",
                "close it; a quote within a text is written twice",
            )
    return None


def _reason(tokens: list[Token], at: int) -> str:
    """Return what most likely went wrong; empty: anybody's guess."""
    kinds = [token.token_type for token in tokens]
    n_open, n_closed = kinds.count(TokenType.L_PAREN), kinds.count(TokenType.R_PAREN)
    here, before = kinds[at], kinds[:at]
    if here in (TokenType.SELECT, TokenType.WITH) and at:
        return "are two statements glued together? separate them and ask one at a time"
    if here in _COMPARING and TokenType.FROM in before and TokenType.WHERE not in before:
        return "is WHERE missing after the table?"
    if n_open != n_closed:
        return f"{n_open} parentheses are opened and {n_closed} closed"
    if at and here in (TokenType.VAR, TokenType.STRING) and kinds[at - 1] in _VALUES:
        return f"is AND, OR or a comma missing before {tokens[at].text}?"
    if at == len(tokens) - 1:
        return "is the end of the query missing?"
    return ""


def _mend(context: Context, offset: int, problem: str, change: str) -> None:
    line, column = locate(context.source, offset)
    if not context.is_lenient:
        raise QueryError(f"{problem}, at line {line} column {column}", _LENIENT)
    context.note_at(f"{problem}: {change}", line, column)


def _place(offset: int, context: Context) -> str:
    line, column = locate(context.source, offset)
    return f"line {line} column {column}"


def _shown(token: Token) -> str:
    return "'" + (token.text if len(token.text) < 24 else token.text[:20] + "…") + "'"
