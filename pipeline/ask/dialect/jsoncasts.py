"""Casts of JSON to types of SQL: lists, maps and rows, each part as Trino casts it.

Facts: trino.io/docs/current/functions/json.html, cast from JSON. A row takes its fields from an
object by name, letters large or small, null where there is none, or from an array by place; what
has the wrong shape is an error, which try_cast makes null.
"""

from __future__ import annotations

from sqlglot import exp

from pipeline.ask.dialect.call import cast, function, number, text
from pipeline.ask.dialect.kinds import JSON, kind_of_type, set_kind

_TEXTS = frozenset({exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR})
_CAST = "json_cast"
"""Marks what casts JSON, by the document."""
_WHOLE = frozenset({exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT})


def from_json(document: exp.Expr, target: exp.DataType, *, is_try: bool) -> exp.Expr:
    """Return what casts JSON to a type.

    Args:
        document: gives JSON.
        target: a type of Trino's.
        is_try: whether what cannot be cast is null.
    """
    made = _Caster(is_try).cast(document.copy(), target)
    if is_try:
        fits = _Caster(is_try).fits(document.copy(), target)
        made = exp.Case(ifs=[exp.If(this=fits, true=made)])
    made.meta[_CAST] = document
    made.type = target.copy()
    return set_kind(made, kind_of_type(target))


def forgive(cast_of: exp.Expr) -> exp.Expr | None:
    """Return the same cast of JSON with null where it fails; None: it is no cast of JSON."""
    document = cast_of.meta.get(_CAST)
    if document is None or cast_of.type is None:
        return None
    return from_json(document, cast_of.type, is_try=True)


class _Caster:
    """Builds a cast from the outside in, and names what each level goes through."""

    def __init__(self, is_try: bool) -> None:
        self._prefix = "trino_try_json" if is_try else "trino_json"
        self._n_names = 0

    def cast(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        """Return the value of a type that a JSON document is."""
        if target.this in (exp.DType.ARRAY, exp.DType.LIST):
            made = self._list(document, target)
        elif target.this == exp.DType.MAP:
            made = self._map(document, target)
        elif target.this == exp.DType.STRUCT:
            made = self._row(document, target)
        else:
            made = self._scalar(document, target)
        made.type = target.copy()
        return set_kind(made, kind_of_type(target))

    def fits(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        """Tell whether a document can be cast to a type, all parts of it."""
        if target.this == exp.DType.JSON:
            return exp.true()
        name = self._name()
        if target.this in (exp.DType.ARRAY, exp.DType.LIST):
            parts, kind = function("trino_try_json_items", document.copy()), _inner(target, 0)
            part: exp.Expr = name.copy()
        elif target.this == exp.DType.MAP:
            parts, kind = function("trino_try_json_entries", document.copy()), _inner(target, 1)
            part = exp.Dot(this=name.copy(), expression=exp.to_identifier("value"))
        elif target.this == exp.DType.STRUCT:
            return exp.and_(
                function("trino_try_json_is_row", document.copy()),
                *(
                    self.fits(self._member(document.copy(), field, place), inner)
                    for place, (field, inner) in enumerate(_fields(target))
                ),
            )
        else:
            made = exp.Is(this=self._scalar(document.copy(), target), expression=exp.null())
            return exp.or_(function("trino_json_is_null", document), exp.not_(exp.paren(made)))
        bad = exp.Lambda(this=exp.not_(exp.paren(self.fits(part, kind))), expressions=[name])
        n_bad = function("len", function("list_filter", parts, bad))
        none = exp.EQ(this=n_bad, expression=number(0))
        return exp.paren(exp.or_(function("trino_json_is_null", document), none))

    def _scalar(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        if target.this == exp.DType.JSON:
            return document
        if target.this in _TEXTS:
            return function(f"{self._prefix}_text", document)
        if target.this in _WHOLE:
            whole = function(f"{self._prefix}_integer", document)
            return cast(whole, target.sql(dialect="duckdb"))
        if target.this == exp.DType.BOOLEAN:
            return function(f"{self._prefix}_boolean", document)
        plain = cast(function(f"{self._prefix}_text", document), target.sql(dialect="duckdb"))
        is_try = self._prefix == "trino_try_json"
        return exp.TryCast(this=plain.this, to=plain.args["to"]) if is_try else plain

    def _list(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        name = self._name()
        inner = self.cast(name.copy(), _inner(target, 0))
        items = function(f"{self._prefix}_items", document)
        return function("list_transform", items, exp.Lambda(this=inner, expressions=[name]))

    def _map(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        name = self._name()
        key = exp.Dot(this=name.copy(), expression=exp.to_identifier("key"))
        entry = exp.Dot(this=name.copy(), expression=exp.to_identifier("value"))
        pair = function(
            "row", cast(key, _plain(_inner(target, 0))), self.cast(entry, _inner(target, 1))
        )
        entries = function(f"{self._prefix}_entries", document)
        pairs = function("list_transform", entries, exp.Lambda(this=pair, expressions=[name]))
        return function("map_from_entries", pairs)

    def _row(self, document: exp.Expr, target: exp.DataType) -> exp.Expr:
        name = self._name()
        fields = [
            exp.PropertyEQ(this=field, expression=self.cast(self._member(name, field, n), kind))
            for n, (field, kind) in enumerate(_fields(target))
        ]
        packed = exp.Anonymous(this="struct_pack", expressions=fields)
        is_known = function(f"{self._prefix}_is_row", name.copy())
        whole = exp.Case(ifs=[exp.If(this=is_known, true=packed)])
        rows = function(
            "list_transform",
            exp.Array(expressions=[document]),
            exp.Lambda(this=whole, expressions=[name]),
        )
        return exp.Bracket(this=rows, expressions=[number(0)])

    def _member(self, row: exp.Expr, field: exp.Identifier, place: int) -> exp.Expr:
        made = function("trino_json_member", row.copy(), text(field.name), number(place))
        return set_kind(made, JSON)

    def _name(self) -> exp.Identifier:
        self._n_names += 1
        return exp.to_identifier(f"json_{self._n_names}")


def _inner(target: exp.DataType, place: int) -> exp.DataType:
    inner = target.expressions[place]
    return inner if isinstance(inner, exp.DataType) else exp.DataType.build("varchar")


def _plain(target: exp.DataType) -> str:
    return "varchar" if target.this in _TEXTS else target.sql(dialect="duckdb")


def _fields(target: exp.DataType) -> list[tuple[exp.Identifier, exp.DataType]]:
    """Return the fields of a row; those without a name are named by their place."""
    found = []
    for place, field in enumerate(target.expressions):
        if isinstance(field, exp.ColumnDef):
            name = exp.to_identifier(field.name, quoted=True)
            kind = field.args["kind"]
        else:
            name, kind = exp.to_identifier(f"field{place}", quoted=True), field
        found.append((name, kind))
    return found
