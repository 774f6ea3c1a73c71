"""Queries over attributes: the one tree behind a rule's *what* and a condition on members.

Written as JSON::

    {"all": [QUERY, …]}   every one holds; with an empty list, all items
    {"any": [QUERY, …]}   at least one holds; with an empty list, no item
    {"not": QUERY}        the complement
    {"items": [ID, …]}    the item is in the list
    {"field": NAME, "op": OP, "value": VALUE}

What holds, exactly (every back end agrees on this):

- A query is true or false for an item, never unknown. ``not`` is the plain complement.
- A field is *missing* where its key is absent or its JSON value is null, or, for tags, where the list
  is empty. Every comparison with a missing field is false, ``ne`` too, so ``not eq`` and ``ne`` differ on it.
  ``missing`` and ``exists`` (which take no value) ask for just that.
- *number*: ``eq ne lt le gt ge in``, compared as 64-bit floats (in SQL ``::float8``).
- *date*: ``eq ne lt le gt ge in``, values ``YYYY-MM-DD``, which compare alike as dates and as text.
- *boolean*: ``eq ne``.
- *text*: ``eq ne in contains starts``. Both sides are first folded by ``columns.fold``, which is what
  PostgreSQL's builtin ``C.UTF-8`` ``lower()`` gives; then code points are compared, without Unicode
  normalisation. ``contains`` and ``starts`` take their value literally (no wildcards). An empty text is present.
- *tags*: ``has`` (one text: some tag equals it), ``in`` (a list: some tag equals one of them). Tags are
  folded like texts and compared whole.
- ``in`` with an empty list is false.
- An item whose stored value is not of the declared kind counts as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from curation.fusion.columns import Kind

Value = str | float | bool | tuple[str, ...] | tuple[float, ...] | None

COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge")
OPERATORS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.NUMBER: (*COMPARISONS, "in", "exists", "missing"),
    Kind.DATE: (*COMPARISONS, "in", "exists", "missing"),
    Kind.BOOLEAN: ("eq", "ne", "exists", "missing"),
    Kind.TEXT: ("eq", "ne", "in", "contains", "starts", "exists", "missing"),
    Kind.TAGS: ("has", "in", "exists", "missing"),
}
"""The operators that each kind of field understands."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with a value; ``kind`` is what the schema said of the field.

    A date's value stays ``YYYY-MM-DD``; ``in`` holds a tuple; ``exists`` and ``missing`` hold None.
    """

    field: str
    kind: Kind
    op: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class ItemList:
    """The items with these ids."""

    items: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Query


Query = Comparison | ItemList | All | AnyOf | Not

EVERYTHING: Final = All()


def leaves(query: Query) -> Iterator[Comparison | ItemList]:
    """Walk the comparisons and item lists of a query, left to right."""
    if isinstance(query, Comparison | ItemList):
        yield query
    elif isinstance(query, Not):
        yield from leaves(query.part)
    else:
        for part in query.parts:
            yield from leaves(part)


def fields_of(query: Query) -> frozenset[str]:
    """The fields that a query reads."""
    return frozenset(leaf.field for leaf in leaves(query) if isinstance(leaf, Comparison))


def _comparison_json(query: Comparison) -> dict[str, Any]:
    row: dict[str, Any] = {"field": query.field, "op": query.op}
    if query.value is not None:
        row["value"] = list(query.value) if isinstance(query.value, tuple) else query.value
    return row


_WRITERS: Final[Mapping[type, Callable[[Any], dict[str, Any]]]] = {
    Comparison: _comparison_json,
    ItemList: lambda query: {"items": [str(item) for item in query.items]},
    All: lambda query: {"all": [to_json(part) for part in query.parts]},
    AnyOf: lambda query: {"any": [to_json(part) for part in query.parts]},
    Not: lambda query: {"not": to_json(query.part)},
}


def to_json(query: Query) -> dict[str, Any]:
    """Write a query as JSON data; ``parse`` with the same schema reads it back."""
    return _WRITERS[type(query)](query)


def canonical(query: Query) -> bytes:
    """Write a query as canonical JSON text: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(to_json(query), option=orjson.OPT_SORT_KEYS)
