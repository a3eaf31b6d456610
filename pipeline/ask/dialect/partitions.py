"""Partition columns of Athena tables: text made of the event's day, Region and account.

They are not columns of ours, so that `select *` stays what AWS documents; a query that names one
asks of the day, which chooses files as well. AWS documents region, year, month and day; a
projection on timestamp (yyyy/MM/dd); account, region, year, month and day for an organisation.
Other names are common, and what their text looks like shows in what they are compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from pipeline.ask.dialect.context import Context, Dialect

_REGIONS = frozenset({"region", "region_partition", "p_region", "partition_region", "aws_region"})
_ACCOUNTS = frozenset(
    {"account", "account_partition", "account_id", "p_account", "partition_account", "accountid",
     "aws_account_id", "partition_0"}
)  # fmt: skip
_PARTS = {"year": "%Y", "month": "%m", "day": "%d"}
_DATES = frozenset(
    {"timestamp", "date_partition", "dt", "p_date", "log_date", "date", "partition_date",
     "event_day", "ds", "day_partition", "p_day", "logdate"}
)  # fmt: skip
_PADDED = re.compile(r"\d")
_SHAPES = (
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}"), "%Y/%m/%d"),
    (re.compile(r"\d{4}-\d{1,2}-\d{1,2}"), "%Y-%m-%d"),
    (re.compile(r"\d{8}$"), "%Y%m%d"),
    (re.compile(r"\d{4}/\d{1,2}$"), "%Y/%m"),
    (re.compile(r"\d{4}-\d{1,2}$"), "%Y-%m"),
)
_WELL_FORMED = {
    "%Y/%m/%d": re.compile(r"\d{4}/\d{2}/\d{2}"),
    "%Y-%m-%d": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "%m": re.compile(r"\d{2}"),
    "%d": re.compile(r"\d{2}"),
    "%Y": re.compile(r"\d{4}"),
}
_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "%Y": "%Y", "%m": "%m", "%d": "%d"}
_SAMPLE = {"%Y": "2000", "%m": "01", "%d": "01"}
_FORMAT_WORDS = re.compile("|".join(_FORMATS))
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In)


def is_partition(name: str, context: Context) -> bool:
    """Tell whether a name is one that tables for Athena have for a partition."""
    if context.dialect is not Dialect.ATHENA:
        return False
    return name in _REGIONS or name in _ACCOUNTS or name in _PARTS or name in _DATES


def substitute(found: Sequence[tuple[exp.Column, str]], context: Context) -> None:
    """Put the text that each partition column would hold where the column is named."""
    shapes = {name: _shape(name, [c for c, n in found if n == name]) for _, name in found}
    for column, name in found:
        _warn(column, name, shapes[name], context)
        column.replace(_text_of(column, name, shapes[name]))


def _text_of(column: exp.Column, name: str, shape: str) -> exp.Expr:
    alias = column.args["table"]
    if name in _REGIONS:
        return exp.column("awsregion", table=alias.copy())
    if name in _ACCOUNTS:
        return exp.column("recipientaccountid", table=alias.copy())
    day = exp.column("event_date", table=alias.copy())
    text = exp.Anonymous(this="strftime", expressions=[day, exp.Literal.string(shape)])
    text.type = exp.DataType.build("varchar")
    return text


def _shape(name: str, columns: list[exp.Column]) -> str:
    """Return the format of a partition's text: as documented, unless it is compared with others."""
    default = _PARTS.get(name, "%Y/%m/%d")
    for value in (text for column in columns for text in _compared(column)):
        for shape, form in _SHAPES:
            if shape.match(value) and name not in ("year", "month"):
                return form
    return default


def _compared(column: exp.Column) -> Iterator[str]:
    """Yield the texts a column is compared with, formats of dates as a day in that format."""
    comparison = column.find_ancestor(*_COMPARISONS)
    if comparison is None:
        return
    for literal in comparison.find_all(exp.Literal):
        if not literal.is_string:
            continue
        text = literal.this
        if _FORMAT_WORDS.search(text):
            yield _FORMAT_WORDS.sub(lambda word: _SAMPLE[_FORMATS[word[0]]], text)
        else:
            yield text


def _warn(column: exp.Column, name: str, shape: str, context: Context) -> None:
    """Say where a value can never be met, because its form is another than the partition's."""
    comparison = column.find_ancestor(*_COMPARISONS)
    form = _WELL_FORMED.get(shape)
    if comparison is None or form is None or name in _REGIONS | _ACCOUNTS:
        return
    for literal in list(comparison.find_all(exp.Literal)):
        is_direct = literal.parent is comparison
        if not is_direct or isinstance(comparison, exp.Like):
            continue
        padded = _pad(literal.this, shape)
        if literal.is_string and form.fullmatch(literal.this):
            continue
        if literal.is_string:
            _mend_text(literal, padded, column, name, context)
        elif padded:
            context.mend(
                f"{name} is text and {literal.this} a number", f"taken for '{padded}'", column
            )
            literal.replace(exp.Literal.string(padded))


def _mend_text(
    literal: exp.Expr, padded: str, column: exp.Column, name: str, context: Context
) -> None:
    """Say that a text never matches; where the translation is lenient, pad it."""
    if not padded or padded == literal.this:
        return
    if context.is_lenient:
        context.note(f"{name} is written as '{padded}': '{literal.this}' is taken for it", column)
        literal.replace(exp.Literal.string(padded))
        return
    context.note(
        f"{name} = '{literal.this}' never matches in Athena, where it would be '{padded}'; "
        "--lenient takes it for that",
        column,
    )


def _pad(text: str, shape: str) -> str:
    """Return a value with its numbers as long as the form has them; empty: it is not of the form.

    >>> _pad("2026/7/1", "%Y/%m/%d")
    '2026/07/01'
    """
    numbers = re.findall(r"\d+", text)
    codes = re.findall(r"%[Ymd]", shape)
    if len(numbers) != len(codes):
        return ""
    result = shape
    for code, number in zip(codes, numbers, strict=True):
        result = result.replace(code, number.zfill(4 if code == "%Y" else 2), 1)
    return result
