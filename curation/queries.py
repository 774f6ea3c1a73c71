"""Queries over the catalogue: the fields that rules may name, and the SQL back end of the query tree.

The tree and its exact semantics are `curation.fusion.query`'s; the vectorised back end is
`curation.fusion.matching`. Both give the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from curation.fusion.columns import Kind, Schema
from curation.fusion.query import All, AnyOf, Comparison, ItemList, Not, Query
from curation.models import Attribute, Item

Sql = tuple[str, list[Any]]

COUNTS: Final = ("ratings", "likes", "dislikes", "clicks", "shown")
BUILT_IN: Final[Mapping[str, Kind]] = {
    "title": Kind.TEXT,
    "provider": Kind.TEXT,
    "source": Kind.TEXT,
    "published_on": Kind.DATE,
    "stats.mean_rating": Kind.NUMBER,
    **{f"stats.{name}": Kind.NUMBER for name in COUNTS},
}
"""The fields that every item has beside its attributes."""

_STATS: Final = 'FROM curation_itemstats s WHERE s.item_id = "curation_item"."id")'
_BUILT_IN_SQL: Final[Mapping[str, str]] = {
    "title": '"curation_item"."title"',
    "provider": """NULLIF("curation_item"."provider", '')""",
    "source": '"curation_item"."source"',
    "published_on": """to_char("curation_item"."published_on", 'YYYY-MM-DD')""",
    "stats.mean_rating": f"(SELECT s.mean_rating {_STATS}",
    **{f"stats.{name}": f"COALESCE((SELECT s.{name}::float8 {_STATS}, 0)" for name in COUNTS},
}

# A stored value that is not of the declared kind counts as missing.
_A_DAY: Final = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_LAST_OF_MONTH: Final = "((left(v #>> '{}', 7) || '-01')::date + interval '1 month - 1 day')"
_ATTRIBUTE_SQL: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "CASE WHEN jsonb_typeof(v) = 'number' THEN (v #>> '{}')::float8 END",
    Kind.BOOLEAN: "CASE WHEN jsonb_typeof(v) = 'boolean' THEN (v #>> '{}')::boolean END",
    Kind.TEXT: "CASE WHEN jsonb_typeof(v) = 'string' THEN v #>> '{}' END",
    Kind.DATE: (
        f"CASE WHEN jsonb_typeof(v) = 'string' AND v #>> '{{}}' ~ '{_A_DAY}' THEN"
        f" CASE WHEN right(v #>> '{{}}', 2)::int <= date_part('day', {_LAST_OF_MONTH})"
        " THEN v #>> '{}' END END"
    ),
    Kind.TAGS: (
        "CASE WHEN jsonb_typeof(v) = 'array' AND v <> '[]'"
        """ AND NOT jsonb_path_exists(v, '$[*] ? (@.type() <> "string")')"""
        " THEN ARRAY(SELECT lower(t) FROM jsonb_array_elements_text(v) t) END"
    ),
}
_SYMBOLS: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_CASTS: Final = {
    Kind.NUMBER: "%s::float8",
    Kind.DATE: '%s::text COLLATE "C"',
    Kind.BOOLEAN: "%s::boolean",
    Kind.TEXT: "lower(%s::text)",
    Kind.TAGS: "lower(%s::text)",
}


def schema() -> dict[str, Kind]:
    """Every field that a query over items may name, and its kind."""
    declared = Attribute.objects.values_list("key", "kind")
    return {key: Kind(kind) for key, kind in declared} | dict(BUILT_IN)


def items_matching(query: Query) -> QuerySet[Item]:
    """The items that a query names, active or not."""
    sql, params = _compile(query)
    return Item.objects.filter(RawSQL(f"({sql})", params, output_field=BooleanField()))  # noqa: S611 - fields are quoted, values are parameters


def count(query: Query) -> int:
    """How many active items a query names."""
    return items_matching(query).filter(active=True).count()


def _compile(query: Query) -> Sql:
    return _COMPILERS[type(query)](query)


def _joined(parts: Iterable[Query], word: str, empty: str) -> Sql:
    compiled = [_compile(part) for part in parts]
    text = f" {word} ".join(f"({sql})" for sql, _params in compiled)
    return text or empty, [param for _sql, params in compiled for param in params]


def _negated(query: Not) -> Sql:
    sql, params = _compile(query.part)
    return f"NOT ({sql})", params


def _listed(query: ItemList) -> Sql:
    return '"curation_item"."id" = ANY(%s::uuid[])', [list(query.items)]


def _compared(query: Comparison) -> Sql:
    value, params = _value_of(query.field, query.kind)
    if query.op in ("exists", "missing"):
        return f"({value}) IS {'NOT ' if query.op == 'exists' else ''}NULL", params
    test, more = _test(query)
    return f"COALESCE({test.replace('@', f'({value})')}, false)", [*params, *more]


def _value_of(field: str, kind: Kind) -> Sql:
    """SQL of one field's value, NULL where it is missing."""
    if field in _BUILT_IN_SQL:
        return _BUILT_IN_SQL[field], []
    read = _ATTRIBUTE_SQL[kind]
    stored = '"curation_item"."attributes" -> %s'
    return f"SELECT {read} FROM (SELECT {stored} AS v) j", [field]  # noqa: S608 - read is a constant


def _test(query: Comparison) -> Sql:
    """SQL of a comparison with the value written as @."""
    if query.kind is Kind.TAGS:
        wanted = query.value if isinstance(query.value, tuple) else (query.value,)
        return "@ && (SELECT array_agg(lower(w)) FROM unnest(%s::text[]) w)", [list(wanted)]
    left = "lower(@)" if query.kind is Kind.TEXT else "@"
    if query.kind is Kind.DATE:
        left = '@ COLLATE "C"'
    if query.op in _SYMBOLS:
        return f"{left} {_SYMBOLS[query.op]} {_CASTS[query.kind]}", [query.value]
    if query.op == "in":
        return _among(left, query)
    call = "strpos({}, {}) > 0" if query.op == "contains" else "starts_with({}, {})"
    return call.format(left, _CASTS[query.kind]), [query.value]


def _among(left: str, query: Comparison) -> Sql:
    if not isinstance(query.value, tuple) or not query.value:
        return "false", []
    return f"{left} IN ({', '.join([_CASTS[query.kind]] * len(query.value))})", list(query.value)


_COMPILERS: Final[Mapping[type, Callable[[Any], Sql]]] = {
    Comparison: _compared,
    ItemList: _listed,
    All: lambda query: _joined(query.parts, "AND", "true"),
    AnyOf: lambda query: _joined(query.parts, "OR", "false"),
    Not: _negated,
}

__all__ = ["BUILT_IN", "Schema", "count", "items_matching", "schema"]
