"""JSON functions: paths in Trino's spelling, null where there is nothing or no JSON."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, text
from pipeline.ask.dialect.jsonpath import UnknownPath, is_many, translate_path
from pipeline.ask.dialect.kinds import INTEGER, JSON, TEXT, TRUTH, set_kind

_STORED = frozenset(
    {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
     "edgedevicedetails", "insightdetails", "unmapped"}
)  # fmt: skip
"""Columns of ours that hold JSON or null: nothing need be proved of them."""


def translate_json(call: Call) -> exp.Expr:
    """Return a call of one of the JSON functions in DuckDB's terms.

    Raises:
        QueryError: the path is none, or the call is a form not known here.
    """
    if call.name in ("json_extract_scalar", "json_extract", "json_size", "json_exists"):
        return _along_path(call)
    (document, *rest) = call.args or [exp.null()]
    match call.name, len(rest):
        case "json_parse", 0:
            return function("json", document, kind=JSON)
        case "json_format", 0:
            written = exp.cast(function("json", document, kind=JSON), "varchar")
            return set_kind(written, TEXT)  # DuckDB's json() gives JSON, also where text is meant
        case "json_array_length", 0:
            return function("trino_json_array_length", document, kind=INTEGER)
        case "json_array_contains", 1:
            return function("trino_json_array_contains", document, *rest, kind=TRUTH)
        case "json_array_get", 1:
            return function("trino_json_array_get", document, *rest, kind=JSON)
        case "is_json_scalar", 0:
            return function("trino_is_json_scalar", document, kind=TRUTH)
    raise call.refuse(f"with {len(call.args)} arguments is not supported here")


def standard_json(node: exp.Expr, call: Call) -> exp.Expr:
    """Return JSON_VALUE or JSON_QUERY of the SQL standard in DuckDB's terms.

    Raises:
        QueryError: it is to fail where there is no value, or keep quotes otherwise than it does.
    """
    path = node.args.get("path") or node.args.get("expression")
    if not isinstance(path, exp.Literal):
        raise call.refuse("needs its path written out as text")
    if node.args.get("quote"):
        raise call.refuse("with or without quotes is not supported here", "see json_value")
    document, places = node.this, _path(call, path)
    if isinstance(node, exp.JSONValue):
        return _value(call, node, document, places)
    if _condition(call, node, "empty") or _condition(call, node, "error"):
        raise call.refuse("with a default is not supported here")
    option = node.args["option"].name if node.args.get("option") else ""
    is_many = _is_many(places)
    name = "trino_json_extract_all" if is_many else "trino_json_extract"
    found = function(name, document, places)
    if option.startswith("WITH ") and not is_many:
        found = function("trino_json_array_of", found)
    elif is_many and not option.startswith("WITH "):
        found = function("trino_json_only", found)
    return set_kind(cast(found, "varchar"), TEXT)


def _value(call: Call, node: exp.JSONValue, document: exp.Expr, path: exp.Expr) -> exp.Expr:
    """Return a scalar; what it is instead where there is none, or no scalar, the query may say."""
    empty, wrong = (_condition(call, node, when) for when in ("empty", "error"))
    found = _scalar(document, path)
    if _is_many(path):
        only = function("trino_json_only", function("trino_json_extract_all", document, path))
        found = function("trino_json_extract_scalar", only, text("$"))
    if empty or wrong:
        parts = [document.copy(), path.copy(), found, empty or exp.null(), wrong or exp.null()]
        found = function("trino_json_value", *parts, kind=TEXT)
    kind = node.args.get("returning")
    if not kind:
        return set_kind(found, TEXT)
    return exp.TryCast(this=found, to=kind.copy())


def _condition(call: Call, node: exp.Expr, when: str) -> exp.Expr | None:
    """Return what is given where there is no value; None: null."""
    conditions = node.args.get("on_condition")
    given = conditions.args.get(when) if conditions else None
    if isinstance(given, str) and given.startswith("ERROR"):
        raise call.refuse(f"with {given.lower()} is not supported here")
    return given if isinstance(given, exp.Expr) else None


def _path(call: Call, path: exp.Literal) -> exp.Expr:
    try:
        return text(translate_path(str(path.this)))
    except UnknownPath as unknown:
        raise call.refuse(
            f"has a path that is none here: {unknown}", "write it as $.key.other[0]"
        ) from unknown


def _is_many(path: exp.Expr) -> bool:
    return isinstance(path, exp.Literal) and is_many(str(path.this))


def _along_path(call: Call) -> exp.Expr:
    if len(call.args) != 2:
        raise call.refuse("needs a document and a path")
    document, path = call.args
    if isinstance(path, exp.Literal) and path.is_string:
        path = _path(call, path)
    many = _is_many(path)
    if call.name == "json_exists":
        name = "trino_json_exists_any" if many else "trino_json_exists"
        return function(name, document, path, kind=TRUTH)
    if call.name == "json_size":
        return function("trino_json_size", document, path, kind=INTEGER)
    if call.name == "json_extract":
        name = "trino_json_extract_all" if many else "trino_json_extract"
        return function(name, document, path, kind=JSON)
    if many:
        return exp.cast(exp.null(), "varchar")
    return _scalar(document, path)


def _scalar(document: exp.Expr, path: exp.Expr) -> exp.Expr:
    """Read a scalar; of columns of ours, which hold JSON or nothing, without proving that first."""
    is_stored = isinstance(document, exp.Column) and "facts" in document.meta
    if is_stored and document.name.lower() in _STORED:
        value = function("json_value", document, path)
        return function("json_extract_string", value, text("$"), kind=TEXT)
    return function("trino_json_extract_scalar", document, path, kind=TEXT)
