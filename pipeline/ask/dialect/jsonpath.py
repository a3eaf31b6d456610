"""Paths into JSON: Trino's spellings as the one that DuckDB takes, every key in quotes."""

from __future__ import annotations

import re

_STEP = re.compile(
    r"""\.(?P<word>[\w:$-]+)|\[\s*(?P<place>[0-9]+)\s*\]|\[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]"""
    r"""|\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]|\.\s*"(?P<dotted>(?:[^"\\]|\\.)*)"|(?P<all>\[\*\]|\.\*)"""
    r"""|\[\s*(?P<bare>[\w:$-]+)\s*\]""",
    re.VERBOSE,
)


class UnknownPath(ValueError):
    """A path that is none, or that DuckDB cannot follow."""


def translate_path(path: str) -> str:
    r"""Return a JSON path with quoted keys.

    >>> translate_path("$.requestParameters['x-amz-acl'].a[0]")
    '$."requestParameters"."x-amz-acl"."a"[0]'
    >>> translate_path("lax $.a[*]")
    '$."a"[*]'

    Raises:
        UnknownPath: it is no path.
    """
    rest = path.strip()
    for word in ("lax ", "strict "):
        rest = rest.removeprefix(word).strip()
    if not rest.startswith("$"):
        raise UnknownPath(path)
    rest, parts = rest[1:], ["$"]
    while rest:
        found = _STEP.match(rest)
        if not found:
            raise UnknownPath(path)
        parts.append(_step(found.groupdict()))
        rest = rest[found.end() :]
    return "".join(parts)


def is_many(path: str) -> bool:
    """Tell whether a translated path may lead to several values."""
    return "*" in re.sub(r'"[^"]*"', "", path)


def _step(found: dict[str, str | None]) -> str:
    if found.get("place") is not None:
        return f"[{int(found['place'] or 0)}]"
    if found.get("all"):
        return str(found["all"])
    for kind in ("word", "double", "single", "dotted", "bare"):
        key = found.get(kind)
        if key is not None:
            plain = re.sub(r"\\(.)", r"\1", key)
            if '"' in plain:
                raise UnknownPath(plain)
            return f'."{plain}"'
    return ""
