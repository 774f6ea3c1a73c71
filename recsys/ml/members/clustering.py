"""k-means over members' numbers, with k by the simplified silhouette.

Dims: M members, F numbers of each, K clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]

STARTS: Final = 4
MOST_STEPS: Final = 100
LEAST_SHARE: Final = 0.02
"""A number of clusters is not considered where one would hold less of the members than this."""


class Unclusterable(ValueError):
    """These members fall into no clusters; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """How blocks of numbers become points: centred, scaled to one deviation, each block of one weight.

    ``mean`` and ``scale`` [F]; a missing number (NaN) becomes the mean.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, blocks: tuple[Floats, ...]) -> Scaling:
        """Learn from blocks [M, F_b]; a number that is the same for all members weighs nothing."""
        means, scales = [], []
        for block in blocks:
            filled = np.where(np.isfinite(block), block, np.nan)
            known = np.isfinite(filled).any(axis=0)
            mean = np.zeros(block.shape[1])
            spread = np.zeros(block.shape[1])
            mean[known] = np.nanmean(filled[:, known], axis=0)
            spread[known] = np.nanstd(filled[:, known], axis=0)
            varies = spread > 1e-9
            scale = np.zeros(block.shape[1])
            scale[varies] = 1 / (spread[varies] * np.sqrt(max(varies.sum(), 1)))
            means.append(mean)
            scales.append(scale)
        return cls(np.concatenate(means), np.concatenate(scales))

    def points(self, numbers: Floats) -> Floats:
        """Numbers [M, F] as points [M, F]."""
        filled = np.where(np.isfinite(numbers), numbers, self.mean)
        return np.asarray((filled - self.mean) * self.scale)

    def as_json(self) -> dict[str, Any]:
        """The scaling as JSON data."""
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Scaling:
        """The scaling that `as_json` wrote."""
        return cls(np.array(data["mean"], np.float64), np.array(data["scale"], np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Centres [K, F], largest cluster first; the silhouette of each number of clusters considered."""

    centres: Floats
    labels: Labels
    silhouettes: Mapping[int, float]


def cluster(points: Floats, most: int, seed: int) -> Clusters:
    """Cluster points [M, F] into 2 to ``most`` clusters, deterministically.

    Of the numbers whose clusters are all large enough, the one with the greatest mean simplified
    silhouette (Hruschka, de Castro and Campello 2004), the smaller of two alike. Raises Unclusterable.
    """
    if len(np.unique(points.round(9), axis=0)) < 2:
        raise Unclusterable("all members are alike in what is known of them")
    found = {k: kmeans(points, k, seed) for k in range(2, min(most, len(points)) + 1)}
    scores = {
        k: silhouette(points, centres)
        for k, centres in found.items()
        if _smallest(points, centres) >= LEAST_SHARE * len(points)
    }
    if not scores:
        raise Unclusterable("every way to part the members leaves clusters of hardly anybody")
    best = max(scores, key=lambda k: (round(scores[k], 9), -k))
    centres = _ordered(points, found[best])
    return Clusters(centres, nearest(points, centres), scores)


def kmeans(points: Floats, k: int, seed: int) -> Floats:
    """Centres [K, F] of the best of a few starts by k-means++ (Arthur and Vassilvitskii 2007)."""
    tried = [_descend(points, _start(points, k, [seed, k, at])) for at in range(STARTS)]
    return min(tried, key=lambda one: one[0])[1]


def nearest(points: Floats, centres: Floats) -> Labels:
    """The nearest centre of each point [M], the first of those equally near."""
    return np.asarray(distances(points, centres).argmin(axis=1))


def distances(points: Floats, centres: Floats) -> Floats:
    """Squared distances [M, K]."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0.0))


def silhouette(points: Floats, centres: Floats) -> float:
    """Mean of (b - a) / max(a, b): a is the distance to the own centre, b to the next nearest."""
    apart = np.sort(np.sqrt(distances(points, centres)), axis=1)
    own, other = apart[:, 0], apart[:, 1]
    return float(np.mean((other - own) / np.maximum(other, 1e-12)))


def _start(points: Floats, k: int, seed: list[int]) -> Floats:
    chance = np.random.default_rng(seed)
    centres = points[chance.integers(len(points))][None]
    while len(centres) < k:
        away = distances(points, centres).min(axis=1)
        weights = away / away.sum() if away.sum() > 0 else np.full(len(points), 1 / len(points))
        chosen = points[chance.choice(len(points), p=weights)]
        centres = np.vstack([centres, chosen[None]])
    return np.asarray(centres, np.float64)


def _descend(points: Floats, centres: Floats) -> tuple[float, Floats]:
    """Lloyd's steps until nobody moves: the sum of squares, and the centres."""
    labels = nearest(points, centres)
    for _step in range(MOST_STEPS):
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, points)
        sizes = np.bincount(labels, minlength=len(centres))[:, None]
        # A centre that lost everybody stays where it is.
        centres = np.where(sizes > 0, sums / np.maximum(sizes, 1), centres)
        moved = nearest(points, centres)
        if (moved == labels).all():
            break
        labels = moved
    return float(distances(points, centres).min(axis=1).sum()), centres


def _smallest(points: Floats, centres: Floats) -> int:
    return int(np.bincount(nearest(points, centres), minlength=len(centres)).min())


def _ordered(points: Floats, centres: Floats) -> Floats:
    """The centres by size, the largest first; those alike by their numbers."""
    sizes = np.bincount(nearest(points, centres), minlength=len(centres))
    keys = [(-size, *centre.round(9)) for size, centre in zip(sizes.tolist(), centres, strict=True)]
    return np.asarray(centres[sorted(range(len(centres)), key=lambda at: keys[at])])
