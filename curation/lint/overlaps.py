"""What rules share of the items that they name, counted for many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.fixed import Mask
from curation.fusion.policy import Rule
from curation.fusion.query import All, AnyOf, ItemList, Query
from curation.lint.reach import meet
from curation.queries import sets


class Catalogue:
    """The active items that queries name: asked when that is first wanted, for all these queries at once."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._queries = queries

    def of(self, query: Query) -> sets.Bits:
        """Those that one of the queries names."""
        return self._asked.of(query)

    @cached_property
    def _asked(self) -> sets.Sets:
        return sets.ask(self._queries)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many items a rule shares with each of some others, how many it names, and how many they do."""

    shared: NDArray[np.int64]
    own: int
    theirs: NDArray[np.int64]
    subject: Rule
    others: Sequence[Rule]


Which = Callable[[Shares], Mask]
"""Picks those of the others that matter."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another rule, how many items both name, and how many each does."""

    other: Rule
    shared: int
    own: int
    theirs: int


class Group:
    """Rules of one kind in a policy, against which other rules are held."""

    def __init__(self, rules: Sequence[Rule], catalogue: Catalogue) -> None:
        self.rules, self._catalogue = rules, catalogue
        self._shared: dict[UUID, NDArray[np.int64]] = {}

    def overlaps(self, subject: Rule, which: Which) -> Iterator[Overlap]:
        """Those that matter and may hold beside a rule, in the order of the policy."""
        if not any(_beside(subject, rule) for rule in self.rules):
            return
        shares = self._shares(subject)
        # Counted first: to count takes less time than to find out who meets whom.
        for at in np.flatnonzero(which(shares)).tolist():
            if _beside(subject, self.rules[at]):
                counts = int(shares.shared[at]), shares.own, int(shares.theirs[at])
                yield Overlap(self.rules[at], *counts)

    def shared(self, rule: Rule) -> NDArray[np.int64]:
        """How many items each of them shares with one rule, counted once."""
        if rule.lineage not in self._shared:
            named = self._catalogue.of(rule.what)
            self._shared[rule.lineage] = sets.size(self._named & named)
        return self._shared[rule.lineage]

    def _shares(self, subject: Rule) -> Shares:
        own = int(sets.size(self._catalogue.of(subject.what)))
        return Shares(self.shared(subject), own, self._sizes, subject, self.rules)

    @cached_property
    def _named(self) -> sets.Bits:
        return np.stack([self._catalogue.of(rule.what) for rule in self.rules])

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return sets.size(self._named)


def all_of_it(shares: Shares) -> Mask:
    """Picks those that name whatever the rule names."""
    return np.equal(shares.shared, shares.own)


def none_of_it(shares: Shares) -> Mask:
    """Picks those that name nothing of what the rule names."""
    return np.equal(shares.shared, 0)


def whatever(shares: Shares) -> Mask:
    """Picks all."""
    return np.ones(len(shares.others), np.bool_)


def much_of_either(shares: Shares) -> Mask:
    """Picks those that share more than half of what the one that names less names; of two lists, any item.

    Who lists items means each of them, while a query may well have exceptions. Where nothing is named, the
    query itself tells.
    """
    if not shares.own:
        return np.array([rule.what == shares.subject.what for rule in shares.others])
    smaller = np.minimum(shares.own, shares.theirs)
    found = np.greater(2 * shares.shared, smaller)
    if _lists(shares.subject.what):
        found |= np.array([_lists(rule.what) for rule in shares.others])
    return found & (shares.shared > 0)


def _beside(subject: Rule, other: Rule) -> bool:
    return other.lineage != subject.lineage and meet(other, subject)


def _lists(query: Query) -> bool:
    """Whether a query does nothing but list items, as such or as the rows of a form write it."""
    if isinstance(query, All | AnyOf):
        alone = len(query.parts) == 1 or isinstance(query, AnyOf)
        return bool(query.parts) and alone and all(map(_lists, query.parts))
    return isinstance(query, ItemList)
