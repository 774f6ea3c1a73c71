"""A convolution over the words of items: the scoring half, which needs numpy only.

Dims: K items, D numbers of a vector, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys.ml import folding
from recsys.ml.configs import TextcnnConfig
from recsys.ml.data.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import Arrays, Explanation, Profile, shaped
from recsys.ml.scorers.personal import Embedded


@dataclass(frozen=True, eq=False)
class Textcnn(Embedded):
    """Score of item i = b_i + u · t_i, where u = Σ_j w_j h_j / Σ_j |w_j| over the latest history.

    ``target`` t and ``history`` h [K, D] are what a network made of the items' words, h a projection of t;
    ``base`` b [K] is what these words draw whoever is asked. It knows items that nobody has touched yet.
    """

    family: ClassVar[str] = "textcnn"
    history: Values
    target: Values
    base: Values

    def fold_in(self, history: History) -> Profile:
        """Weigh the latest history by recency; weights sum to 1 in size."""
        return folding.latest(self.config, history, self.items, self.config.history)

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(self.base + self.target @ self.member(profile), np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j h_j · t_i / Σ |w|."""
        return np.asarray(profile.weights * (self.history[profile.rows] @ self.target[index]))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """The share of each item of the history; the base is what the item's words draw anyway."""
        told = super().explain(history, item)
        if told is None:
            return None
        return Explanation(float(self.base[self.items.places[item]]), told.contributions)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.config.embedding_size)

    def member(self, profile: Profile) -> Values:
        """The vector [D] of one profile."""
        return np.asarray(profile.weights @ self.history[profile.rows], np.float32)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"history": self.history, "target": self.target, "base": self.base}

    @classmethod
    def restore(cls, config: TextcnnConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        shape = (len(items), config.embedding_size)
        return cls(
            config,
            items,
            shaped(arrays["history"], *shape),
            shaped(arrays["target"], *shape),
            shaped(arrays["base"], len(items)),
        )
