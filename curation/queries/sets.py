"""Which active items queries name, as sets that can be joined and counted.

Each comparison is asked once of the whole catalogue, whatever number of queries hold it, and all of them in one
statement; no row of an item leaves the database, only whether it was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from typing import Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from curation.fusion.columns import Kind
from curation.fusion.query import All, AnyOf, Comparison, ItemList, Not, Query, leaves
from curation.queries.compiling import Ground, Sql
from curation.queries.items import read_once

Bits = NDArray[np.uint64]
"""A set of active items, one bit for each; they are in no order but one that all sets of a question share."""

_WORD: Final = 64
# A statement answers with 1,664 columns at most, so that one holds several comparisons.
_PER_COLUMN: Final = 32
_YES: Final = ord("1")

Leaf = Comparison | ItemList


@dataclass(frozen=True)
class Sets:
    """The active items, and those of them that some queries name."""

    everything: Bits
    _leaves: Mapping[Leaf, Bits]
    _known: dict[Query, Bits] = field(default_factory=dict)

    def of(self, query: Query) -> Bits:
        """The items that a query names of which all comparisons were asked; not to be written to."""
        if isinstance(query, Leaf):
            return self._leaves[query]
        found = self._known.get(query)
        return self._known.setdefault(query, self._joined(query)) if found is None else found

    def _joined(self, query: All | AnyOf | Not) -> Bits:
        if isinstance(query, Not):
            return self.everything & ~self.of(query.part)
        parts = map(self.of, query.parts)
        if isinstance(query, All):
            return reduce(np.bitwise_and, parts, self.everything)
        return reduce(np.bitwise_or, parts, np.zeros_like(self.everything))


def ask(queries: Iterable[Query]) -> Sets:
    """The sets that queries name, in one statement."""
    wanted = list(dict.fromkeys(chain.from_iterable(map(leaves, queries))))
    asked = [wanted[at : at + _PER_COLUMN] for at in range(0, len(wanted), _PER_COLUMN)]
    size, columns = _answers(asked)
    rows = chain(*(_packed(*each) for each in zip(columns, map(len, asked), strict=True)))
    (everything,) = _packed("1" * size, 1)
    return Sets(everything, dict(zip(wanted, rows, strict=True)))


def size(sets: Bits) -> NDArray[np.int64]:
    """How many items are in a set, or in each of several."""
    counts: NDArray[np.int64] = np.bitwise_count(sets).sum(axis=-1, dtype=np.int64)
    return counts


def _answers(asked: Sequence[Sequence[Leaf]]) -> tuple[int, Sequence[str]]:
    """How many items there are, and for each group of comparisons item after item a 1 or a 0 for each."""
    compared = [leaf for leaf in chain(*asked) if isinstance(leaf, Comparison)]
    fields = list(dict.fromkeys((leaf.field, leaf.kind) for leaf in compared))
    (table, read), ground = read_once(fields)
    names = {key: f"f{at}" for at, key in enumerate(fields)}
    groups = [[_said(_renamed(leaf, names), ground) for leaf in group] for group in asked]
    columns = [f"string_agg({' || '.join(sql for sql, _ in group)}, '')" for group in groups]
    params = chain(*(params for _sql, params in chain(*groups)), read)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(['count(*)', *columns])} FROM {table}", list(params))  # noqa: S608 - fields are quoted, values are parameters
        count, *found = cursor.fetchone()
    return int(count), [text or "" for text in found]


def _renamed(leaf: Leaf, names: Mapping[tuple[str, Kind], str]) -> Leaf:
    return (
        replace(leaf, field=names[leaf.field, leaf.kind]) if isinstance(leaf, Comparison) else leaf
    )


def _said(leaf: Leaf, ground: Ground) -> Sql:
    sql, params = ground.condition(leaf)
    return f"CASE WHEN {sql} THEN '1' ELSE '0' END", params


def _packed(text: str, width: int) -> Bits:
    """Such a column as sets, one row for each of its comparisons."""
    told = np.frombuffer(text.encode("ascii"), np.uint8).reshape(-1, width).T == _YES
    padded = np.zeros((width, -(-told.shape[1] // _WORD) * _WORD), np.bool_)
    padded[:, : told.shape[1]] = told
    return np.packbits(padded, axis=1).view(np.uint64)
