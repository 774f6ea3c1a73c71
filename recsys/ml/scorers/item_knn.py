"""Nearest items by shrunk cosine (Sarwar et al. 2001; shrinkage as in Bell and Koren 2007)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import ItemKnnConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
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
    matrix = likes.tocsc().astype(np.float32)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    nearest = partial(_nearest, config, matrix, norms)
    blocks = list(_in_blocks(nearest, len(items), training))
    training.progress("comparing items", len(items), len(items))
    return ItemKnn(config, items, Links.of(sparse.vstack(blocks, format="csr").T.tocsr()))


def _in_blocks(
    nearest: Callable[[int], sparse.csr_array[np.float32]], items: int, training: Training
) -> Iterator[sparse.csr_array[np.float32]]:
    """The blocks in their order, one on each thread: to multiply sparse matrices holds no lock of the interpreter."""
    threads = training.options.threads
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, items, BLOCK * threads):
            training.progress("comparing items", start, items)
            yield from pool.map(nearest, range(start, min(start + BLOCK * threads, items), BLOCK))


def _nearest(
    config: ItemKnnConfig,
    matrix: sparse.csc_array[np.float32],
    norms: NDArray[np.float32],
    start: int,
) -> sparse.csr_array[np.float32]:
    """Similarities of the items i in a block to their nearest j [block, K]."""
    near = (matrix[:, start : start + BLOCK].T @ matrix).tocsr()
    block = np.repeat(np.arange(start, start + near.shape[0]), np.diff(near.indptr))
    near.data /= norms[block] * norms[near.indices] + config.shrink
    near.data[block == near.indices] = 0
    for row in np.flatnonzero(np.diff(near.indptr) > config.neighbours):
        _keep(near, int(row), config.neighbours)
    near.data[near.data < 0] = 0
    near.eliminate_zeros()
    return near


def _keep(near: sparse.csr_array[np.float32], row: int, kept: int) -> None:
    """Leave so many entries of a row, the largest, of equal ones those of the first items; the others become 0."""
    values = near.data[near.indptr[row] : near.indptr[row + 1]]
    least = np.partition(values, -kept)[-kept]
    equal = np.flatnonzero(values == least)
    if (more := len(equal) + int((values > least).sum()) - kept) > 0:
        columns = near.indices[near.indptr[row] : near.indptr[row + 1]]
        values[equal[np.argsort(columns[equal])][-more:]] = 0
    values[values < least] = 0
