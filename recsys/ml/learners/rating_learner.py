"""Fitting ratings by alternating least squares: members given items, then items given members.

Dims: N ratings, M members, K items, D numbers of an embedding, R rows to solve for, F = 1 + D.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recsys.ml import folding
from recsys.ml.configs import RatingConfig
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers.rating import STARS, Rating, penalties, rating

SPREAD: Final = 0.1
BLOCK: Final = 4_000_000
"""Numbers of outer products that a step holds at once."""
STAGE: Final = "training"
Floats = NDArray[np.float64]


def fit(
    config: RatingConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Rating:
    """Alternate until all iterations are done, telling the error of each (RMSE on what is learnt)."""
    training.progress(STAGE, 0, config.iterations)
    items, known = _rated(config, interactions, catalogue)
    told = rating(config.predicts, known.values, known.stars).astype(np.float64)
    mean = float(told.mean())
    sides = Side.of(known.members, len(known.member_ids)), Side.of(known.items, len(items))
    learnt = _begin(len(items), config, training.options.seed)
    with threadpool_limits(training.options.threads):
        for done in range(config.iterations):
            training.progress(STAGE, done, config.iterations)
            learnt, error = _step(learnt, told - mean, known, sides, config)
            metrics = {"epoch": done + 1.0, "loss": error}
            training.progress(STAGE, done + 1, config.iterations, metrics)
    biases, factors = learnt[:, 0].astype(np.float32), learnt[:, 1:].astype(np.float32)
    return Rating(config, items, np.array([mean]), biases, np.ascontiguousarray(factors))


def _rated(
    config: RatingConfig, interactions: Interactions, catalogue: Vocabulary
) -> tuple[Vocabulary, Interactions]:
    """The items that the model can know, and what was told of them; raises Untrainable."""
    if config.predicts != STARS:
        return folding.known_items(interactions, catalogue, folding.REWARD, config.least)
    latest = interactions.latest()
    starred = latest.where(~np.isnan(latest.stars))
    if len(latest) and not len(starred):
        told = "nobody has given stars: set 'predicts' to reward"
        raise Untrainable(told, reason="no_stars", is_setting=True)
    return folding.known_items(starred, catalogue, folding.EVENT, config.least)


def _begin(items: int, config: RatingConfig, seed: int) -> Floats:
    """Biases of 0 and small random embeddings [K, F]."""
    learnt = SPREAD * np.random.default_rng(seed).standard_normal((items, 1 + config.factors))
    learnt[:, 0] = 0
    return learnt


def _step(
    items: Floats,
    told: Floats,
    known: Interactions,
    sides: tuple[Side, Side],
    config: RatingConfig,
) -> tuple[Floats, float]:
    """Solve for members [M, F], then for items [K, F]; the error after it."""
    members = sides[0].solved(items, known.items, told, config)
    items = sides[1].solved(members, known.members, told, config)
    by_member, by_item = members[known.members], items[known.items]
    product = (by_member[:, 1:] * by_item[:, 1:]).sum(axis=1)
    errors = told - by_member[:, 0] - by_item[:, 0] - product
    return items, float(np.sqrt(np.mean(errors**2)))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The ratings in the order of those to solve for: row r has ``order[starts[r]:starts[r + 1]]``."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, places: NDArray[np.int32], rows: int) -> Self:
        """Order ratings by the place [N] of their row."""
        order = np.argsort(places, kind="stable")
        return cls(order, np.searchsorted(places[order], np.arange(rows + 1)))

    def solved(
        self, others: Floats, met: NDArray[np.int32], told: Floats, config: RatingConfig
    ) -> Floats:
        """Ridge regressions of what was told [N] on the others [*, F] that each row met; 0 of none [R, F]."""
        rows, width = len(self.starts) - 1, others.shape[1]
        found = np.zeros((rows, width))
        blocks = np.unique(self.starts[:-1] // max(1, BLOCK // width**2), return_index=True)[1]
        for first, last in zip(blocks, [*blocks[1:], rows], strict=True):
            found[first:last] = self._block(slice(first, last), others, met, told, config)
        return found

    def _block(
        self,
        rows: slice,
        others: Floats,
        met: NDArray[np.int32],
        told: Floats,
        config: RatingConfig,
    ) -> Floats:
        starts = self.starts[rows.start : rows.stop + 1]
        mine = self.order[starts[0] : starts[-1]]
        by_other = others[met[mine]]
        about = np.hstack([np.ones((len(mine), 1)), by_other[:, 1:]])
        left = told[mine] - by_other[:, 0]
        systems = _sums(about[:, :, None] * about[:, None, :], starts - starts[0])
        systems += np.diag(penalties(config))
        sums = _sums(about * left[:, None], starts - starts[0])
        return np.asarray(np.linalg.solve(systems, sums[:, :, None])[:, :, 0], np.float64)


def _sums(parts: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums of parts[starts[r]:starts[r + 1]] for each r, 0 of none."""
    totals = np.zeros((len(starts) - 1, *parts.shape[1:]))
    some = np.flatnonzero(np.diff(starts))
    if len(some):
        totals[some] = np.add.reduceat(parts, starts[some], axis=0)
    return totals
