"""Nearest items by shrunk cosine (Sarwar et al. 2001; shrinkage as in Bell and Koren 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import ItemKnnConfig
from recsys.ml.data.interactions import Indexes, Interactions, Values, Vocabulary
from recsys.ml.scorer import Arrays, Profile, Training
from recsys.ml.scorers.links import Links
from recsys.ml.scorers.personal import Personal

BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class ItemKnn(Personal):
    """Score of item i = Σ_j w_j · sim(j, i) over the history, w by recency.

    sim(j, i) = x_j·x_i / (‖x_j‖ ‖x_i‖ + shrink), kept for the nearest j of each i. Row j of ``similar``
    holds the i that j speaks for.
    """

    family: ClassVar[str] = "item_knn"
    similar: Links

    def row(self, profile: Profile) -> NDArray[np.float64]:
        """Scores [K] of one profile."""
        return self.similar.summed(profile.rows, profile.weights, len(self.items))

    def shares(self, profile: Profile, index: int) -> NDArray[np.float64]:
        """w_j · sim(j, i)."""
        return profile.weights * self.similar.column(profile.rows, index)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {
            "starts": self.similar.starts,
            "columns": self.similar.columns,
            "similarities": self.similar.values,
        }

    @classmethod
    def restore(cls, config: ItemKnnConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        kept = (arrays["starts"], arrays["columns"], arrays["similarities"])
        return cls(config, items, Links.restore(*kept, len(items)))


def fit(
    config: ItemKnnConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> ItemKnn:
    """Compare all pairs of items that share a member, a block of items at a time."""
    items, likes = folding.likes(config, interactions, catalogue)
    matrix = likes.tocsc()
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    blocks = []
    for start in range(0, len(items), BLOCK):
        training.progress("comparing items", start, len(items))
        blocks.append(_nearest(matrix, norms, start, config))
    training.progress("comparing items", len(items), len(items))
    rows, columns, similarities = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    square = (len(items), len(items))
    return ItemKnn(
        config, items, Links.of(sparse.csr_array((similarities, (rows, columns)), square))
    )


def _nearest(
    matrix: sparse.csc_array[np.float64],
    norms: NDArray[np.float64],
    start: int,
    config: ItemKnnConfig,
) -> tuple[Indexes, Indexes, Values]:
    """Nearest j of each item i in a block: (j, i, sim)."""
    stop = min(start + BLOCK, len(norms))
    dots = (matrix[:, start:stop].T @ matrix).toarray()
    similarity = dots / (norms[start:stop, None] * norms[None, :] + config.shrink)
    similarity[np.arange(stop - start), np.arange(start, stop)] = 0
    kept = min(config.neighbours, len(norms) - 1)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :kept]
    values = np.take_along_axis(similarity, nearest, axis=1)
    targets = np.repeat(np.arange(start, stop, dtype=np.int32), kept)
    real = values.ravel() > 0
    return (
        nearest.ravel()[real].astype(np.int32),
        targets[real],
        values.ravel()[real].astype(np.float32),
    )
