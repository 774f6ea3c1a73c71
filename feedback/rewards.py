"""What feedback is worth to learning: a versioned table that experts edit, and one way to read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from feedback.models import Kind

VERSION: Final = 1
"""Grows with every change of the tables below, and stands in each snapshot."""

STARS: Final = ((4.0, 1.0), (3.0, 0.5))
"""The reward of a rating: that of the first bound which its stars reach, else 0."""

REWARDS: Final = {
    Kind.LIKE: 1.0,
    Kind.FAVOURITE: 1.0,
    Kind.SHARE: 1.0,
    Kind.PURCHASE: 1.0,
    Kind.CLICK: 0.7,
    Kind.VIEW: 0.6,
    Kind.DISLIKE: 0.0,
    Kind.NOT_INTERESTED: 0.0,
}
"""The reward of what is not a rating."""

UNKNOWN: Final = 0.5
"""The reward of an item on which a member gave no feedback."""


def rewards_of(kinds: Sequence[int], stars: Sequence[float | None]) -> NDArray[np.float64]:
    """The reward of each interaction, float64[n] in 0..1, from kinds[n] and stars[n] (ratings only)."""
    kind = np.asarray(kinds, dtype=np.int64)
    value = np.asarray(stars, dtype=np.float64)
    table = np.full(max(Kind) + 1, UNKNOWN)
    for each, reward in REWARDS.items():
        table[each] = reward
    of_stars = np.select([value >= bound for bound, _ in STARS], [worth for _, worth in STARS], 0.0)
    return np.where(kind == Kind.RATING, of_stars, table[kind])
