"""Asking a scorer about what came after the cut: cases and full ranking; `reports` says what came of it.

Dims: B cases, I items of the catalogue, k places of a list. Protocol: the model was fitted before the
cut; everything in a case's history is masked; ranks are over the whole catalogue; ties go against the
target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import History, Id, Indexes, Interactions, Times, Vocabulary
from recsys.ml.evaluation import metrics

LAST, ALL = "last", "all"
LONGEST: Final = 20
"""How many places are ranked; most measures look at the first of them."""
BATCH: Final = 256
Utilities = NDArray[np.floating[Any]]
Score = Callable[[Sequence[History], Vocabulary], Utilities]
Rank = Callable[[Sequence[History], Utilities], Sequence[Sequence[Id]]]
"""From histories and utilities [B, I] (NaN unknown, seen not yet masked) to lists of items, best first."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One member's question: what they did before, and the items they turned to.

    It is asked at the instant of the first of these.
    """

    member: Id
    history: History
    targets: tuple[Id, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The lists that a model made for cases [B, k], and which of their places hold a target.

    ``auc`` [B] is over the whole catalogue and before any policy; None where only lists are known.
    """

    cases: Sequence[Case]
    catalogue: Vocabulary
    lists: Indexes
    hits: NDArray[np.bool_]
    auc: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Who and what a model fitted at some instant can know; other targets are left out."""

    members: frozenset[Id]
    items: frozenset[Id]

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Members and items that occur in these interactions."""
        return cls(
            frozenset(interactions.member_ids.at(np.unique(interactions.members))),
            frozenset(interactions.item_ids.at(np.unique(interactions.items))),
        )


def cases_after(
    interactions: Interactions,
    cut: float,
    until: float = np.inf,
    targets: str = LAST,
    known: Known | None = None,
) -> list[Case]:
    """The questions between two instants (epoch seconds), one per member who did something there.

    ``last``: the target is the member's latest event before ``until``, the history all their earlier
    ones. ``all``: the targets are all events from the cut on, the history what came before it. Any
    event is a target, whatever its reward. ``known`` keeps only targets that these members and items
    allow.
    """
    window = interactions.before(until)
    asked = np.unique(window.members[window.times >= cut]).tolist()
    cases = (_case(window, member, cut, targets) for member in asked)
    return [kept for case in cases if (kept := _kept(case, known)).targets]


def cases_from(seen: Interactions, held: Interactions) -> list[Case]:
    """The questions of a split that is not one by time: what is ``held`` out, given all that was ``seen``.

    One case per member with held items that they have not seen; both must have the same ``member_ids``.
    """
    if seen.member_ids is not held.member_ids:
        raise ValueError("the two parts of a split name members differently")
    return [
        case
        for member in np.unique(held.members).tolist()
        if (case := _held_case(seen, held, member)).targets
    ]


def _held_case(seen: Interactions, held: Interactions, member: int) -> Case:
    history = seen.history_at(member)
    met = frozenset(history.items)
    asked = held.history_at(member)
    unmet = np.array([item not in met for item in asked.items], bool)
    targets = tuple(item for item, new in zip(asked.items, unmet, strict=True) if new)
    return Case(seen.member_ids.ids[member], _asked(history, asked.times[unmet]), targets)


def _case(window: Interactions, member: int, cut: float, targets: str) -> Case:
    outside = window.member_ids.ids[member]
    history = window.history_at(member)
    split = len(history) - 1 if targets == LAST else int(np.searchsorted(history.times, cut))
    return Case(outside, _asked(history.first(split), history.times[split:]), history.items[split:])


def _asked(history: History, targets: Times) -> History:
    """A history that is asked when the first target came about."""
    return replace(history, asked=float(targets[0])) if len(targets) else history


def _kept(case: Case, known: Known | None) -> Case:
    if known is None:
        return case
    if case.member not in known.members:
        return Case(case.member, case.history, ())
    kept = tuple(item for item in case.targets if item in known.items)
    return Case(case.member, case.history, kept)


def judge(
    score: Score, cases: Sequence[Case], catalogue: Vocabulary, *, rank: Rank | None = None
) -> Judged:
    """Rank the whole catalogue for each case; ``rank`` decides the lists in its place.

    Targets outside the catalogue count as missed. A given ``rank`` masks what was seen by itself.
    """
    lists = np.full((len(cases), LONGEST), -1, np.int32)
    hits = np.zeros((len(cases), LONGEST), bool)
    auc = np.full(len(cases), np.nan)
    for rows, batch in batches(cases):
        histories = [case.history for case in batch]
        scores = score(histories, catalogue)
        if rank is None:
            lists[rows] = top(scores, batch, catalogue)
        else:
            lists[rows] = places(rank(histories, scores), catalogue)
        hits[rows] = hits_of(lists[rows], batch, catalogue)
        auc[rows] = _auc(scores, batch, catalogue)
    return Judged(cases, catalogue, lists, hits, auc)


def _auc(scores: Utilities, cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.float64]:
    seen, targets = _seen(cases, catalogue), _targets(cases, catalogue)
    return metrics.auc(scores, targets & ~seen, ~(targets | seen))


def spread(cases: Sequence[Case], most: int) -> Sequence[Case]:
    """At most so many of the cases, evenly spread over them."""
    return cases[:: max(1, -(-len(cases) // most))]


def batches(cases: Sequence[Case]) -> Iterator[tuple[slice, Sequence[Case]]]:
    """Cases a batch at a time, with their places."""
    for start in range(0, len(cases), BATCH):
        yield slice(start, start + BATCH), cases[start : start + BATCH]


def top(scores: Utilities, cases: Sequence[Case], catalogue: Vocabulary) -> Indexes:
    """Places in the catalogue of the best items not seen [B, k], -1 where there are no more.

    Unknown items cannot be ranked. A target stands after what ties with it.
    """
    lowered = scores.astype(np.float64)
    targets = _targets(cases, catalogue)
    lowered[targets] = np.nextafter(lowered[targets], -np.inf)
    return ranked(lowered, cases, catalogue, LONGEST)


def ranked(scores: Utilities, cases: Sequence[Case], catalogue: Vocabulary, places: int) -> Indexes:
    """Places in the catalogue of the best items not seen [B, places], -1 where there are no more.

    It looks at no target; unknown items cannot be ranked.
    """
    hidden = np.isnan(scores) | _seen(cases, catalogue)
    return best(np.where(hidden, -np.inf, scores), places)


def best(utilities: Utilities, places: int) -> Indexes:
    """Places in the catalogue of the highest utilities [B, places], highest first, -1 where there are no more.

    What is -∞ cannot be ranked.
    """
    depth = min(places, utilities.shape[1])
    found = np.argpartition(-utilities, depth - 1, axis=1)[:, :depth]
    order = np.argsort(-np.take_along_axis(utilities, found, axis=1), axis=1, kind="stable")
    found = np.take_along_axis(found, order, axis=1)
    empty = np.isneginf(np.take_along_axis(utilities, found, axis=1))
    lists = np.full((len(utilities), places), -1, np.int32)
    lists[:, :depth] = np.where(empty, -1, found)
    return lists


def hits_of(lists: Indexes, cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.bool_]:
    """Which places of the lists hold a target [B, k]."""
    told = np.take_along_axis(_targets(cases, catalogue), np.maximum(lists, 0), axis=1)
    return np.asarray(told & (lists >= 0))


def places(lists: Sequence[Sequence[Id]], catalogue: Vocabulary) -> Indexes:
    """Lists of items as places in the catalogue [B, k], -1 where there are no more."""
    found = np.full((len(lists), LONGEST), -1, np.int32)
    for row, items in enumerate(lists):
        found[row, : min(LONGEST, len(items))] = catalogue.indexes(items[:LONGEST])
    return found


def _seen(cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.bool_]:
    return _marked([case.history.items for case in cases], catalogue)


def _targets(cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.bool_]:
    return _marked([case.targets for case in cases], catalogue)


def _marked(items: Sequence[Sequence[Id]], catalogue: Vocabulary) -> NDArray[np.bool_]:
    """Which items of the catalogue each row names [B, I]; what it does not hold is left out."""
    marked = np.zeros((len(items), len(catalogue)), bool)
    rows = np.repeat(np.arange(len(items)), list(map(len, items)))
    columns = catalogue.indexes(chain.from_iterable(items))
    marked[rows[columns >= 0], columns[columns >= 0]] = True
    return marked
