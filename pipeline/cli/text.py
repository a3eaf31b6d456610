"""Text for people: values made harmless for a terminal, numbers made short, tables aligned."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

WidthOf = Callable[[str], int]


def neutralise(text: str) -> str:
    r"""Return text with everything that could drive a terminal written out.

    Control characters, escape sequences, marks that turn the writing direction and characters
    without a shape become `\x1b` or `\u202e`: a log's value is shown, never obeyed.

    >>> neutralise("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    >>> neutralise("curl/8.5 … 日本")
    'curl/8.5 … 日本'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def one_line(text: str) -> str:
    """Return a message on one line, harmless for a terminal.

    >>> one_line("first\\n  second")
    'first second'
    """
    return neutralise(" ".join(text.split()))


def elide(text: str, width: int, mark: str, width_of: WidthOf = len) -> str:
    """Return text cut to a width, with a mark where something is missing.

    Names such as ARNs differ at their ends, so they are cut in the middle; sentences at the end.

    >>> elide("arn:aws:iam::1:user/anna", 12, "…")
    'arn:aw…/anna'
    >>> elide("24 rows added, 2 duplicates", 16, "…")
    '24 rows added, …'
    """
    if width_of(text) <= width:
        return text
    room = max(width - width_of(mark), 0)
    after = 0 if " " in text else room // 2
    head = _fitting(text[:room], room - after, width_of)
    tail = _fitting(text[len(text) - room :][::-1], after, width_of)
    return head + mark + tail[::-1]


def fit_widths(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return column widths that fit the room, the widest columns giving up first.

    >>> fit_widths([10, 50, 30], [4, 4, 4], 60)
    [10, 25, 25]
    >>> fit_widths([10, 20], [4, 4], 60)
    [10, 20]
    """

    def cut(most: int) -> list[int]:
        return [min(wide, max(most, low)) for wide, low in zip(natural, least, strict=True)]

    fitting = (most for most in range(max(natural, default=0), 0, -1) if sum(cut(most)) <= room)
    return cut(next(fitting, 0))


def draw_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[bool] = (),
    whole: Sequence[bool] = (),
    width: int | None = None,
    is_plain: bool = False,
    width_of: WidthOf = len,
) -> Iterator[str]:
    """Yield the lines of a table: header, rule, rows; cells are cut to fit the width.

    Args:
        header: names of the columns.
        rows: cells, harmless already.
        right: columns to align right.
        whole: columns not to be cut, as numbers and times are.
        width: columns of the terminal; None: as wide as it is.
        is_plain: whether to keep to ASCII.
        width_of: how wide a text is on the terminal.
    """
    numeric = list(right) or [False] * len(header)
    mark, rule = ("...", "-") if is_plain else ("…", "─")
    widths = _widths(header, rows, list(whole) or numeric, width, width_of)

    def line(cells: Sequence[str]) -> str:
        parts = []
        for cell, space, is_right in zip(cells, widths, numeric, strict=True):
            shown = elide(cell, space, mark, width_of)
            blank = " " * (space - width_of(shown))
            parts.append(blank + shown if is_right else shown + blank)
        return "  ".join(parts).rstrip()

    yield line(header)
    yield "  ".join(rule * space for space in widths)
    yield from map(line, rows)


def least_width(
    header: Sequence[str], rows: Sequence[Sequence[str]], whole: Sequence[bool], width_of: WidthOf
) -> int:
    """Return the width below which a table's cells are cut too far to be of use."""
    names, values = _name_widths(header, width_of), _value_widths(header, rows, width_of)
    return sum(_least_widths(names, values, whole)) + 2 * (len(header) - 1)


def is_cut(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    whole: Sequence[bool],
    width: int,
    width_of: WidthOf,
) -> bool:
    """Tell whether a table of that width cuts values, not only names of columns."""
    widths = _widths(header, rows, whole, width, width_of)
    values = _value_widths(header, rows, width_of)
    return any(wide > space for wide, space in zip(values, widths, strict=True))


def draw_records(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None,
    is_plain: bool = False,
    width_of: WidthOf = len,
) -> Iterator[str]:
    """Yield the lines of records one under another, for rows too wide for a table."""
    mark, rule = ("...", "-") if is_plain else ("…", "─")
    label = max(map(width_of, header), default=0)
    for number, row in enumerate(rows, 1):
        head = f"{rule * 2} {number} "
        yield head + rule * max((width or 80) - len(head), 0)
        for name, cell in zip(header, row, strict=True):
            if cell:
                room = len(cell) * 2 if width is None else max(width - label - 2, 10)
                shown = elide(cell, room, mark, width_of)
                yield f"{name}{' ' * (label - width_of(name))}  {shown}"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "object"), count(1234, "object"), count(2, "entry", "entries")
    ('1 object', '1,234 objects', '2 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(n_bytes: float) -> str:
    """Write a number of bytes for people.

    >>> size(512), size(1_500_000), size(3.2e9)
    ('512 B', '1.5 MB', '3.2 GB')
    """
    if n_bytes < 1000:
        return f"{n_bytes:.0f} B"
    unit = ""
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007  # the last one is used
        n_bytes /= 1000
        if n_bytes < 999.95:
            break
    return f"{n_bytes:,.1f} {unit}"


def duration(seconds: float) -> str:
    """Write a length of time for people.

    >>> duration(0.42), duration(75), duration(7260)
    ('0.4 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds)).total_seconds()
    if whole < 3600:
        return f"{whole // 60:.0f} min {whole % 60:.0f} s"
    return f"{whole // 3600:.0f} h {whole % 3600 // 60:.0f} min"


def moment(instant: datetime | None) -> str:
    """Write an instant to the second, as ISO 8601 in UTC."""
    from datetime import UTC

    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant else ""


def can_draw(encoding: str | None = None) -> bool:
    """Tell whether an encoding, or that of standard output, has the characters of our drawings."""
    try:
        "…─░▒▓█·".encode(encoding or sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """Return a text as lines; what is no space stays in one piece, leading spaces stay.

    >>> wrap("  a few words and/a/long/path/that/does/not/fit", 20, 4)
    ['  a few words', '    and/a/long/path/that/does/not/fit']
    """
    lead = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.strip(),
        max(width, 20),
        initial_indent=lead,
        subsequent_indent=" " * (indent or len(lead)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _widths(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    whole: Sequence[bool],
    width: int | None,
    width_of: WidthOf,
) -> list[int]:
    """Return the widths of columns; names longer than their values give up first."""
    names, values = _name_widths(header, width_of), _value_widths(header, rows, width_of)
    natural = list(map(max, names, values))
    if width is None:
        return natural
    room = width - 2 * (len(header) - 1)
    widths = fit_widths(
        natural, [max(v, _short(n)) for n, v in zip(names, values, strict=True)], room
    )
    if sum(widths) <= room:
        return widths
    return fit_widths(widths, _least_widths(names, values, whole), room)


def _name_widths(header: Sequence[str], width_of: WidthOf) -> list[int]:
    return [width_of(name) for name in header]


def _value_widths(
    header: Sequence[str], rows: Sequence[Sequence[str]], width_of: WidthOf
) -> list[int]:
    return [max((width_of(row[n]) for row in rows), default=0) for n in range(len(header))]


def _least_widths(names: Sequence[int], values: Sequence[int], whole: Sequence[bool]) -> list[int]:
    """Return the least widths: names can be told from one another, values are of use."""
    return [
        max(_short(name), value if is_whole else min(value, max(8, min(name, 12))))
        for name, value, is_whole in zip(names, values, whole, strict=True)
    ]


def _short(name: int) -> int:
    return min(name, 8)


def _fitting(text: str, room: int, width_of: WidthOf) -> str:
    """Return the beginning of a text that has room."""
    used = 0
    for number, character in enumerate(text):
        used += width_of(character)
        if used > room:
            return text[:number]
    return text


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
