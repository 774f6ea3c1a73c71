"""The SQL back end of queries: a tree to a condition over whatever table it is asked of.

The tree and its exact semantics are `curation.fusion.query`'s; the vectorised back end is
`curation.fusion.matching`. Both hold of the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from curation.fusion.columns import Kind
from curation.fusion.query import All, AnyOf, Comparison, ItemList, Not, Query

Sql = tuple[str, list[Any]]

_STORED: Final = "$v"
_PLACES: Final = re.compile(r"\$v|%s")

_A_DAY: Final = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_LAST_OF_MONTH: Final = "((left($v #>> '{}', 7) || '-01')::date + interval '1 month - 1 day')"
# A stored value that is not of the declared kind counts as missing: what `v` has to be, and how it is read.
_OF_KIND: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "jsonb_typeof($v) = 'number'",
    Kind.BOOLEAN: "jsonb_typeof($v) = 'boolean'",
    Kind.TEXT: "jsonb_typeof($v) = 'string'",
    Kind.DATE: (
        f"CASE WHEN jsonb_typeof($v) = 'string' AND $v #>> '{{}}' ~ '{_A_DAY}' THEN"
        " CASE WHEN right($v #>> '{}', 2) <= '28' THEN true"
        f" ELSE right($v #>> '{{}}', 2)::int <= date_part('day', {_LAST_OF_MONTH}) END END"
    ),
    Kind.TAGS: (
        "jsonb_typeof($v) = 'array' AND $v <> '[]'"
        """ AND NOT jsonb_path_exists($v, '$[*] ? (@.type() <> "string")')"""
    ),
}
_READ: Final[Mapping[Kind, str]] = {
    Kind.NUMBER: "($v #>> '{}')::float8",
    Kind.BOOLEAN: "($v #>> '{}')::boolean",
    Kind.TEXT: "$v #>> '{}'",
    Kind.DATE: "$v #>> '{}'",
    Kind.TAGS: "ARRAY(SELECT lower(t) FROM jsonb_array_elements_text($v) t)",
}
_COMPARED_FIRST: Final[Mapping[Kind, str]] = {
    Kind.DATE: "($v #>> '{}')",
    Kind.TAGS: "lower($v::text)::jsonb",
}
"""What is compared whatever `v` is, where to find out what it is costs more: that is asked of what compares alone."""

_SYMBOLS: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_CASTS: Final = {
    Kind.NUMBER: "%s::float8",
    Kind.DATE: '%s::text COLLATE "C"',
    Kind.BOOLEAN: "%s::boolean",
    Kind.TEXT: "lower(%s::text)",
    Kind.TAGS: "lower(%s::text)",
}


@dataclass(frozen=True)
class Ground:
    """A table that queries are asked of, in SQL: its key, its JSON of attributes, its other fields."""

    key: str
    attributes: str
    built_in: Mapping[str, str]

    def condition(self, query: Query) -> Sql:
        """The condition under which a query holds of a row, and its parameters."""
        return _COMPILERS[type(query)](self, query)

    def value_of(self, field: str, kind: Kind) -> Sql:
        """One field's value, NULL where it is missing."""
        if field in self.built_in:
            return self.built_in[field], []
        return self.of_attribute(f"CASE WHEN {_OF_KIND[kind]} THEN {_READ[kind]} END", field)

    def comparable(self, field: str, kind: Kind) -> Sql:
        """One field's value as comparisons with it take it, for a table in which it is read once for many."""
        if kind not in _COMPARED_FIRST or field in self.built_in:
            return self.value_of(field, kind)
        found = f"CASE WHEN {_OF_KIND[kind]} THEN {_COMPARED_FIRST[kind]} END"
        return self.of_attribute(found, field)

    def of_attribute(self, sql: str, field: str, *params: Any) -> Sql:
        """SQL, and its parameters, over the stored value `$v` of a declared field.

        The value stands wherever it is read, and not in a query of its own: beside a correlated one PostgreSQL
        reads a table with one worker alone.
        """
        given = iter(params)
        told = [field if each == _STORED else next(given) for each in _PLACES.findall(sql)]
        return sql.replace(_STORED, f"({self.attributes} -> %s)"), told


def _joined(ground: Ground, parts: Iterable[Query], word: str, empty: str) -> Sql:
    compiled = [ground.condition(part) for part in parts]
    text = f" {word} ".join(f"({sql})" for sql, _params in compiled)
    return text or empty, [param for _sql, params in compiled for param in params]


def _negated(ground: Ground, query: Not) -> Sql:
    sql, params = ground.condition(query.part)
    return f"NOT ({sql})", params


def _listed(ground: Ground, query: ItemList) -> Sql:
    return f"{ground.key} = ANY(%s::uuid[])", [list(query.items)]


def _compared(ground: Ground, query: Comparison) -> Sql:
    value, params = ground.value_of(query.field, query.kind)
    if query.op in ("exists", "missing"):
        return f"({value}) IS {'NOT ' if query.op == 'exists' else ''}NULL", params
    test, more = _test(query)
    if query.kind in _COMPARED_FIRST and query.field not in ground.built_in:
        test = test.replace("@", _COMPARED_FIRST[query.kind])
        found = f"CASE WHEN {test} THEN {_OF_KIND[query.kind]} END"
        sql, params = ground.of_attribute(found, query.field, *more)
        return f"COALESCE(({sql}), false)", params
    return f"COALESCE({test.replace('@', f'({value})')}, false)", [*params, *more]


def _test(query: Comparison) -> Sql:
    """SQL of a comparison with the value written as @: of tags, a JSON array in small letters."""
    if query.kind is Kind.TAGS:
        wanted = query.value if isinstance(query.value, tuple) else (query.value,)
        # Not as a query of its own, beside which PostgreSQL would not read with several workers.
        return f"@ ?| ARRAY[{', '.join(['lower(%s::text)'] * len(wanted))}]::text[]", list(wanted)
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
        return "@ IS NULL AND false", []
    return f"{left} IN ({', '.join([_CASTS[query.kind]] * len(query.value))})", list(query.value)


_COMPILERS: Final[Mapping[type, Callable[[Ground, Any], Sql]]] = {
    Comparison: _compared,
    ItemList: _listed,
    All: lambda ground, query: _joined(ground, query.parts, "AND", "true"),
    AnyOf: lambda ground, query: _joined(ground, query.parts, "OR", "false"),
    Not: _negated,
}
