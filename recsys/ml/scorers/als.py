"""Weighted matrix factorization (Hu, Koren and Volinsky 2008): the scoring half, which needs numpy only.

Dims: K items, D numbers of an embedding, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml.configs import AlsConfig
from recsys.ml.data.interactions import Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, shaped
from recsys.ml.scorers.personal import Embedded

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Als(Embedded):
    """Score of item i = y_i · x, where x is what a training would give this history.

    x = (YᵀY + λI + Σ_j |w_j| α y_j y_jᵀ)⁻¹ Σ_j (w_j)₊ (1 + α) y_j with w by recency: at weight 1 the step of
    the training itself, at 0 as if it had not happened. A dislike draws its own score to 0, and with it
    those of items that are alike. ``factors`` are Y [K, D], ``gram`` is YᵀY + λI [D, D].
    """

    family: ClassVar[str] = "als"
    factors: Values
    gram: Floats

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return self.factors @ self.member(profile)

    def shares(self, profile: Profile, index: int) -> Floats:
        """What each item adds: (w_j)₊ (1 + α) y_jᵀ A⁻¹ y_i."""
        about = self.factors[profile.rows].astype(np.float64)
        asked = np.linalg.solve(self._system(profile, about), self.factors[index].astype(float))
        return self._likes(profile) * (about @ asked)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.config.factors)

    def member(self, profile: Profile) -> Values:
        """The vector [D] of one profile."""
        about = self.factors[profile.rows].astype(np.float64)
        member = np.linalg.solve(self._system(profile, about), self._likes(profile) @ about)
        return np.asarray(member, np.float32)

    def _system(self, profile: Profile, about: Floats) -> Floats:
        """A = YᵀY + λI + Σ_j |w_j| α y_j y_jᵀ [D, D]."""
        weights = np.abs(profile.weights) * self.config.alpha
        return np.asarray(self.gram + (about.T * weights) @ about)

    def _likes(self, profile: Profile) -> Floats:
        liked = np.maximum(profile.weights, 0.0).astype(np.float64)
        return np.asarray(liked * (1.0 + self.config.alpha))

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"factors": self.factors, "gram": self.gram}

    @classmethod
    def restore(cls, config: AlsConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        size = config.factors
        return cls(
            config,
            items,
            shaped(arrays["factors"], len(items), size),
            shaped(arrays["gram"], size, size),
        )


def scorer(config: AlsConfig, items: Vocabulary, factors: Values) -> Als:
    """The scorer of learnt item factors."""
    exact = factors.astype(np.float64)
    gram = exact.T @ exact + config.regularization * np.eye(factors.shape[1])
    return Als(config, items, np.ascontiguousarray(factors, np.float32), gram)
