"""Nearest items by shrunk cosine (Sarwar et al. 2001; shrinkage as in Bell and Koren 2007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import ItemKnnConfig
from recsys.ml.interactions import History, Id, Indexes, Interactions, Values, Vocabulary
from recsys.ml.scorer import (
    Arrays,
    Explanation,
    Profile,
    Scores,
    Training,
    explained,
    scores_over,
)

BLOCK = 1_024


@dataclass(frozen=True, eq=False)
class ItemKnn:
    """Score of item i = Σ_j w_j · sim(j, i) over the history, w by recency.

    sim(j, i) = x_j·x_i / (‖x_j‖ ‖x_i‖ + shrink), kept for the nearest j of each i. Row j of the CSR
    (``starts`` [K + 1], ``columns``, ``similarities``) holds the i that j speaks for.
    """

    family: ClassVar[str] = "item_knn"
    config: ItemKnnConfig
    items: Vocabulary
    starts: NDArray[np.int64]
    columns: Indexes
    similarities: Values

    def score(self, members: Sequence[History], items: Vocabulary) -> Scores:
        """Score histories over a catalogue [B, I]."""
        return scores_over(self, members, items, self._row)

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency."""
        config = self.config
        weights = folding.recency(history.values, config.counts, config.decay, config.dislike)
        return folding.fold_in(history, self.items, weights)

    def explain(self, history: History, item: Id) -> Explanation | None:
        """Share of each item of the history: w_j · sim(j, i)."""
        return explained(self, history, item, self._shares)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {
            "starts": self.starts,
            "columns": self.columns,
            "similarities": self.similarities,
        }

    @classmethod
    def restore(cls, config: ItemKnnConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        return cls(config, items, arrays["starts"], arrays["columns"], arrays["similarities"])

    def _row(self, profile: Profile) -> NDArray[np.float64]:
        scores = np.zeros(len(self.items))
        for row, weight in zip(profile.rows.tolist(), profile.weights.tolist(), strict=True):
            among = slice(self.starts[row], self.starts[row + 1])
            scores[self.columns[among]] += weight * self.similarities[among]
        return scores

    def _shares(self, profile: Profile, index: int) -> NDArray[np.float64]:
        shares = np.zeros(len(profile.rows))
        for at, row in enumerate(profile.rows.tolist()):
            among = slice(self.starts[row], self.starts[row + 1])
            found = self.similarities[among][self.columns[among] == index]
            shares[at] = profile.weights[at] * found.sum()
        return shares


def fit(
    config: ItemKnnConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> ItemKnn:
    """Compare all pairs of items that share a member, a block of items at a time."""
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    matrix = folding.member_item(known, config.counts).tocsc()
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    blocks = []
    for start in range(0, len(items), BLOCK):
        training.progress("comparing items", start, len(items))
        blocks.append(_nearest(matrix, norms, start, config))
    training.progress("comparing items", len(items), len(items))
    rows, columns, similarities = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    order = np.lexsort((columns, rows))
    starts = np.searchsorted(rows[order], np.arange(len(items) + 1)).astype(np.int64)
    return ItemKnn(config, items, starts, columns[order], similarities[order])


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
