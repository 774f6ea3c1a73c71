"""Dot product of two embeddings: the scoring half, which needs numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys.ml import folding
from recsys.ml.configs import DotConfig
from recsys.ml.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import Arrays, Explanation, Profile, Scores, explained, scores_over


@dataclass(frozen=True, eq=False)
class Dot:
    """Score of item i = u · t_i, where u = Σ_j w_j h_j / Σ_j |w_j| over the latest history.

    ``history`` h and ``target`` t are the two embeddings [K, D]. A member has no vector of its own,
    so folding in is exact: it is what the training did.
    """

    family: ClassVar[str] = "dot"
    config: DotConfig
    items: Vocabulary
    history: Values
    target: Values

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue [B, I]."""
        return scores_over(self, members, items, self._row)

    def fold_in(self, history: History) -> Profile:
        """Weigh the latest history by recency; weights sum to 1 in size."""
        config = self.config
        weights = folding.recency(history.values, config.counts, config.decay, config.dislike)
        weights[: max(0, len(weights) - config.history)] = 0
        profile = folding.fold_in(history, self.items, weights)
        return Profile(profile.rows, profile.weights / max(np.abs(profile.weights).sum(), 1e-9))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """Share of each item of the history: w_j h_j · t_i / Σ |w|."""
        return explained(self, history, item, self._shares)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"history": self.history, "target": self.target}

    @classmethod
    def restore(cls, config: DotConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(config, items, arrays["history"], arrays["target"])

    def _row(self, profile: Profile) -> Values:
        member = profile.weights @ self.history[profile.rows]
        return np.asarray(self.target @ member, np.float32)

    def _shares(self, profile: Profile, index: int) -> Values:
        return np.asarray(profile.weights * (self.history[profile.rows] @ self.target[index]))
