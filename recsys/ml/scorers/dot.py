"""Dot product of two embeddings: the scoring half, which needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys.ml import folding
from recsys.ml.configs import DotConfig
from recsys.ml.data.interactions import History, Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, shaped
from recsys.ml.scorers.personal import Embedded


@dataclass(frozen=True, eq=False)
class Dot(Embedded):
    """Score of item i = u · t_i, where u = Σ_j w_j h_j / Σ_j |w_j| over the latest history.

    ``history`` h and ``target`` t are the two embeddings [K, D]. A member has no vector of its own,
    so folding in is exact: it is what the training did.
    """

    family: ClassVar[str] = "dot"
    history: Values
    target: Values

    def fold_in(self, history: History) -> Profile:
        """Weigh the latest history by recency; weights sum to 1 in size."""
        return folding.latest(self.config, history, self.items, self.config.history)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"history": self.history, "target": self.target}

    @classmethod
    def restore(cls, config: DotConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        shape = (len(items), config.embedding_size)
        return cls(
            config, items, shaped(arrays["history"], *shape), shaped(arrays["target"], *shape)
        )

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(self.target @ self.member(profile), np.float32)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.config.embedding_size)

    def member(self, profile: Profile) -> Values:
        """The vector [D] of one profile."""
        return np.asarray(profile.weights @ self.history[profile.rows], np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j h_j · t_i / Σ |w|."""
        return np.asarray(profile.weights * (self.history[profile.rows] @ self.target[index]))
