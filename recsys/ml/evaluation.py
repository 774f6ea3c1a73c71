"""Asking a scorer about what came after the cut: cases, full ranking, report.

Dims: B cases, I items of the catalogue, k places of a list. Protocol: the model was fitted before the
cut; everything in a case's history is masked; ranks are over the whole catalogue; ties go against the
target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml import metrics
from recsys.ml.interactions import History, Id, Indexes, Interactions, Vocabulary

LAST, ALL = "last", "all"
DEPTH: Final = 10
BATCH: Final = 256
Utilities = NDArray[np.floating[Any]]
Score = Callable[[Sequence[History], Vocabulary], Utilities]
Rank = Callable[[Sequence[History], Utilities], Sequence[Sequence[Id]]]
"""From histories and utilities [B, I] (NaN unknown, seen not yet masked) to lists of items, best first."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One member's question: what they did before, and the items they turned to."""

    member: Id
    history: History
    targets: tuple[Id, ...]


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


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over n members; ``ndcg_se`` is the standard error of the first."""

    n: int
    ndcg: float
    ndcg_se: float
    recall: float
    hit_rate: float

    @classmethod
    def of(cls, hits: NDArray[np.bool_], targets: NDArray[Any]) -> Self:
        """Average the metrics of lists; all None-like zeros where there is nobody."""
        if not len(hits):
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        gains = metrics.ndcg(hits, targets)
        error = metrics.standard_error(gains)
        return cls(
            len(hits),
            float(gains.mean()),
            0.0 if np.isnan(error) else error,
            float(metrics.recall(hits, targets).mean()),
            float(metrics.hit_rate(hits).mean()),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    ``members`` have a history, ``newcomers`` have none and are counted apart; ``targets`` is how many
    items all of them turned to, ``catalogue`` how many were ranked.
    """

    depth: int
    targets: int
    catalogue: int
    coverage: float
    members: Figures
    newcomers: Figures

    def as_json(self) -> dict[str, Any]:
        """The report as plain numbers."""
        return asdict(self)


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


def _case(window: Interactions, member: int, cut: float, targets: str) -> Case:
    outside = window.member_ids.ids[member]
    history = window.history_at(member)
    split = len(history) - 1 if targets == LAST else int(np.searchsorted(history.times, cut))
    before = History(history.items[:split], history.values[:split], history.times[:split])
    return Case(outside, before, history.items[split:])


def _kept(case: Case, known: Known | None) -> Case:
    if known is None:
        return case
    if case.member not in known.members:
        return Case(case.member, case.history, ())
    kept = tuple(item for item in case.targets if item in known.items)
    return Case(case.member, case.history, kept)


def evaluate(
    score: Score, cases: Sequence[Case], catalogue: Vocabulary, *, rank: Rank | None = None
) -> Report:
    """Rank the whole catalogue for each case and report; ``rank`` decides the lists in its place.

    Targets outside the catalogue count as missed. A given ``rank`` masks what was seen by itself.
    """
    lists = np.full((len(cases), DEPTH), -1, np.int32)
    hits = np.zeros((len(cases), DEPTH), bool)
    for rows, batch in batches(cases):
        histories = [case.history for case in batch]
        scores = score(histories, catalogue)
        if rank is None:
            lists[rows] = top(scores, batch, catalogue)
        else:
            lists[rows] = _places(rank(histories, scores), catalogue)
        hits[rows] = hits_of(lists[rows], batch, catalogue)
    counts = np.array([len(case.targets) for case in cases])
    new = np.array([len(case.history) == 0 for case in cases], bool)
    return Report(
        depth=DEPTH,
        targets=int(counts.sum()),
        catalogue=len(catalogue),
        coverage=metrics.coverage(lists, len(catalogue)),
        members=Figures.of(hits[~new], counts[~new]),
        newcomers=Figures.of(hits[new], counts[new]),
    )


def batches(cases: Sequence[Case]) -> Iterator[tuple[slice, Sequence[Case]]]:
    """Cases a batch at a time, with their places."""
    for start in range(0, len(cases), BATCH):
        yield slice(start, start + BATCH), cases[start : start + BATCH]


def top(scores: Utilities, cases: Sequence[Case], catalogue: Vocabulary) -> Indexes:
    """Places in the catalogue of the best items not seen [B, k], -1 where there are no more.

    Unknown items cannot be ranked. A target stands after what ties with it.
    """
    ranked = np.where(np.isnan(scores), -np.inf, scores.astype(np.float64))
    for row, case in enumerate(cases):
        targets = _indexes(case.targets, catalogue)
        ranked[row, targets] = np.nextafter(ranked[row, targets], -np.inf)
        ranked[row, _indexes(case.history.items, catalogue)] = -np.inf
    depth = min(DEPTH, ranked.shape[1])
    best = np.argpartition(-ranked, depth - 1, axis=1)[:, :depth]
    order = np.argsort(-np.take_along_axis(ranked, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    empty = np.isneginf(np.take_along_axis(ranked, best, axis=1))
    lists = np.full((len(cases), DEPTH), -1, np.int32)
    lists[:, :depth] = np.where(empty, -1, best)
    return lists


def hits_of(lists: Indexes, cases: Sequence[Case], catalogue: Vocabulary) -> NDArray[np.bool_]:
    """Which places of the lists hold a target [B, k]."""
    hits = np.zeros(lists.shape, bool)
    for row, case in enumerate(cases):
        hits[row] = np.isin(lists[row], _indexes(case.targets, catalogue))
    return hits


def _indexes(items: Sequence[Id], catalogue: Vocabulary) -> Indexes:
    indexes = catalogue.indexes(items)
    return indexes[indexes >= 0]


def _places(lists: Sequence[Sequence[Id]], catalogue: Vocabulary) -> Indexes:
    places = np.full((len(lists), DEPTH), -1, np.int32)
    for row, items in enumerate(lists):
        places[row, : min(DEPTH, len(items))] = catalogue.indexes(items[:DEPTH])
    return places
