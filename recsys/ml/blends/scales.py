"""Scales that make raw scores of different scorers comparable, a batch of members at a time.

Dims: B members, I items of the whole catalogue. The formulas are those of fusion, which puts one
member's candidates on them by statistics of the same whole catalogue; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float64]
POINTS: Final = 101
BLOCK: Final = 256


def _z(scores: Batch, known: Batch) -> Batch:
    means = known.mean(axis=1, where=~np.isnan(known), keepdims=True)
    deviations = known.std(axis=1, where=~np.isnan(known), keepdims=True)
    return _divided(scores - means, deviations)


def _log_z(scores: Batch, known: Batch) -> Batch:
    z = _z(scores, known)
    return np.asarray(np.sign(z) * np.log1p(np.abs(z)))


def _min_max(scores: Batch, known: Batch) -> Batch:
    lowest = np.nanmin(known, axis=1, keepdims=True)
    return _divided(scores - lowest, np.nanmax(known, axis=1, keepdims=True) - lowest)


def _percentile(scores: Batch, known: Batch) -> Batch:
    shares = np.linspace(0.0, 1.0, POINTS)
    ranks = np.empty_like(scores)
    for row, (asked, all_known) in enumerate(zip(scores, np.sort(known, axis=1), strict=True)):
        ordered = all_known[~np.isnan(all_known)]
        at = np.linspace(0.0, len(ordered) - 1, POINTS)
        ranks[row] = np.interp(asked, np.interp(at, np.arange(len(ordered)), ordered), shares)
    return np.where(np.isnan(scores), np.nan, ranks)


def _none(scores: Batch, known: Batch) -> Batch:
    return scores


def _divided(parts: Batch, by: Batch) -> Batch:
    """Divide; a row whose known scores are all alike becomes 0."""
    quotients = np.divide(parts, by, out=np.zeros_like(parts), where=by > 0)
    return np.where(np.isnan(parts), np.nan, quotients)


SCALES: Final[Mapping[str, Callable[[Batch, Batch], Batch]]] = {
    "log_z": _log_z,
    "z": _z,
    "percentile": _percentile,
    "min_max": _min_max,
    "none": _none,
}


def scaled(scores: NDArray[Any], scale: str, asked: NDArray[Any] | None = None) -> Batch:
    """Put raw scores on a scale; NaN stays NaN, also a whole row of it.

    ``scores`` [B, I] are those of the whole catalogue, of which the statistics are taken; ``asked``
    [B, C] are the scores to put on the scale, all of them where it is None.
    """
    asked = scores if asked is None else asked
    result = np.full(asked.shape, np.nan)
    rows = np.flatnonzero(~np.isnan(scores).all(axis=1))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        wanted, known = asked[block].astype(np.float64), scores[block].astype(np.float64)
        result[block] = SCALES[scale](wanted, known)
    return result
