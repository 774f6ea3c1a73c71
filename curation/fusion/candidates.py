"""What fuse chooses from: candidate items as columns, with the scorers' numbers for one member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.columns import Column
from curation.fusion.fixed import Floats, Mask, Rows

Ids = NDArray[np.uint8]
"""Item ids as UUID bytes, big-endian: [n, 16]."""

MOST_CANDIDATES: Final = 1_000
PERCENTILES: Final = 101


def pack_ids(items: Iterable[UUID]) -> Ids:
    """Pack item ids into an array [n, 16]."""
    return np.frombuffer(b"".join(item.bytes for item in items), np.uint8).reshape(-1, 16)


@dataclass(frozen=True, slots=True)
class Statistics:
    """How one scorer's raw scores for this member spread over the whole catalogue.

    ``count`` is how many items the scorer knows; with 0 the scorer knows nothing of the member and
    the other numbers are 0. ``percentiles`` are the 0th, 1st … 100th, ascending.
    """

    count: int
    mean: float = 0.0
    deviation: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    percentiles: tuple[float, ...] = ()


def statistics_of(scores: Floats) -> Statistics:
    """Describe a scorer's raw scores [catalogue], NaN unknown; any order of items gives the same.

    An infinite score is a ``ValueError``.
    """
    known = np.sort(scores[~np.isnan(scores)].astype(np.float64))
    if not len(known):
        return Statistics(0)
    if np.isinf(known[[0, -1]]).any():
        raise ValueError("a scorer gave an infinite score")
    percentiles = np.interp(*_percentile_points(len(known)), known)
    return Statistics(
        count=len(known),
        mean=float(known.mean()),
        deviation=float(known.std()),
        minimum=float(known[0]),
        maximum=float(known[-1]),
        percentiles=tuple(percentiles.tolist()),
    )


@lru_cache(maxsize=8)
def _percentile_points(size: int) -> tuple[Floats, Rows]:
    """Where the percentiles lie among so many sorted values, and the places of these."""
    return np.linspace(0.0, size - 1, PERCENTILES), np.arange(size)


@dataclass(frozen=True, eq=False, slots=True)
class Similarities:
    """Similarity of candidates to each other, sparse by row (CSR); absent pairs are 0.

    Row i's neighbours are ``neighbours[starts[i]:starts[i+1]]`` with ``values`` in [-1, 1]. Give both
    directions of a pair.
    """

    starts: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    values: Floats

    @classmethod
    def of(cls, matrix: Floats) -> Self:
        """Make it of a dense matrix [n, n]; the diagonal is left out."""
        kept = matrix.copy()
        np.fill_diagonal(kept, 0.0)
        rows, neighbours = np.nonzero(kept)
        starts = np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int32)
        return cls(starts, neighbours.astype(np.int32), kept[rows, neighbours])

    def take(self, rows: Rows) -> Similarities:
        """Keep these rows and the pairs between them, renumbered in this order."""
        place = np.full(len(self.starts) - 1, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        lengths = np.diff(self.starts)
        first = np.repeat(place, lengths)
        second = place[self.neighbours]
        kept = np.flatnonzero((first >= 0) & (second >= 0))
        order = kept[np.lexsort((second[kept], first[kept]))]
        starts = np.searchsorted(first[order], np.arange(len(rows) + 1)).astype(np.int32)
        return Similarities(starts, second[order], self.values[order])

    def widened(self, more: int) -> Similarities:
        """The same with more rows behind, like nothing."""
        return replace(self, starts=np.pad(self.starts, (0, more), mode="edge"))


Entries = Mask | Floats | NDArray[np.int32]


def _check_entries(name: str, entries: Entries, kind: type, size: int) -> None:
    if entries.dtype != kind:
        raise ValueError(f"{name} holds {entries.dtype}, not {np.dtype(kind)}")
    _check_length(name, len(entries), size)


def _check_length(name: str, length: int, size: int) -> None:
    if length != size:
        raise ValueError(f"{name} has {length} entries for {size} candidates")


@dataclass(frozen=True, eq=False)
class Candidates:
    """Up to 1,000 items with everything fuse may ask of them, one array entry per item, in any order.

    ids
        [n, 16], see ``pack_ids``; no id twice.
    scores
        Scorer name to raw scores float64 [n]; NaN where the scorer does not know the item. Every live
        scorer has an entry.
    statistics
        Scorer name to its statistics for this member over the whole catalogue, one for each of ``scores``.
    columns
        Field name to column of n values: item attributes, and ItemStats under ``stats.``. A field that
        a query names and this lacks is missing for every item.
    active
        bool [n].
    rated, interacted
        bool [n]: what this member rated, or interacted with in any way.
    shown
        int32 [n]: how often the member was shown the item within the repeat policy's days.
    nevers
        Items the member never wants to see.
    similarities
        Needed where the surface's diversity is ``mmr``.
    profile
        Value of the diversity field to the member's share of it (sum 1); needed for ``calibration``.
    """

    ids: Ids
    scores: Mapping[str, Floats]
    statistics: Mapping[str, Statistics]
    active: Mask
    columns: Mapping[str, Column] = field(default_factory=dict)
    rated: Mask | None = None
    interacted: Mask | None = None
    shown: NDArray[np.int32] | None = None
    nevers: frozenset[UUID] = frozenset()
    similarities: Similarities | None = None
    profile: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        size = len(self.ids)
        if self.ids.shape != (size, 16) or self.ids.dtype != np.uint8:
            raise ValueError("ids must be uint8 [n, 16]")
        if size > MOST_CANDIDATES:
            raise ValueError(f"{size} candidates, at most {MOST_CANDIDATES}")
        if set(self.scores) != set(self.statistics):
            raise ValueError("scores and statistics must name the same scorers")
        for name, entries, kind in self._arrays():
            _check_entries(name, entries, kind, size)
        for name, column in self.columns.items():
            _check_length(f"column {name}", len(column), size)
        infinite = [name for name, scores in self.scores.items() if np.isinf(scores).any()]
        if infinite:
            raise ValueError(f"scorer {infinite[0]} gave an infinite score")
        if len(self.index) != size:
            raise ValueError("an item stands twice among the candidates")

    def _arrays(self) -> Iterable[tuple[str, Entries, type]]:
        """Name, entries and element type of everything that has one entry per item."""
        yield "active", self.active, np.bool_
        yield from (("score " + name, each, np.float64) for name, each in self.scores.items())
        for name, flags in (("rated", self.rated), ("interacted", self.interacted)):
            if flags is not None:
                yield name, flags, np.bool_
        if self.shown is not None:
            yield "shown", self.shown, np.int32
        if self.similarities is not None:
            yield "similarities", self.similarities.starts[:-1], np.int32

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[bytes, int]:
        """Id bytes to row."""
        ids = np.ascontiguousarray(self.ids).view("V16").ravel().tolist()
        return dict(zip(ids, range(len(ids)), strict=True))

    def item(self, row: int) -> UUID:
        """The id of the item in this row."""
        return UUID(bytes=self.ids[row].tobytes())

    def row(self, item: UUID) -> int | None:
        """The row of an item, None where it is no candidate."""
        return self.index.get(item.bytes)

    def take(self, rows: Rows) -> Candidates:
        """Keep these rows, in this order."""
        return replace(
            self,
            ids=self.ids[rows],
            scores={name: scores[rows] for name, scores in self.scores.items()},
            columns={name: column.take(rows) for name, column in self.columns.items()},
            active=self.active[rows],
            rated=None if self.rated is None else self.rated[rows],
            interacted=None if self.interacted is None else self.interacted[rows],
            shown=None if self.shown is None else self.shown[rows],
            similarities=None if self.similarities is None else self.similarities.take(rows),
        )

    def in_order(self) -> Candidates:
        """The same candidates in ascending order of id."""
        keys = np.ascontiguousarray(self.ids).view(">u8").astype(np.uint64)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        if np.array_equal(order, np.arange(len(order))):
            return self
        return self.take(order)
