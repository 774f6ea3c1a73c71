"""How sure a mean over members is: bootstrap intervals, and those of the difference between two models.

Dims: n members.
"""

from __future__ import annotations

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


def _means(figures: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Means of members drawn with replacement [draws]."""
    chance = np.random.default_rng(seed)
    n = len(figures)
    draws = min(MOST_DRAWS, max(LEAST_DRAWS, DRAWN // n))
    size = max(1, CELLS // n)
    shapes = [(min(size, draws - start), n) for start in range(0, draws, size)]
    return np.concatenate(
        [figures[chance.integers(n, size=shape)].mean(axis=1) for shape in shapes]
    )
