"""JSON functions: paths in Trino's spelling, null where there is nothing or no JSON."""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.call import Call, function, text
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
    if call.name in ("json_extract_scalar", "json_extract", "json_size"):
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
    """Return JSON_VALUE or JSON_QUERY of the SQL standard, as far as they take only a path."""
    name = "json_extract_scalar" if isinstance(node, exp.JSONValue) else "json_extract"
    path = node.args.get("path") or node.args.get("expression")
    if path is None or node.args.get("returning") or node.args.get("option"):
        raise call.refuse("is supported with a document and a path only")
    found = path if isinstance(path, exp.Literal) else text(path.sql(dialect="duckdb").strip("'"))
    return _along_path(Call(name, [node.this, found], node, call.context))


def _along_path(call: Call) -> exp.Expr:
    if len(call.args) != 2:
        raise call.refuse("needs a document and a path")
    document, path = call.args
    many = False
    if isinstance(path, exp.Literal) and path.is_string:
        try:
            path = text(translate_path(str(path.this)))
        except UnknownPath as unknown:
            raise call.refuse(
                f"has a path that is none here: {unknown}", "write it as $.key.other[0]"
            ) from unknown
        many = is_many(str(path.this))
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
