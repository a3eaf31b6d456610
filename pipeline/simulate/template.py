"""Templates of the catalogue as %-format strings, the fastest way to fill in a known shape.

`<name>` stands for text, `"<#name>"` for a number. The text around is JSON and is checked and
compacted once, here; values are put in as they are, so they are escaped where they are made.
"""

from __future__ import annotations

import json
import re

_NUMBER = re.compile(r'"<#([a-z][^<>"]*)>"')
_TEXT = re.compile(r'<([a-z][^<>"]*)>')


def escape(value: str) -> str:
    r"""Return a value as it stands inside a JSON string.

    >>> escape('a "b"')
    'a \\"b\\"'
    """
    return json.dumps(value, ensure_ascii=False)[1:-1]


def compact(document: object) -> str:
    """Return JSON without blanks, as CloudTrail writes it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def compile_json(text: str) -> str:
    """Return the format string of a JSON template.

    >>> compile_json('{"id": "<table.id>", "size": "<#int:1-9>", "share": "5%"}')
    '{"id":"%(table.id)s","size":%(int:1-9)s,"share":"5%%"}'
    """
    escaped = compact(json.loads(text)).replace("%", "%%")
    return _TEXT.sub(r"%(\1)s", _NUMBER.sub(r"%(\1)s", escaped))


def compile_text(text: str) -> str:
    """Return the format string of a plain template, to stand inside a JSON string.

    >>> compile_text('no "<word>"')
    'no \\\\"%(word)s\\\\"'
    """
    return _TEXT.sub(r"%(\1)s", escape(text).replace("%", "%%"))


def names(template: str) -> frozenset[str]:
    """Return the kinds of resources a compiled template speaks of.

    >>> sorted(names("%(vpc.id)s and %(uuid)s"))
    ['vpc']
    """
    return frozenset(re.findall(r"%\(([a-z]+)\.", template)) - {"now"}
