"""How good ranked lists are. Dims: B members, k places of a list, I items, G values of attributes (tags).

Lists are int [B, k] of places in a catalogue, -1 where a list is shorter. Figures per member are [B], NaN
for a member of whom the measure says nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import Flags

Figures = NDArray[np.float64]
Lists = NDArray[np.integer[Any]]
SMOOTHING: Final = 0.01
BLOCK: Final = 512


def ndcg(hits: Flags, targets: NDArray[Any]) -> Figures:
    """Normalized discounted cumulative gain per member [B] (Järvelin and Kekäläinen 2002).

    ``hits`` [B, k]: whether the item at each place is a target; ``targets`` [B] how many there are,
    at least 1. The best possible list has min(targets, k) hits in front.
    """
    discounts = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])
    return np.asarray((hits @ discounts) / best[np.minimum(targets, hits.shape[1])])


def recall(hits: Flags, targets: NDArray[Any]) -> Figures:
    """Share of a member's targets that the list holds [B]; the denominator is all targets."""
    found: Figures = np.count_nonzero(hits, axis=1) / targets.astype(np.float64)
    return found


def hit_rate(hits: Flags) -> Figures:
    """Whether the list holds any target [B]."""
    return np.asarray(hits.any(axis=1), np.float64)


def reciprocal_rank(hits: Flags) -> Figures:
    """One over the place of the first target [B], 0 where the list holds none; its mean is MRR."""
    return np.asarray(np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1.0), 0.0))


def precision(hits: Flags) -> Figures:
    """Share of a list's k places that hold a target [B]; places of a shorter list count as misses."""
    return np.asarray(np.count_nonzero(hits, axis=1) / hits.shape[1], np.float64)


def f1(hits: Flags, targets: NDArray[Any]) -> Figures:
    """Harmonic mean of precision and recall [B]: 2 · hits / (k + targets); 0 without a hit."""
    found = np.count_nonzero(hits, axis=1)
    return np.asarray(2.0 * found / (hits.shape[1] + targets), np.float64)


def average_precision(hits: Flags, targets: NDArray[Any]) -> Figures:
    """Precision at each place of a target, summed, by min(targets, k) [B]; its mean is MAP.

    A list with all targets in front has 1; ``targets`` [B] are at least 1.
    """
    places = np.arange(1, hits.shape[1] + 1)
    sums = (np.cumsum(hits, axis=1) / places * hits).sum(axis=1)
    return np.asarray(sums / np.minimum(targets, hits.shape[1]), np.float64)


def auc(scores: NDArray[Any], targets: Flags, others: Flags) -> Figures:
    """Chance that a target is scored above another item [B]; a tie counts one half (Mann and Whitney 1947).

    ``scores`` [B, I]; ``targets`` and ``others`` [B, I] say which items are compared, the rest (what was
    seen) is not. Unknown items (NaN) stand below all known ones and tie with each other. NaN for a
    member without a target or without others.
    """
    known = np.where(np.isnan(scores), np.finfo(np.float64).min, scores.astype(np.float64))
    own, rest = targets.sum(axis=1), others.sum(axis=1)
    won, lone = np.zeros(len(own)), own == 1
    won[lone] = _won_alone(known[lone], targets[lone], others[lone])
    for row in np.flatnonzero(own > 1):
        won[row] = _won(known[row, targets[row]], np.sort(known[row, others[row]]))
    pairs = (own * rest).astype(np.float64)
    return np.asarray(np.divide(won, pairs, out=np.full(len(own), np.nan), where=pairs > 0))


def _won_alone(scores: NDArray[Any], target: Flags, others: Flags) -> Figures:
    """The pairs won where each row has one target [B]: most cases do, and need no order."""
    own = scores[target][:, None]
    higher = np.count_nonzero((scores < own) & others, axis=1)
    return np.asarray(higher + np.count_nonzero((scores == own) & others, axis=1) / 2.0)


def _won(targets: Figures, ordered: Figures) -> float:
    """Of the pairs of a target and another, in how many the target is higher, a tie for half of one."""
    sides = [np.searchsorted(ordered, targets, side) for side in ("left", "right")]
    return float(sum(map(np.sum, sides))) / 2.0


def serendipity(lists: Lists, hits: Flags, counts: NDArray[Any]) -> Figures:
    """How much sooner the model shows targets than popularity would [B]: mean of max(P_u − P, 0) · hit.

    Over the places of a list: P_u = (I + 1 − place) / I in the list, P the same for the item's place by
    ``counts`` [I] of interactions, ties at their mean place (Kaminskas and Bridge 2016, as in RecTools).
    """
    size = len(counts)
    if not size:
        return np.zeros(len(lists))
    popular = (size + 1 - _ranks(-counts[None, :])[0]) / size
    own = (size + 1 - np.arange(1, lists.shape[1] + 1)) / size
    sooner = np.maximum(own[None, :] - popular[lists], 0.0) * hits
    return np.asarray(sooner.sum(axis=1) / lists.shape[1])


def popularity(lists: Lists, counts: NDArray[Any]) -> Figures:
    """Mean number of interactions with a list's items before the cut [B]; ``counts`` [I]."""
    return _mean_over_places(lists, counts.astype(np.float64))


def popularity_lift(listed: Figures, owned: Figures) -> float:
    """By how much a group's lists are more popular than its own histories (Abdollahpouri and others 2019).

    (mean of ``listed`` − mean of ``owned``) / mean of ``owned``, both [B] as ``popularity`` says, over the
    members of whom both are known: 0 is as popular, 1 twice as popular. NaN of nobody.
    """
    told = ~(np.isnan(listed) | np.isnan(owned))
    own = float(owned[told].mean()) if told.any() else 0.0
    return float(listed[told].mean()) / own - 1.0 if own else float("nan")


def novelty(lists: Lists, counts: NDArray[Any], members: int) -> Figures:
    """How unlikely a member is to have met the items: mean self-information in bits [B].

    −log2 of the share of ``members`` who met an item, ``counts`` [I] of them; an item that nobody met
    counts as met by one (Zhou and others 2010).
    """
    shares = np.clip(counts.astype(np.float64), 1.0, max(members, 1)) / max(members, 1)
    return _mean_over_places(lists, -np.log2(shares))


def intra_list_diversity(lists: Lists, vectors: NDArray[Any]) -> Figures:
    """How unlike the items of a list are: mean of 1 − cosine over its pairs [B] (Ziegler and others 2005).

    ``vectors`` [I, G]; an item without one (all zero) is left out, a list needs two that have one.
    """
    unit = _divided(vectors, np.linalg.norm(vectors, axis=1, keepdims=True))
    figures = np.full(len(lists), np.nan)
    for start in range(0, len(lists), BLOCK):
        block = lists[start : start + BLOCK]
        rows = np.where(block[..., None] >= 0, unit[block], 0.0)
        present = np.count_nonzero(rows.any(axis=2), axis=1)
        # The sum over all pairs is the squared length of the sum, less each item's own 1.
        alike = (rows.sum(axis=1) ** 2).sum(axis=1) - present
        pairs = (present * (present - 1)).astype(np.float64)
        told = pairs > 0
        figures[start : start + BLOCK][told] = 1.0 - alike[told] / pairs[told]
    return figures


def calibration(lists: Lists, shares: NDArray[Any], profiles: NDArray[Any]) -> Figures:
    """How far a list's mix of attributes is from the member's own: KL divergence in nats [B] (Steck 2018).

    ``shares`` [I, G]: each item's attributes, summing to 1 or 0; ``profiles`` [B, G]: the member's mix
    likewise. Σ p·log(p / q̃) with q̃ = 0.99·q + 0.01·p, so that it stays finite; 0 is a perfect match.
    """
    figures = np.full(len(lists), np.nan)
    for start in range(0, len(lists), BLOCK):
        rows = slice(start, start + BLOCK)
        block = lists[rows]
        mixes = np.where(block[..., None] >= 0, shares[block], 0.0).sum(axis=1)
        q = _divided(mixes, mixes.sum(axis=1, keepdims=True))
        figures[rows] = _divergence(profiles[rows].astype(np.float64), q)
    return figures


def _ranks(rows: NDArray[Any]) -> Figures:
    """Place of each number in its row, from 1 for the lowest, those that tie at their mean place."""
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    places = np.arange(1, rows.shape[1] + 1)
    begins = np.ones(rows.shape, bool)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.roll(begins, -1, axis=1)  # the first of a row begins, so the last of it ends
    firsts = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    lasts = np.minimum.accumulate(np.where(ends, places, len(places))[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(rows.shape, np.float64)
    np.put_along_axis(ranks, order, (firsts + lasts) / 2.0, axis=1)
    return ranks


def _divergence(p: Figures, q: Figures) -> Figures:
    smoothed = (1.0 - SMOOTHING) * q + SMOOTHING * p
    ratios = np.divide(p, smoothed, out=np.ones_like(p), where=p > 0)
    told = (p.sum(axis=1) > 0) & (q.sum(axis=1) > 0)
    return np.where(told, (p * np.log(ratios)).sum(axis=1), np.nan)


def _mean_over_places(lists: Lists, values: Figures) -> Figures:
    held = lists >= 0
    sums = np.where(held, values[lists] if len(values) else 0.0, 0.0).sum(axis=1)
    places = held.sum(axis=1).astype(np.float64)
    return np.asarray(np.divide(sums, places, out=np.full(len(lists), np.nan), where=places > 0))


def _divided(rows: NDArray[Any], by: NDArray[Any]) -> Figures:
    parts = rows.astype(np.float64)
    return np.asarray(np.divide(parts, by, out=np.zeros_like(parts), where=by > 0))


def coverage(lists: Lists, items: int) -> float:
    """Share of the catalogue that stands in any list; negative places of a short list are empty."""
    return len(np.unique(lists[lists >= 0])) / items if items else 0.0


def gini(lists: Lists, items: int) -> float:
    """How unevenly places go to the catalogue's items: 0 all alike, near 1 a few get everything.

    Σ (2j − I − 1) c_j / (I Σ c) over how often each item stands in a list, ascending; 0 of no list.
    """
    shown = np.sort(np.bincount(lists[lists >= 0], minlength=items)).astype(np.float64)
    if not shown.sum():
        return 0.0
    lead = 2.0 * np.arange(1, items + 1) - items - 1
    return float(lead @ shown / (items * shown.sum()))


def mean_told(figures: Figures) -> float | None:
    """The mean of what is told; None where nothing is."""
    told = figures[~np.isnan(figures)]
    return float(told.mean()) if len(told) else None


def standard_error(figures: Figures) -> float:
    """Standard error of the mean over members; NaN of fewer than two."""
    if len(figures) < 2:
        return float("nan")
    return float(figures.std(ddof=1) / np.sqrt(len(figures)))
