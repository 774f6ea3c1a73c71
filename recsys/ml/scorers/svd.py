"""Truncated singular value decomposition of who liked what: latent semantic analysis of items.

PureSVD (Cremonesi, Koren and Turrin 2010) with popular items damped (Nikolakopoulos and others 2019). Dims:
M members, K items, D numbers of an embedding, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from recsys.ml import folding
from recsys.ml.configs import SvdConfig
from recsys.ml.data.interactions import Interactions, Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, Training, shaped
from recsys.ml.scorers.personal import Embedded

EXACT: Final = 400
"""Matrices with a side no longer than this are decomposed whole."""


@dataclass(frozen=True, eq=False)
class Svd(Embedded):
    """Score of item i = v_i · Σ_j w_j v_j over the history, w by recency.

    ``factors`` are V [K, D], the first right singular vectors of the likes, each item's column divided by
    the power ``damping`` of its length. A history is projected, as a document is in text retrieval.
    """

    family: ClassVar[str] = "svd"
    factors: Values

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(self.factors @ self.member(profile), np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j v_j · v_i."""
        return np.asarray(profile.weights * (self.factors[profile.rows] @ self.factors[index]))

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.factors.shape[1])

    def member(self, profile: Profile) -> Values:
        """The vector [D] of one profile."""
        return np.asarray(profile.weights @ self.factors[profile.rows], np.float32)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"factors": self.factors}

    @classmethod
    def restore(cls, config: SvdConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(config, items, shaped(arrays["factors"], len(items), config.factors))


def fit(
    config: SvdConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Svd:
    """Decompose what members liked."""
    training.progress("factorizing", 0, 1)
    items, likes = folding.likes(config, interactions, catalogue)
    factors = factors_of(likes, config, training)
    training.progress("factorizing", 1, 1)
    return Svd(config, items, factors)


class Decomposing(Protocol):
    """The settings of a decomposition (see `configs`)."""

    @property
    def factors(self) -> int: ...
    @property
    def damping(self) -> float: ...


def factors_of(
    likes: sparse.csr_array[np.float64], config: Decomposing, training: Training
) -> Values:
    """Embeddings [K, D] of the items of likes [M, K]; where there are fewer dimensions, the rest are zeros."""
    lengths = np.sqrt(np.asarray(likes.multiply(likes).sum(axis=0)).ravel())
    damped = sparse.csr_array(likes @ sparse.diags_array(lengths**-config.damping))
    with threadpool_limits(training.options.threads):
        found = _right_vectors(damped, config.factors, training.options.seed)
    factors = np.zeros((likes.shape[1], config.factors), np.float32)
    factors[:, : found.shape[1]] = found
    return factors


def _right_vectors(matrix: sparse.csr_array[Any], most: int, seed: int) -> NDArray[np.float64]:
    """The right singular vectors [K, D] of the largest singular values, those of 0 left out."""
    side = min(matrix.shape)
    if side <= max(EXACT, most):
        _, values, vectors = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        start = np.random.default_rng(seed).standard_normal(side)
        _, values, vectors = svds(matrix, k=most, v0=start)
    order = np.argsort(-values, kind="stable")[:most]
    real = order[values[order] > values.max(initial=0.0) * 1e-6]
    return np.asarray(vectors[real].T, np.float64)
