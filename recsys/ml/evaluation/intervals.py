"""How sure a mean over members is: bootstrap intervals, and those of the difference between two models.

Dims: n members.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

MOST_DRAWS: Final = 1_000
LEAST_DRAWS: Final = 200
DRAWN: Final = 20_000_000
"""How many members all draws may take together: many members need fewer draws."""
LEVEL: Final = 0.95
CELLS: Final = 2_000_000
Figures = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over ``n`` members and the ends of its 95 % interval; zeros of nobody."""

    n: int
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Figures, seed: int = 0) -> Self:
        """Percentile bootstrap of the mean over members (Efron 1979), NaN left out.

        1,000 draws, fewer from 20,000 members on, at least 200; the same figures and seed give the same.
        """
        told = np.asarray(figures, np.float64)
        told = told[~np.isnan(told)]
        if not len(told):
            return cls(0, 0.0, 0.0, 0.0)
        tail = (1.0 - LEVEL) / 2
        low, high = np.quantile(_means(told, seed), [tail, 1.0 - tail]).tolist()
        return cls(len(told), float(told.mean()), low, high)

    @property
    def is_above(self) -> bool:
        """Whether even its lower end lies above zero."""
        return self.low > 0

    @property
    def is_below(self) -> bool:
        """Whether even its upper end lies below zero."""
        return self.high < 0


def difference(figures: Figures, others: Figures, seed: int = 0) -> Interval:
    """The interval of the mean of ``figures`` − ``others``, paired: entry i of both is the same member's.

    Raises ValueError where they differ in length; a member of whom either says nothing (NaN) is left out.
    """
    if len(figures) != len(others):
        raise ValueError(f"{len(figures)} and {len(others)} members cannot be paired")
    return Interval.of(np.asarray(figures, np.float64) - np.asarray(others, np.float64), seed)


def together(figures: Figures, seed: int = 0) -> list[Interval]:
    """The intervals of K models on the same n members, figures [K, n] without NaN.

    Each is what ``Interval.of`` says of its row; the members of a draw are the same for all, and drawn once.
    """
    rows = np.asarray(figures, np.float64)
    if not rows.shape[1]:
        return [Interval.of(row) for row in rows]
    tail = (1.0 - LEVEL) / 2
    means = np.concatenate([times @ rows.T for times in _times_drawn(rows.shape[1], seed)])
    ends = np.quantile(means / rows.shape[1], [tail, 1.0 - tail], axis=0)
    told = zip(rows.mean(axis=1).tolist(), *ends.tolist(), strict=True)
    return [Interval(rows.shape[1], *each) for each in told]


def _times_drawn(n: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each draw takes each member [draws, n], some draws at a time."""
    for drawn in _draws(n, seed):
        places = drawn + n * np.arange(len(drawn))[:, None]
        yield np.bincount(places.ravel(), minlength=drawn.size).reshape(-1, n).astype(np.float64)


def _means(figures: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Means of members drawn with replacement [draws]."""
    return np.concatenate([figures[drawn].mean(axis=1) for drawn in _draws(len(figures), seed)])


def _draws(n: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Members drawn with replacement [draws, n], some draws at a time."""
    chance = np.random.default_rng(seed)
    draws = min(MOST_DRAWS, max(LEAST_DRAWS, DRAWN // n))
    size = max(1, CELLS // n)
    for start in range(0, draws, size):
        yield chance.integers(n, size=(min(size, draws - start), n))
