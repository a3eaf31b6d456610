"""Settings as text that may be shown: secrets are hidden."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"password|secret|token|credential|access[-_.]?key|api[-_.]?key", re.IGNORECASE
)
_URI_PASSWORD = re.compile(
    r"(://[^:/?#@\s]*):.*@", re.DOTALL
)  # to the last @: a password may hold one
_URI_PARAMETER = re.compile(
    r"([?&][^=&\s]*(?:password|secret|token)[^=&\s]*)=[^&\s]*", re.IGNORECASE
)


def mask(name: str, value: object) -> str:
    """Return a value as text with every secret in it hidden.

    >>> mask("catalog.uri", "postgresql://anna:pa@ss@host/db")
    'postgresql://anna:***@host/db'
    >>> mask("catalog.properties.s3.secret-access-key", "abc")
    '***'
    """
    if value is None or value in ({}, (), []):
        return ""
    if _SECRET.search(name):
        return "***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return " ".join(mask(name, item) for item in value)
    return _URI_PARAMETER.sub(r"\1=***", _URI_PASSWORD.sub(r"\1:***@", str(value)))
