"""What another policy would have earned, from what this one logged: SNIPS with clipped weights.

Dims: n logged placements, g members. A placement's weight is target chance / logged chance, slot by slot (the
item-position model of Li and others 2018, so slots count as independent of each other); the estimate is
Σ w r / Σ w (Swaminathan and Joachims 2015), its interval a bootstrap over members.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST_WEIGHT: Final = 20.0
"""Greater weights are cut to this: a little bias against a great deal of variance (Ionides 2008)."""
LEAST_SIZE: Final = 200.0
LEAST_SHARE: Final = 0.01
LEAST_MEMBERS: Final = 20
DRAWS: Final = 1_000
LEVEL: Final = 0.95
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Value:
    """An estimate of the mean reward with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gain:
    """What a target policy earns per placement beside a present one, both estimated from the same log.

    ``size`` is the effective sample size of the target's weights, (Σw)² / Σw²; ``clipped`` how many were cut.
    """

    n: int
    members: int
    size: float
    clipped: int
    present: Value
    target: Value
    difference: Value

    @property
    def is_thin(self) -> bool:
        """Whether the log holds too little of what the target does for the figures to mean anything."""
        too_few = self.size < LEAST_SIZE or self.size < LEAST_SHARE * self.n
        return too_few or self.members < LEAST_MEMBERS


def weights(target: Floats, logged: Floats) -> NDArray[np.float64]:
    """Clipped importance weights [n]. Raises ValueError where a logged chance is not above 0 and at most 1."""
    known = np.asarray(logged, np.float64)
    if not ((known > 0) & (known <= 1)).all():
        raise ValueError("a logged chance is not between 0 and 1")
    return np.minimum(np.asarray(target, np.float64) / known, MOST_WEIGHT)


def gain(
    rewards: Floats,
    logged: Floats,
    present: Floats,
    target: Floats,
    members: NDArray[np.integer[Any]],
    *,
    seed: int = 0,
) -> Gain:
    """The gain of ``target`` over ``present``, chances [n] of what was logged with chances ``logged`` [n].

    ``members`` [n] numbers who was shown each placement: a member's placements are drawn together. Raises
    ValueError as `weights` does.
    """
    told = np.asarray(rewards, np.float64)
    now, then = weights(present, logged), weights(target, logged)
    _, who = np.unique(members, return_inverse=True)
    parts = [np.bincount(who, each) for each in (now * told, now, then * told, then)]
    sums = np.stack(parts).astype(np.float64)
    found = _ratios(sums.sum(axis=1, keepdims=True))[:, 0] if len(told) else np.zeros(3)
    low, high = _interval(sums, seed) if len(told) else (found, found)
    values = [Value(*map(float, each)) for each in zip(found, low, high, strict=True)]
    total, squares = float(then.sum()), float((then**2).sum())
    cut = int(np.count_nonzero(np.asarray(target) > MOST_WEIGHT * np.asarray(logged)))
    size = total * total / squares if squares else 0.0
    return Gain(len(told), sums.shape[1], size, cut, *values)


def _ratios(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums [4, k] to the present mean, the target mean and their difference [3, k]; a mean of nothing is 0."""
    now, then = (
        np.divide(sums[at], sums[at + 1], out=np.zeros(sums.shape[1]), where=sums[at + 1] > 0)
        for at in (0, 2)
    )
    return np.stack([now, then, then - now])


def _interval(
    sums: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The percentile interval of each ratio over draws of members with replacement."""
    g = sums.shape[1]
    chance = np.random.default_rng(seed)
    times = chance.multinomial(g, np.full(g, 1 / g), DRAWS).T.astype(np.float64)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(_ratios(sums @ times), [tail, 1 - tail], axis=1)
    return low, high
