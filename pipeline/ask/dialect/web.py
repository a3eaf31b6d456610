"""Addresses of the web, and how texts are written in them.

Facts: trino.io/docs/current/functions/url.html. Trino takes addresses apart as Java's URI does: a
part that is not there is empty, of what is no address (it has a space, say) all parts are null.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pipeline.ask.dialect.call import Call, function, number, text
from pipeline.ask.dialect.kinds import INTEGER, TEXT, set_kind

_HOST = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)"
_PARTS = {
    "url_extract_protocol": r"^([A-Za-z][A-Za-z0-9+.-]*):",
    "url_extract_host": _HOST,
    "url_extract_path": r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)",
    "url_extract_query": r"^[^?#]*\?([^#]*)",
    "url_extract_fragment": r"#(.*)$",
}
_DECODED = frozenset({"url_extract_path", "url_extract_query", "url_extract_fragment"})


def translate_web(call: Call) -> exp.Expr:
    """Return a call of one of these functions in DuckDB's terms.

    Raises:
        ValueError: it has too many arguments, or too few.
    """
    return _FORMS[call.name](call)


def _part(call: Call) -> exp.Expr:
    (url,) = call.args
    found = _raw(url, _PARTS[call.name])
    return set_kind(function("url_decode", found) if call.name in _DECODED else found, TEXT)


def _raw(url: exp.Expr, pattern: str) -> exp.Expr:
    return function("trino_url_part", url, text(pattern), number(1), kind=TEXT)


def _port(call: Call) -> exp.Expr:
    (url,) = call.args
    found = _raw(url, _HOST + r":(\d+)")
    found.expressions[2].replace(number(2))
    return set_kind(exp.TryCast(this=found, to=exp.DataType.build("bigint")), INTEGER)


def _parameter(call: Call) -> exp.Expr:
    url, name = call.args
    query = _raw(url, _PARTS["url_extract_query"])
    return function("trino_url_parameter", query, name, kind=TEXT)


def _code(call: Call) -> exp.Expr:
    (written,) = call.args
    return function(f"trino_{call.name}", written, kind=TEXT)


_FORMS: dict[str, Callable[[Call], exp.Expr]] = {
    **dict.fromkeys(_PARTS, _part),
    "url_extract_port": _port,
    "url_extract_parameter": _parameter,
    "url_encode": _code,
    "url_decode": _code,
}

WEB_FUNCTIONS = frozenset(_FORMS)
