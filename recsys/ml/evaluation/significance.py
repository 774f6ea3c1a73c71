"""Whether two models differ by more than chance: a paired test on the same members. Dims: n members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

DRAWS: Final = 10_000
CELLS: Final = 4_000_000
Figures = NDArray[np.floating[Any]]


def sign_flip(figures: Figures, others: Figures, seed: int = 0) -> float:
    """Two-sided p-value of the paired randomization test (Fisher 1935; for rankings Smucker and others 2007).

    Under the hypothesis that the models are alike, each member's difference could as well have the other
    sign: the share of 10,000 such draws whose mean lies at least as far from 0, (1 + those) / (1 + draws).
    Raises ValueError where the two differ in length; members of whom either says nothing (NaN) are left
    out, of nobody it is 1.
    """
    if len(figures) != len(others):
        raise ValueError(f"{len(figures)} and {len(others)} members cannot be paired")
    gains = np.asarray(figures, np.float64) - np.asarray(others, np.float64)
    gains = gains[gains != 0]  # a tie has no sign to turn
    gains = gains[~np.isnan(gains)]
    if not len(gains):
        return 1.0
    far = abs(gains.sum()) * (1 - 1e-12)
    chance = np.random.default_rng(seed)
    size = max(1, CELLS // len(gains))
    reached = 0
    for start in range(0, DRAWS, size):
        signs = chance.integers(0, 2, (min(size, DRAWS - start), len(gains)), np.int8) * 2.0 - 1.0
        reached += int(np.count_nonzero(np.abs(signs @ gains) >= far))
    return (1 + reached) / (1 + DRAWS)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values of several comparisons, adjusted so that one false find among all stays rare (Holm 1979).

    The smallest is multiplied by how many there are, the next by one fewer, …; never falling, at most 1.
    """
    ordered = sorted(p_values, key=lambda name: p_values[name])
    adjusted, least = {}, 0.0
    for rank, name in enumerate(ordered):
        least = max(least, min(1.0, p_values[name] * (len(ordered) - rank)))
        adjusted[name] = least
    return {name: adjusted[name] for name in p_values}
