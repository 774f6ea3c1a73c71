"""Regression of ratings on biases and embeddings (Koren, Bell and Volinsky 2009): the scoring half.

Dims: K items, D numbers of an embedding, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.configs import RatingConfig
from recsys.ml.data.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import Arrays, Explanation, Profile, shaped
from recsys.ml.scorers.personal import Personal

STARS: Final = "stars"
Floats = NDArray[np.float64]


def rating(predicts: str, values: Values, stars: Values) -> Values:
    """What is predicted, of rewards and stars [N]: the stars, NaN where none were given, or the reward."""
    return stars if predicts == STARS else values


@dataclass(frozen=True, eq=False)
class Rating(Personal):
    """Score of item i = μ + b_i + z_i · x, z_i = (1, q_i): the rating to expect, in the data's own scale.

    x = (Λ + Σ_j w_j z_j z_jᵀ)⁻¹ Σ_j w_j z_j (r_j - μ - b_j) are the bias and the taste of whoever has this
    history, w by recency: the step of the training for a member, at weights of 1. What was not liked
    weighs ``dislike``. ``mean`` μ [1], ``biases`` b [K], ``factors`` q [K, D].
    """

    family: ClassVar[str] = "rating"
    mean: Floats
    biases: Values
    factors: Values

    def actual(self, values: Values, stars: Values) -> Values:
        """What it predicts [N]; NaN where nothing of the kind was told."""
        return rating(self.config.predicts, values, stars)

    def fold_in(self, history: History) -> Profile:
        """Keep the rated items that the model knows, weighed by recency."""
        liked = np.where(history.values > 0, np.float32(1), np.float32(self.config.dislike))
        told = self.actual(history.values, history.stars)
        weights = np.where(np.isnan(told), 0, liked * folding.fresh(self.config, history))
        rows = self.items.indexes(history.items)
        kept = (rows >= 0) & (weights > 0)
        return Profile(rows[kept], weights[kept].astype(np.float32), told[kept])

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        about, system = self._system(profile)
        member = np.linalg.solve(system, (profile.weights * self._surprise(profile)) @ about)
        expected = self.mean + self.biases + member[0] + self.factors @ member[1:]
        return np.asarray(expected, np.float32)

    def shares(self, profile: Profile, index: int) -> Floats:
        """What each rating adds: w_j (r_j - μ - b_j) z_jᵀ A⁻¹ z_i."""
        about, system = self._system(profile)
        asked = np.linalg.solve(system, np.concatenate([[1.0], self.factors[index]]))
        return np.asarray(profile.weights * self._surprise(profile) * (about @ asked))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """How each rating moves what to expect from μ + b_i, which anybody would be told."""
        told = super().explain(history, item)
        if told is None:
            return None
        base = float(self.mean[0] + self.biases[self.items.places[item]])
        return Explanation(base, told.contributions)

    def _system(self, profile: Profile) -> tuple[Floats, Floats]:
        """z of the profile [n, 1 + D], and A = Λ + Σ_j w_j z_j z_jᵀ."""
        factors = self.factors[profile.rows].astype(np.float64)
        about = np.hstack([np.ones((len(factors), 1)), factors])
        return about, np.diag(penalties(self.config)) + (about.T * profile.weights) @ about

    def _surprise(self, profile: Profile) -> Floats:
        """How much better than its items' means a profile rated them [n]."""
        if profile.stars is None:
            raise ValueError("a profile without ratings")
        return np.asarray(profile.stars - self.mean[0] - self.biases[profile.rows], np.float64)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"mean": self.mean, "biases": self.biases, "factors": self.factors}

    @classmethod
    def restore(cls, config: RatingConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(
            config,
            items,
            shaped(arrays["mean"], 1),
            shaped(arrays["biases"], len(items)),
            shaped(arrays["factors"], len(items), config.factors),
        )


def penalties(config: RatingConfig) -> Floats:
    """diag(Λ) [1 + D]: what keeps the bias and the embedding small."""
    return np.array([config.bias_regularization] + [config.regularization] * config.factors)
