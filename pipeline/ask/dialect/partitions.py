"""Partition columns of Athena tables: text made of the event's day, Region and account.

They are not columns of ours, so that `select *` stays what AWS documents; a query that names one
asks of the day, which chooses files as well. AWS documents region, year, month and day; a
projection on timestamp (yyyy/MM/dd); account, region, year, month and day for an organisation.
Other names are common, and what their text looks like shows in what they are compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from pipeline.ask.dialect.context import Context, Dialect
from pipeline.ask.dialect.kinds import TEXT, set_kind

_REGION_NAMES = "region region_partition p_region partition_region aws_region"
_ACCOUNT_NAMES = (
    "account account_partition account_id accountid p_account partition_account aws_account "
    "aws_account_id"
)
_DATE_NAMES = (
    "timestamp date_partition dt p_date log_date date partition_date event_day eventdate ds "
    "day_partition p_day logdate date_str datestr datehour date_hour partition_day"
)
_REGIONS = frozenset(_REGION_NAMES.split())
_ACCOUNTS = frozenset(_ACCOUNT_NAMES.split())
_DATES = frozenset(_DATE_NAMES.split())
_PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}
_FORMS = (
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}/\d{1,2}"), "%Y/%m/%d/%H"),
    (re.compile(r"\d{4}-\d{1,2}-\d{1,2}-\d{1,2}"), "%Y-%m-%d-%H"),
    (re.compile(r"\d{4}/"), "%Y/%m/%d"),
    (re.compile(r"\d{4}-"), "%Y-%m-%d"),
    (re.compile(r"\d{6}(\d\d)?(%|$)"), "%Y%m%d"),
)
_WORDS = {"yyyy": "2000", "%Y": "2000", "MM": "01", "%m": "01", "dd": "01", "%d": "01"}
_WORD = re.compile("|".join(_WORDS))
_COMPARISONS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In,
    exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip
_NUMBERS = {"%Y": "year", "%m": "month", "%d": "day"}
_WHOLE = ("int", "bigint", "smallint", "tinyint")
_DOCUMENTED = "the partitions that AWS documents"


@dataclass(frozen=True, slots=True)
class Partition:
    """A column that is a partition in Athena, qualified with its source."""

    column: exp.Column
    name: str

    @property
    def owner(self) -> str:
        """The source it is of."""
        return self.column.table

    @property
    def is_time(self) -> bool:
        """Tell whether its text is made of the time of the event."""
        return self.name not in _REGIONS and self.name not in _ACCOUNTS


def is_partition(name: str, context: Context) -> bool:
    """Tell whether a name is one that tables for Athena have for a partition."""
    if context.dialect is not Dialect.ATHENA:
        return False
    return name in _REGIONS or name in _ACCOUNTS or name in _PARTS or name in _DATES


def substitute(found: Sequence[Partition], context: Context) -> None:
    """Put the text that each partition column would hold where the column is named."""
    forms = {(part.owner, part.name): _form(part, found) for part in found if part.is_time}
    for part in found:
        form = forms.get((part.owner, part.name), "")
        if form:
            _judge(part, form, context)
        number = _number_of(part, form)
        if number is None:
            part.column.replace(_text_of(part, form))
        elif part.column.parent:
            part.column.parent.replace(number)


def _number_of(part: Partition, form: str) -> exp.Expr | None:
    """Return the year, month or day where the text is only cast to a number; None: it is not."""
    function, above = _NUMBERS.get(form), part.column.parent
    if not function or not isinstance(above, exp.Cast) or not above.is_type(*_WHOLE):
        return None
    owner = part.column.args.get("table")
    day = exp.Column(this=exp.to_identifier("event_date"), table=owner and owner.copy())
    return exp.Anonymous(this=function, expressions=[day])


def _text_of(part: Partition, form: str) -> exp.Expr:
    owner = part.column.args.get("table")
    if not form:
        name = "awsregion" if part.name in _REGIONS else "recipientaccountid"
        return exp.Column(this=exp.to_identifier(name), table=owner and owner.copy())
    moment = "event_time" if "%H" in form else "event_date"
    column = exp.Column(this=exp.to_identifier(moment), table=owner and owner.copy())
    text = exp.Anonymous(this="strftime", expressions=[column, exp.Literal.string(form)])
    text.meta.update(part.column.this.meta, written=part.name)
    return set_kind(text, TEXT)


def _form(part: Partition, found: Sequence[Partition]) -> str:
    """Return the format of a partition's text: as documented, unless it is compared with others.

    A `day` beside a year or a month is the documented one, whatever it is compared with.
    """
    name = part.name
    siblings = {other.name for other in found if other.owner == part.owner}
    is_documented = name in _PARTS and (name != "day" or siblings & {"year", "month"})
    if is_documented:
        return _PARTS[name]
    same = [other.column for other in found if (other.owner, other.name) == (part.owner, name)]
    for text in (text for column in same for text in _compared(column, name in _DATES)):
        for shape, form in _FORMS:
            if shape.match(text):
                return form
    return _PARTS.get(name, "%Y/%m/%d/%H" if "hour" in name else "%Y/%m/%d")


def _compared(column: exp.Column, is_wide: bool) -> Iterator[str]:
    """Yield texts that a column is compared with; of a format of dates, a day in that format.

    Args:
        column: the column.
        is_wide: whether texts count that are only somewhere in the same comparison, as where
            a part of the column is compared, or it is parsed with a format.
    """
    comparison = column.find_ancestor(*_COMPARISONS, exp.StrToTime, exp.Anonymous)
    if comparison is None or not (is_wide or _is_side(column, comparison)):
        return
    for literal in comparison.find_all(exp.Literal):
        if literal.is_string:
            yield _WORD.sub(lambda word: _WORDS[word[0]], literal.name)


def _is_side(column: exp.Column, comparison: exp.Expr) -> bool:
    above = column.parent
    while isinstance(above, exp.Paren | exp.Cast):
        above = above.parent
    return above is comparison


def _judge(part: Partition, form: str, context: Context) -> None:
    """Say where a value can never be met, because it is written otherwise than the partition."""
    comparison = part.column.find_ancestor(*_COMPARISONS)
    if comparison is None or part.column.parent is not comparison:
        return
    if isinstance(comparison, exp.Like):
        return
    for literal in _literals(comparison):
        _judge_literal(part, form, literal, context)


def _literals(comparison: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the literals that are sides of a comparison themselves."""
    for literal in list(comparison.find_all(exp.Literal)):
        if literal.parent is comparison:
            yield literal


def _judge_literal(part: Partition, form: str, literal: exp.Expr, context: Context) -> None:
    padded = _pad(literal.name, form)
    if not literal.is_string:
        context.mend(
            f"{part.name} is text, and {literal.name} is a number",
            f"taken for '{padded or literal.name}'",
            part.column,
        )
        literal.replace(exp.Literal.string(padded or literal.name))
        return
    is_exact = isinstance(literal.parent, exp.EQ | exp.In)
    is_start = not is_exact and not padded and _begins(literal.name, form)
    if is_start or literal.name in ("", padded):
        return
    if context.is_lenient and padded:
        context.note(
            f"{part.name} is written as '{padded}': '{literal.name}' is taken for it", part.column
        )
        literal.replace(exp.Literal.string(padded))
        return
    written = f"as '{padded}'" if padded else f"like '{_SAMPLES[form]}'"
    outcome = "is met by none" if is_exact else "is compared with that as text"
    hint = ", and --lenient takes it for that" if padded else ""
    context.note(
        f"{part.name} is written {written} in {_DOCUMENTED}: '{literal.name}' {outcome}{hint}",
        part.column,
    )


_SAMPLES = {
    "%Y": "2026", "%m": "07", "%d": "01", "%H": "05", "%Y/%m/%d": "2026/07/01",
    "%Y-%m-%d": "2026-07-01", "%Y%m%d": "20260701", "%Y/%m/%d/%H": "2026/07/01/05",
    "%Y-%m-%d-%H": "2026-07-01-05",
}  # fmt: skip


def _begins(text: str, form: str) -> bool:
    """Tell whether a text is the beginning of one of a form, with which text may be compared."""
    return re.sub(r"\d", "0", _SAMPLES[form]).startswith(re.sub(r"\d", "0", text))


def _pad(text: str, form: str) -> str:
    """Return a value with its numbers as long as the form has them; empty: it is not of the form.

    >>> _pad("2026/7/1", "%Y/%m/%d"), _pad("7", "%m"), _pad("2026/07/01", "%d")
    ('2026/07/01', '07', '')
    """
    codes = re.findall(r"%[YmdH]", form)
    between = "[-/]" if re.search("[-/]", form) else ""
    shape = between.join(r"(\d{4})" if code == "%Y" else r"(\d{1,2})" for code in codes)
    found = re.fullmatch(shape, text)
    if not found:
        return ""
    for code, number in zip(codes, found.groups(), strict=True):
        form = form.replace(code, number.zfill(2), 1)
    return form
