"""Trino's grammar with every function left as it is called.

sqlglot knows many functions and gives them one meaning over all dialects, which for regular
expressions, JSON or dates is not Trino's to the letter. Here a call stays a call, by name, and
what it means is said once, in `functions.py`. Subscripts stay as written, too: from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino

_SPECIAL = frozenset(
    {
        "CAST",
        "TRY_CAST",
        "EXTRACT",
        "TRIM",
        "POSITION",
        "SUBSTRING",
        "JSON_VALUE",
        "JSON_QUERY",
        "NORMALIZE",
    }
)
_TrinoParser: Any = Trino.Parser  # made by a metaclass, so no type that mypy knows


class TrinoCalls(Trino):
    """Trino with functions as `exp.Anonymous`, but for those with a syntax of their own."""

    INDEX_OFFSET = 0

    class Parser(_TrinoParser):  # type: ignore[misc]  # as above
        """The parser; sqlglot takes what it knows from these tables."""

        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Callable[..., Any]]] = {
            **_TrinoParser.TYPE_LITERAL_PARSERS,
            # `decimal '1.50'` has the places that are written, which a cast to decimal has not
            exp.DType.DECIMAL: lambda self, this, _: exp.Literal.number(this.name),
        }
        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: parser
            for name, parser in _TrinoParser.FUNCTION_PARSERS.items()
            if name in _SPECIAL
        }
