"""Conditional logit: what a choice among candidates says of the weights of their features.

P(candidate) = softmax over a case's candidates of Σ θ·feature (McFadden 1974). Dims: B cases, C candidates of
a case (padded), M features.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

RIDGE: Final = 1e-4
LARGEST: Final = 100.0
Floats = NDArray[np.floating[Any]]


def fit(
    features: Floats,
    mask: Floats,
    target: NDArray[np.integer[Any]],
    *,
    start: Floats | None = None,
    least: float = 0.0,
) -> NDArray[np.float64]:
    """Weights θ [M] from ``least`` to 100 of highest likelihood, with a small ridge.

    ``features`` [B, C, M]; ``mask`` [B, C] is 0 for a candidate, -inf for padding; ``target`` [B] is the
    column that was chosen. Cases whose target is no candidate (-1) say nothing: forcing it in would bias
    the weights. Raises ValueError where no case speaks.
    """
    found = target >= 0
    if not found.any():
        raise ValueError("no target is among its candidates")
    rows, chosen = np.asarray(features[found], np.float64), target[found]
    own = np.take_along_axis(rows, chosen[:, None, None], axis=1)
    size = features.shape[2]
    fitted = minimize(
        partial(loss, lead=rows - own, mask=mask[found]),
        x0=np.ones(size) if start is None else start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(least, LARGEST)] * size,
    )
    return np.asarray(fitted.x, np.float64)


def loss(theta: Floats, lead: Floats, mask: Floats) -> tuple[float, NDArray[np.float64]]:
    """Mean −log P(target) with its slope [M]; ``lead`` [B, C, M] are features less the target's own."""
    logits = lead @ theta + mask
    highest = logits.max(axis=1, keepdims=True)
    odds = np.exp(logits - highest)
    total = odds.sum(axis=1, keepdims=True)
    likelihood = float(np.mean(highest + np.log(total)))
    odds /= total * len(lead)
    slope = odds.ravel() @ lead.reshape(-1, lead.shape[2])
    return likelihood + RIDGE * float(theta @ theta), np.asarray(slope + 2 * RIDGE * theta)
