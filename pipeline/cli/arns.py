"""ARNs for people: elided in the middle as far as a column needs, the end kept, which says most."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.cli.text import WidthOf

_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)")
_PERMISSION_SET = re.compile(r"(AWSReserved(SSO_.+))_[0-9a-f]{16}")
_LEVELS = 3


def shorten_column(
    cells: Sequence[str], room: int, width_of: WidthOf = len, mark: str = "…"
) -> list[str]:
    """Return cells with their ARNs shortened alike, no further than it takes to have room.

    >>> shorten_column(["arn:aws:iam::111122223333:role/team/deploy"], 24)
    ['arn:…:role/…/deploy']
    """
    for level in range(_LEVELS):
        shown = [shorten(cell, level, mark) for cell in cells]
        if max(map(width_of, shown), default=0) <= room:
            break
    return shown


def shorten(text: str, level: int, mark: str = "…") -> str:
    """Return an ARN shortened: not at all, in its middle, or to its name.

    The digits after the name of a permission set go too: `--principal` finds it without them.

    >>> arn = "arn:aws:iam::111122223333:role/aws-reserved/AWSReservedSSO_Admin_0123456789abcdef"
    >>> shorten(arn, 1), shorten(arn, 2)
    ('arn:…:role/…/AWSReservedSSO_Admin', '…SSO_Admin')
    >>> shorten("arn:aws:s3:::exports/2026/a.csv", 1), shorten("anna", 2)
    ('arn:…:exports/…/a.csv', 'anna')
    """
    found = _ARN.fullmatch(text)
    if not found or not level:
        return text
    first, *path = re.split(r"[/:]", found[1])
    if not path:
        return f"arn:{mark}:{first}" if level == 1 else first
    named = _PERMISSION_SET.fullmatch(path[-1])
    name = named[1] if named else path[-1]
    if level > 1:
        return f"{mark}{named[2]}" if named else f"{mark}/{name}"
    return f"arn:{mark}:{first}/{f'{mark}/' if len(path) > 1 else ''}{name}"
