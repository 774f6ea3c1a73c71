"""What members did, as flat arrays, and the doors between outside ids and indexes.

Dims: N interactions, M members, I items. Indexes never leave ``recsys.ml``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Self

import numpy as np
from numpy.typing import NDArray

Id = Hashable
Indexes = NDArray[np.int32]
Values = NDArray[np.float32]
Times = NDArray[np.float64]
Flags = NDArray[np.bool_]
Event = tuple[Id, float, float] | tuple[Id, float, float, float | None]
"""Item, reward, epoch seconds and, where they were given, stars."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Outside ids in a fixed order; an id's index is its place. Immutable, compared by identity."""

    ids: tuple[Id, ...]
    places: dict[Id, int]

    @classmethod
    def of(cls, ids: Iterable[Id]) -> Self:
        """Make one of ids in this order; raises ValueError where one stands twice."""
        ordered = tuple(ids)
        places = {each: place for place, each in enumerate(ordered)}
        if len(places) != len(ordered):
            raise ValueError(f"{len(ordered) - len(places)} ids stand twice in a vocabulary")
        return cls(ordered, places)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, outside: object) -> bool:
        return outside in self.places

    def indexes(self, ids: Iterable[Id]) -> Indexes:
        """Indexes of outside ids, -1 for those it does not hold."""
        return np.fromiter(map(self.places.get, ids, repeat(-1)), np.int32)

    def at(self, indexes: Indexes) -> list[Id]:
        """Outside ids at these indexes."""
        return [self.ids[index] for index in indexes.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What one member did, oldest first, each item once (its latest event): all that scoring asks.

    ``values`` are rewards in [0, 1] [n], ``times`` epoch seconds [n], ``stars`` those given, in their own
    scale, NaN where none were [n]. ``asked`` is the instant at which a scorer is asked (epoch seconds), None
    where that does not matter.
    """

    items: tuple[Id, ...]
    values: Values
    times: Times
    stars: Values
    asked: float | None = None

    @classmethod
    def of(cls, events: Iterable[Event], asked: float | None = None) -> Self:
        """Make one of events in any order."""
        ordered = sorted(events, key=lambda event: (event[2], str(event[0])))
        latest = {event[0]: at for at, event in enumerate(ordered)}
        kept = [ordered[at] for at in sorted(latest.values())]
        return cls(
            tuple(event[0] for event in kept),
            np.array([event[1] for event in kept], np.float32),
            np.array([event[2] for event in kept], np.float64),
            np.array([event[3] if len(event) > 3 else None for event in kept], np.float32),
            asked,
        )

    def first(self, n: int) -> Self:
        """The n oldest of it."""
        return replace(
            self,
            items=self.items[:n],
            values=self.values[:n],
            times=self.times[:n],
            stars=self.stars[:n],
        )

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, eq=False)
class Interactions:
    """All interactions a model may learn from, ordered by member, then time, then item.

    members, items
        Indexes into ``member_ids`` and ``item_ids``, int32 [N].
    values
        Reward float32 [N] in [0, 1]: 1 liked, 0.5 so-so, 0 disliked.
    times
        Epoch seconds float64 [N].
    curated
        bool [N]: done on a placement that a curator decided.
    stars
        The stars given, in their own scale, float32 [N]; NaN where none were.
    """

    members: Indexes
    items: Indexes
    values: Values
    times: Times
    curated: Flags
    stars: Values
    member_ids: Vocabulary
    item_ids: Vocabulary

    def __post_init__(self) -> None:
        arrays = (self.items, self.values, self.times, self.curated, self.stars)
        if any(array.shape != self.members.shape for array in arrays):
            raise ValueError("the arrays of interactions differ in length")
        if not np.isfinite(self.times).all():
            raise ValueError("an interaction has no finite time")
        if not ((self.values >= 0) & (self.values <= 1)).all():
            raise ValueError("a reward lies outside [0, 1]")

    @classmethod
    def of(
        cls,
        members: Sequence[Id],
        items: Sequence[Id],
        values: Sequence[float] | Values,
        times: Sequence[float] | Times,
        curated: Sequence[bool] | Flags | None = None,
        *,
        stars: Sequence[float] | Values | None = None,
    ) -> Self:
        """Make them of flat sequences in any order; the same rows in another order are equal."""
        member_ids = Vocabulary.of(sorted(set(members), key=str))
        item_ids = Vocabulary.of(sorted(set(items), key=str))
        return cls.in_order(
            member_ids.indexes(members),
            item_ids.indexes(items),
            np.asarray(values, np.float32),
            np.asarray(times, np.float64),
            np.zeros(len(members), bool) if curated is None else np.asarray(curated, bool),
            (member_ids, item_ids),
            stars=None if stars is None else np.asarray(stars, np.float32),
        )

    @classmethod
    def in_order(  # noqa: PLR0913 - a column each
        cls,
        members: Indexes,
        items: Indexes,
        values: Values,
        times: Times,
        curated: Flags,
        vocabularies: tuple[Vocabulary, Vocabulary],
        *,
        stars: Values | None = None,
    ) -> Self:
        """Put indexed rows into the order that the class promises."""
        told = np.full(len(members), np.nan, np.float32) if stars is None else stars
        columns = (members, items, values, times, curated, told)
        if len({len(column) for column in columns}) > 1:
            raise ValueError("the arrays of interactions differ in length")
        order = np.lexsort((told, values, items, times, members))
        return cls(
            members[order],
            items[order],
            values[order],
            times[order],
            curated[order],
            told[order],
            *vocabularies,
        )

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Member m's rows are ``starts[m]:starts[m + 1]``, oldest first [M + 1]."""
        return np.searchsorted(self.members, np.arange(len(self.member_ids) + 1))

    def where(self, kept: Flags) -> Self:
        """The rows that ``kept`` [N] marks, under the same vocabularies."""
        return replace(
            self,
            members=self.members[kept],
            items=self.items[kept],
            values=self.values[kept],
            times=self.times[kept],
            curated=self.curated[kept],
            stars=self.stars[kept],
        )

    def before(self, instant: float) -> Self:
        """What happened before an instant (epoch seconds)."""
        return self.where(self.times < instant)

    def latest(self) -> Self:
        """Only the latest row of each member and item."""
        order = np.lexsort((np.arange(len(self)), self.items, self.members))
        members, items = self.members[order], self.items[order]
        last = np.ones(len(self), bool)
        last[:-1] = (members[1:] != members[:-1]) | (items[1:] != items[:-1])
        kept = np.zeros(len(self), bool)
        kept[order[last]] = True
        return self.where(kept)

    def history(self, member: Id) -> History:
        """A member's history; empty for one that has done nothing here."""
        place = self.member_ids.places.get(member, -1)
        return self.history_at(place) if place >= 0 else History.of(())

    def history_at(self, member: int, before: float = np.inf) -> History:
        """History of the member at an index, up to an instant."""
        start, end = self.starts[member], self.starts[member + 1]
        rows = slice(start, start + np.searchsorted(self.times[start:end], before))
        items, times = tuple(self.item_ids.at(self.items[rows])), self.times[rows]
        if len(set(items)) == len(items) and (np.diff(times) > 0).all():  # as it is in most
            return History(items, self.values[rows], times, self.stars[rows])
        columns = (each[rows].tolist() for each in (self.values, self.times, self.stars))
        return History.of(zip(items, *columns, strict=True))

    def digest(self) -> str:
        """SHA-256 of the rows under their outside ids; another order of rows gives the same."""
        sha = hashlib.sha256()
        for vocabulary in (self.member_ids, self.item_ids):
            sha.update("\n".join(map(str, vocabulary.ids)).encode() + b"\0")
        told = () if np.isnan(self.stars).all() else (self.stars,)
        for array in (self.members, self.items, self.values, self.times, self.curated, *told):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()
