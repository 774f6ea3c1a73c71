"""Which items a query names: the vectorised back end of ``query``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from curation.fusion.columns import Column, Kind, day_number, fold
from curation.fusion.fixed import Mask
from curation.fusion.query import All, Comparison, ItemList, Not, Query, Value

_COMPARE: Final[Mapping[str, Callable[..., Any]]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


@dataclass(frozen=True, eq=False)
class Table:
    """Rows that queries can be asked of: columns of ``size`` values, and id bytes to row."""

    size: int
    columns: Mapping[str, Column]
    index: Mapping[bytes, int] = field(default_factory=dict)
    _known: dict[Comparison, Mask] = field(default_factory=dict)

    def matches(self, query: Query) -> Mask:
        """True where the query holds, bool [size]; not to be written to."""
        if isinstance(query, Comparison):
            mask = self._known.get(query)
            return self._known.setdefault(query, self._compare(query)) if mask is None else mask
        if isinstance(query, ItemList):
            return self._listed(query)
        if isinstance(query, Not):
            return ~self.matches(query.part)
        if isinstance(query, All):
            return self._combine(query.parts, np.logical_and, empty=True)
        return self._combine(query.parts, np.logical_or, empty=False)

    def _combine(self, parts: tuple[Query, ...], join: np.ufunc, *, empty: bool) -> Mask:
        if not parts:
            return np.full(self.size, empty)
        mask = self.matches(parts[0])
        for part in parts[1:]:
            mask = join(mask, self.matches(part))
        return mask

    def _listed(self, query: ItemList) -> Mask:
        mask = np.zeros(self.size, np.bool_)
        rows = (self.index.get(item.bytes) for item in query.items)
        mask[[row for row in rows if row is not None]] = True
        return mask

    def _compare(self, query: Comparison) -> Mask:
        column = self.columns.get(query.field)
        if column is None or column.kind is not query.kind:
            return np.full(self.size, query.op == "missing")
        if query.op == "exists":
            return column.present
        if query.op == "missing":
            return ~column.present
        return _COMPARERS[query.kind](column, query.op, query.value)


def _listing(value: Value) -> tuple[str | float | None, ...]:
    return value if isinstance(value, tuple) else (value,)


def _compare_numbers(column: Column, op: str, value: Value) -> Mask:
    if op == "in":
        return np.isin(column.data, np.array(_listing(value), np.float64))
    mask: Mask = _COMPARE[op](column.data, value)
    return mask & column.present if op == "ne" else mask


def _compare_dates(column: Column, op: str, value: Value) -> Mask:
    days = np.array([day_number(str(day)) for day in _listing(value)], np.int32)
    if op == "in":
        return np.isin(column.data, days)
    mask: Mask = _COMPARE[op](column.data, days[0])
    return mask & column.present


def _compare_booleans(column: Column, op: str, value: Value) -> Mask:
    return np.asarray(column.data == int(bool(value) is (op == "eq")))


def _compare_texts(column: Column, op: str, value: Value) -> Mask:
    hits = np.zeros(len(column.vocabulary) + 1, np.bool_)  # the last entry answers for missing
    if op in ("contains", "starts"):
        wanted = fold(str(value))
        find = str.startswith if op == "starts" else str.__contains__
        hits[:-1] = [find(text, wanted) for text in column.folded]
    else:
        hits[_codes(column, value)] = True
        if op == "ne":
            hits[:-1] = ~hits[:-1]
    return np.asarray(hits[column.data])


def _compare_tags(column: Column, op: str, value: Value) -> Mask:
    mask = np.zeros(len(column), np.bool_)
    for code in _codes(column, value):
        mask[column.tag_rows[column.data == code]] = True
    return mask


def _codes(column: Column, value: Value) -> list[int]:
    return [code for text in _listing(value) for code in column.codes.get(fold(str(text)), ())]


_COMPARERS: Final[Mapping[Kind, Callable[[Column, str, Value], Mask]]] = {
    Kind.NUMBER: _compare_numbers,
    Kind.DATE: _compare_dates,
    Kind.BOOLEAN: _compare_booleans,
    Kind.TEXT: _compare_texts,
    Kind.TAGS: _compare_tags,
}
