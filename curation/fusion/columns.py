"""Typed attribute columns of candidates, with missing values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from curation.fusion.fixed import Mask, Rows


class Kind(StrEnum):
    """The type of an attribute, as its schema declares it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    TAGS = "tags"


Schema = Mapping[str, Kind]
"""Field name to kind: item attributes, and statistics under ``stats.``, all of them numbers."""

NO_DAY: Final = np.iinfo(np.int32).min
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMPTY: Final = np.zeros(0, np.int32)


def fold(text: str) -> str:
    """Lower-case a text one character at a time, as PostgreSQL's builtin ``C.UTF-8`` ``lower()`` does.

    Not ``str.lower``: that lengthens ``İ`` and treats a final sigma apart. Characters that Unicode
    gained after version 14 may fold differently in the database.
    """
    return text.lower() if text.isascii() else "".join(c.lower()[0] for c in text)


def day_number(text: str) -> int:
    """Count the days from 1970-01-01 to a ``YYYY-MM-DD``; any other text is a ``ValueError``."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"not a date as YYYY-MM-DD: {text!r}")
    return date.fromisoformat(text).toordinal() - _EPOCH


@dataclass(frozen=True, eq=False)
class Column:
    """The values of one field for n items.

    data
        number: float64 [n], NaN missing. date: int32 [n], days since 1970, ``NO_DAY`` missing.
        boolean: int8 [n], -1 missing. text: int32 [n], index into the vocabulary, -1 missing.
        tags: int32 [m], indexes into the vocabulary, item i owning ``data[starts[i]:starts[i+1]]``;
        an item with no tags is missing.
    vocabulary
        Distinct texts as written, sorted.
    """

    kind: Kind
    data: NDArray[Any]
    starts: NDArray[np.int32] = field(default_factory=lambda: _EMPTY)
    vocabulary: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.starts) - 1 if self.kind is Kind.TAGS else len(self.data)

    @classmethod
    def of(cls, kind: Kind, values: Sequence[Any]) -> Column:
        """Make a column of Python values: str, float, ``YYYY-MM-DD``, bool, or list of str; None is missing."""
        return _BUILDERS[kind](values)

    def take(self, rows: Rows) -> Column:
        """Keep these rows, in this order; the vocabulary shrinks to what they use."""
        if self.kind is Kind.TAGS:
            return self._take_tags(rows)
        data = self.data[rows]
        if self.kind is Kind.TEXT:
            return _compact(Kind.TEXT, data, _EMPTY, self.vocabulary)
        return Column(self.kind, data)

    def _take_tags(self, rows: Rows) -> Column:
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        shift = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths)
        data = self.data[np.arange(starts[-1]) + shift]
        return _compact(Kind.TAGS, data, starts, self.vocabulary)

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The vocabulary in lower case, entry by entry."""
        return tuple(fold(text) for text in self.vocabulary)

    @cached_property
    def codes(self) -> Mapping[str, tuple[int, ...]]:
        """Folded text to the vocabulary indexes that fold to it."""
        found: dict[str, tuple[int, ...]] = {}
        for code, text in enumerate(self.folded):
            found[text] = (*found.get(text, ()), code)
        return found

    @cached_property
    def tag_rows(self) -> Rows:
        """The item that owns each entry of ``data`` (tags only)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def present(self) -> Mask:
        """True where the item has a value."""
        if self.kind is Kind.TAGS:
            return np.asarray(np.diff(self.starts) > 0)
        if self.kind is Kind.NUMBER:
            return np.asarray(~np.isnan(self.data))
        return np.asarray(self.data != (NO_DAY if self.kind is Kind.DATE else -1))


def _compact(
    kind: Kind, data: NDArray[Any], starts: NDArray[np.int32], vocabulary: tuple[str, ...]
) -> Column:
    used = np.flatnonzero(np.bincount(data[data >= 0], minlength=len(vocabulary)))
    place = np.full(len(vocabulary) + 1, -1, np.int32)  # the last entry answers for missing
    place[used] = np.arange(len(used), dtype=np.int32)
    return Column(kind, place[data], starts, tuple(vocabulary[code] for code in used.tolist()))


def _numbers(values: Sequence[Any]) -> Column:
    data = np.array([np.nan if value is None else value for value in values], np.float64)
    return Column(Kind.NUMBER, data)


def _days(values: Sequence[Any]) -> Column:
    days = [NO_DAY if value is None else day_number(value) for value in values]
    return Column(Kind.DATE, np.array(days, np.int32))


def _booleans(values: Sequence[Any]) -> Column:
    return Column(Kind.BOOLEAN, np.array([-1 if v is None else int(v) for v in values], np.int8))


def _texts(values: Sequence[Any]) -> Column:
    vocabulary = tuple(sorted({value for value in values if value is not None}))
    place = {text: code for code, text in enumerate(vocabulary)}
    codes = [-1 if value is None else place[value] for value in values]
    return Column(Kind.TEXT, np.array(codes, np.int32), _EMPTY, vocabulary)


def _tags(values: Sequence[Any]) -> Column:
    lists = [sorted(set(value or ())) for value in values]
    vocabulary = tuple(sorted({tag for tags in lists for tag in tags}))
    place = {text: code for code, text in enumerate(vocabulary)}
    data = np.array([place[tag] for tags in lists for tag in tags], np.int32)
    starts = np.cumsum([0, *(len(tags) for tags in lists)], dtype=np.int32)
    return Column(Kind.TAGS, data, starts, vocabulary)


_BUILDERS: Final = {
    Kind.NUMBER: _numbers,
    Kind.DATE: _days,
    Kind.BOOLEAN: _booleans,
    Kind.TEXT: _texts,
    Kind.TAGS: _tags,
}
