"""EASE: a linear item-item model in closed form (Steck 2019, arXiv 1905.03375).

Dims: K items, n members whose interactions changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from recsys.ml import folding, memory
from recsys.ml.configs import EaseConfig
from recsys.ml.configs.linear import MOST_ITEMS
from recsys.ml.configs.words import NEVER
from recsys.ml.data.interactions import Interactions, Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, Training, Untrainable, aligned, shaped
from recsys.ml.scorers.personal import Personal

Floats = NDArray[np.float64]

BLOCK = 512
PAIR_BYTES: Final = 12
"""What a fit takes for each pair of items: 8 for the inverse, 4 for the weights."""


@dataclass(frozen=True, eq=False)
class Ease(Personal):
    """Score of item i = Σ_j w_j · B_ji over the history, w by recency; B [K, K] has a zero diagonal.

    ``diagonal`` is diag(P) [K] of the inverse P that B was made of, by which ``updated`` finds P again;
    None where B does not tell P: where late interactions teach more, and in an artifact of before there was one.
    """

    family: ClassVar[str] = "ease"
    weights: Values
    diagonal: Floats | None

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        kept = {"weights": self.weights}
        return kept if self.diagonal is None else {**kept, "diagonal": self.diagonal}

    @classmethod
    def restore(cls, config: EaseConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        size, diagonal = len(items), arrays.get("diagonal")
        weights = shaped(arrays["weights"], size, size)
        return cls(config, items, weights, None if diagonal is None else shaped(diagonal, size))

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return np.asarray(profile.weights @ self.weights[profile.rows], np.float32)

    def shares(self, profile: Profile, index: int) -> Values:
        """w_j · B_ji."""
        return np.asarray(profile.weights * self.weights[profile.rows, index])


def fit(
    config: EaseConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Ease:
    """Invert the regularized Gram matrix in place: B = I − P / diag(P), P = (XᵀX + λI)⁻¹.

    With a half-life B foretells what was liked lately, Y = X ∘ ½^(age / half-life), of all that was liked:
    B = PXᵀY − P·diag(γ), γ such that the diagonal is 0.
    """
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    matrix = folding.member_item(known, config.counts)
    _check_room(len(items))
    gram = _gram(matrix, training)
    gram[np.diag_indices(len(items))] += config.regularization
    with threadpool_limits(training.options.threads):
        _invert(gram, training)
        if config.half_life_days >= NEVER:
            return Ease(config, items, _weights(gram), np.diag(gram).copy())
        weights = _lately(gram, matrix, _fading(known, config), training)
    return Ease(config, items, weights, None)


def _fading(known: Interactions, config: EaseConfig) -> sparse.csr_array[np.float64]:
    """What each member liked, each like by its age [M, K]."""
    weights = folding.aged(known, config.counts, config.half_life_days)
    shape = (len(known.member_ids), len(known.item_ids))
    return sparse.csr_array((weights, (known.members, known.items)), shape)


def _lately(
    inverse: Floats,
    matrix: sparse.csr_array[np.float64],
    lately: sparse.csr_array[np.float64],
    training: Training,
) -> Values:
    """B [K, K] that foretells what was liked lately, a block of columns at a time."""
    size = len(inverse)
    weights = np.empty((size, size), np.float32)
    late, liked = lately.tocsc(), matrix.T.tocsr()
    for start in range(0, size, BLOCK):
        training.progress("learning what is liked lately", start, size)
        columns = np.arange(start, min(start + BLOCK, size))
        own = inverse[:, columns]
        block = inverse @ (liked @ late[:, columns]).toarray()
        shares = block[columns, columns - start] / own[columns, columns - start]
        weights[:, columns] = block - own * shares
    training.progress("learning what is liked lately", size, size)
    np.fill_diagonal(weights, 0)
    return weights


def _check_room(items: int) -> None:
    """Say before anything is taken that it would not fit, and what would."""
    needed, free = PAIR_BYTES * items**2, memory.free()
    facts = {"there": items, "needed": needed, "most": MOST_ITEMS}
    told = f"{items} items take {needed / 1e9:.1f} GB"
    remedy = "raise 'least', or train item_knn, als or dot instead"
    if items > MOST_ITEMS:
        told = f"{told} and are more than {MOST_ITEMS}: {remedy}"
        raise Untrainable(told, reason="too_many_items", is_setting=True, **facts)
    if free is not None and needed > free:
        told = f"{told}, {free / 1e9:.1f} GB are free: {remedy}"
        raise Untrainable(told, reason="no_room_for_items", is_setting=True, free=free, **facts)


def _gram(matrix: sparse.csr_array[np.float64], training: Training) -> Floats:
    """XᵀX [K, K] by blocks of rows, column-major for LAPACK; a sparse product would be larger."""
    size = matrix.shape[1]
    gram = np.empty((size, size), np.float64, order="F")
    transposed = matrix.T.tocsr()
    for start in range(0, size, BLOCK):
        training.progress("counting pairs", start, size)
        gram[:, start : start + BLOCK] = (transposed[start : start + BLOCK] @ matrix).toarray().T
    training.progress("counting pairs", size, size)
    return gram


def _invert(gram: Floats, training: Training) -> None:
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


def _weights(inverse: Floats) -> Values:
    """B of the inverse; B_ji stands in row j, so that a history's rows are contiguous."""
    weights = np.empty(inverse.shape, np.float32)
    np.divide(inverse, -np.diag(inverse)[None, :], out=weights, casting="same_kind")
    np.fill_diagonal(weights, 0)
    return weights


def updated(model: Ease, before: Interactions, after: Interactions) -> Ease:
    """The model that a fit would give once some members did what ``after`` says instead of ``before``.

    Both hold all interactions of these members and of nobody else; who is new has none before. Exact, by
    the identity of Woodbury: P' = P - PVᵀ(S + VPVᵀ)⁻¹VP, the rows of V what each had liked (S = -1) and
    now likes (S = 1); O(nK²) for n members (Jeunen, Van Balen and Goethals 2022, doi
    10.1007/s11257-021-09314-7). Items that the model does not know wait for the next fit. Raises
    ValueError where the model does not keep what this needs: with a half-life, or too old an artifact.
    """
    inverse = _inverse(model)
    likes = [_likes(model, rows) for rows in (before, after)]
    signs = np.repeat([-1.0, 1.0], [rows.shape[0] for rows in likes])
    changed = sparse.csr_array(sparse.vstack(likes))
    spread: Floats = np.asarray(changed @ inverse)
    inner = np.diag(signs) + np.asarray(changed @ spread.T)
    inverse -= spread.T @ np.linalg.solve(inner, spread)
    return Ease(model.config, model.items, _weights(inverse), np.diag(inverse).copy())


def _inverse(model: Ease) -> Floats:
    """P [K, K] of B and its own diagonal: B_ji = -P_ji / P_ii; the halves differ by rounding alone."""
    if model.diagonal is None:
        raise ValueError("this model keeps no diagonal: fit it again once, without a half-life")
    inverse = model.weights * -model.diagonal[None, :]
    np.fill_diagonal(inverse, model.diagonal)
    return np.asarray((inverse + inverse.T) / 2)


def _likes(model: Ease, rows: Interactions) -> sparse.csr_array[np.float64]:
    """What each member with interactions likes of the items that the model knows [n, K]."""
    matrix = folding.member_item(rows.latest(), model.config.counts)
    known, columns = aligned(model.items, rows.item_ids)
    picked = sparse.csr_array(
        (np.ones(len(known)), (known, columns)), (len(rows.item_ids), len(model.items))
    )
    return sparse.csr_array(matrix @ picked)
