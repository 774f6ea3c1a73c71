"""Popularity that fades: what members rated well lately, alike for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys.ml.configs import PopularityConfig
from recsys.ml.data.interactions import History, Id, Interactions, Values, Vocabulary
from recsys.ml.folding import aged, known_items
from recsys.ml.scorer import (
    Arrays,
    Explanation,
    Profile,
    Scores,
    Training,
    aligned,
    shaped,
)


@dataclass(frozen=True, eq=False)
class Popularity:
    """Score of an item = Σ signal · 0.5^(age / half-life) over its interactions.

    Age counts from the newest interaction learnt: another "now" would multiply all scores by the same
    number, which no order and no z-score feels. It knows every member, also one without a history.
    """

    family: ClassVar[str] = "popularity"
    config: PopularityConfig
    items: Vocabulary
    popularity: Values

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue: the same row [I] for each."""
        known, taken = aligned(self.items, items)
        row = np.full(len(items), np.nan, np.float32)
        row[known] = self.popularity[taken]
        return np.tile(row, (len(members), 1))

    def fold_in(self, history: History) -> Profile:
        """Nothing of a history counts."""
        return Profile(np.empty(0, np.int32), np.empty(0, np.float32))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """All of a score is its base."""
        index = self.items.places.get(item, -1)
        return Explanation(float(self.popularity[index]), ()) if index >= 0 else None

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"popularity": self.popularity}

    @classmethod
    def restore(cls, config: PopularityConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(config, items, shaped(arrays["popularity"], len(items)))


def fit(
    config: PopularityConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Popularity:
    """Count interactions, each at its age."""
    training.progress("counting", 0, 1)
    items, known = known_items(interactions, catalogue, config.counts, 1)
    weights = aged(known, config.counts, config.half_life_days, interactions.times.max())
    popularity = np.bincount(known.items, weights, len(items)).astype(np.float32)
    training.progress("counting", 1, 1)
    return Popularity(config, items, popularity)
