"""How good ranked lists are. Dims: B members, k places of a list, I items of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.ml.interactions import Flags

Figures = NDArray[np.float64]


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


def coverage(lists: NDArray[np.integer[Any]], items: int) -> float:
    """Share of the catalogue that stands in any list; negative places of a short list are empty."""
    return len(np.unique(lists[lists >= 0])) / items if items else 0.0


def standard_error(figures: Figures) -> float:
    """Standard error of the mean over members; NaN of fewer than two."""
    if len(figures) < 2:
        return float("nan")
    return float(figures.std(ddof=1) / np.sqrt(len(figures)))
