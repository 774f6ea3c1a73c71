"""EASE: a linear item-item model in closed form (Steck 2019, arXiv 1905.03375)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from recsys.ml import folding
from recsys.ml.configs import EaseConfig
from recsys.ml.interactions import Interactions, Values, Vocabulary
from recsys.ml.personal import Personal
from recsys.ml.scorer import Arrays, Profile, Training, Untrainable, shaped

MOST_ITEMS: Final = 25_000
BLOCK = 512


@dataclass(frozen=True, eq=False)
class Ease(Personal):
    """Score of item i = Σ_j w_j · B_ji over the history, w by recency; B [K, K] has a zero diagonal."""

    family: ClassVar[str] = "ease"
    weights: Values

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"weights": self.weights}

    @classmethod
    def restore(cls, config: EaseConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(config, items, shaped(arrays["weights"], len(items), len(items)))

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(profile.weights @ self.weights[profile.rows], np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j · B_ji."""
        return np.asarray(profile.weights * self.weights[profile.rows, index])


def fit(
    config: EaseConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Ease:
    """Invert the regularized Gram matrix in place: B = I − P / diag(P), P = (XᵀX + λI)⁻¹."""
    items, matrix = folding.likes(config, interactions, catalogue)
    if len(items) > MOST_ITEMS:
        told = f"{len(items)} items are more than {MOST_ITEMS}: raise 'least'"
        raise Untrainable(told, reason="too_many_items", is_setting=True, there=len(items))
    gram = _gram(matrix, training)
    gram[np.diag_indices(len(items))] += config.regularization
    with threadpool_limits(training.options.threads):
        _invert(gram, training)
    return Ease(config, items, _weights(gram))


def _gram(matrix: sparse.csr_array[np.float64], training: Training) -> NDArray[np.float64]:
    """XᵀX [K, K] by blocks of rows, column-major for LAPACK; a sparse product would be larger."""
    size = matrix.shape[1]
    gram = np.empty((size, size), np.float64, order="F")
    transposed = matrix.T.tocsr()
    for start in range(0, size, BLOCK):
        training.progress("counting pairs", start, size)
        gram[:, start : start + BLOCK] = (transposed[start : start + BLOCK] @ matrix).toarray().T
    training.progress("counting pairs", size, size)
    return gram


def _invert(gram: NDArray[np.float64], training: Training) -> None:
    """Replace a positive definite matrix by its inverse, both halves, without a second copy."""
    training.progress("inverting", 0, 2)
    _, factored = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    training.progress("inverting", 1, 2)
    _, inverted = lapack.dpotri(gram, lower=1, overwrite_c=1)
    if factored or inverted:
        told = "the matrix cannot be inverted: raise 'regularization'"
        raise Untrainable(told, reason="no_inverse", is_setting=True)
    training.progress("inverting", 2, 2)
    for start in range(0, len(gram), BLOCK):
        stop = min(start + BLOCK, len(gram))
        gram[start:stop, stop:] = gram[stop:, start:stop].T
        corner = gram[start:stop, start:stop]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T


def _weights(inverse: NDArray[np.float64]) -> Values:
    """B of the inverse; B_ji stands in row j, so that a history's rows are contiguous."""
    weights = np.empty(inverse.shape, np.float32)
    np.divide(inverse, -np.diag(inverse)[None, :], out=weights, casting="same_kind")
    np.fill_diagonal(weights, 0)
    return weights
