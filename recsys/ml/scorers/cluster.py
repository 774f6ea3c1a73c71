"""Clusters of members: what is popular lately among those of the same taste (Ungar and Foster 1998).

Dims: M members, K items, C clusters, D numbers of an embedding, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import ClusterConfig
from recsys.ml.data.interactions import Interactions, Values, Vocabulary
from recsys.ml.members import clustering
from recsys.ml.scorer import Arrays, Profile, Training, shaped
from recsys.ml.scorers import svd
from recsys.ml.scorers.personal import Personal

MOST_POINTS: Final = 20_000
"""So many members, evenly taken, are enough to find centres; all of them fill the clusters."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cluster(Personal):
    """Score of item i = Σ_c m_c p_ci over the nearest clusters c.

    m_c ∝ u · (e_c - e_next): how much nearer the history u = Σ_j w_j v_j is to the centre e_c than to the
    first one that does not count, so that of two or more none comes or goes at a jump; the m_c sum to 1.
    p_ci is item i's share of what cluster c likes lately. ``factors`` are v [K, D], ``centres`` e [C, D] of
    length 1, ``popular`` p [C, K].
    """

    family: ClassVar[str] = "cluster"
    factors: Values
    centres: Values
    popular: Values

    def row(self, profile: Profile) -> Floats:
        """Scores [K] of one profile."""
        near, beside = self._near(profile)
        return np.asarray((profile.weights @ beside) @ self.popular[near].astype(np.float64))

    def shares(self, profile: Profile, index: int) -> Floats:
        """What each item of the profile adds: w_j Σ_c v_j · (e_c - e_next) p_ci, scaled as the m_c are."""
        near, beside = self._near(profile)
        spoken = beside @ self.popular[near, index].astype(np.float64)
        return np.asarray(profile.weights * spoken)

    def _near(self, profile: Profile) -> tuple[NDArray[np.intp], Floats]:
        """The nearest clusters [N], and what a weight of 1 for each item adds to their m_c [n, N]."""
        about = self.factors[profile.rows].astype(np.float64)
        beside = about @ self.centres.T.astype(np.float64)
        order = np.argsort(-(profile.weights @ beside), kind="stable")
        near, rest = np.split(order, [self.config.nearest])
        if len(rest):
            beside = beside - beside[:, rest[:1]]
        total = float((profile.weights @ beside[:, near]).sum())
        return near, beside[:, near] / max(abs(total), 1e-12)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {"factors": self.factors, "centres": self.centres, "popular": self.popular}

    @classmethod
    def restore(cls, config: ClusterConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        centres, popular = arrays["centres"], arrays["popular"]
        factors = shaped(arrays["factors"], len(items), config.factors)
        shaped(centres, len(centres), config.factors)
        return cls(config, items, factors, centres, shaped(popular, len(centres), len(items)))


def fit(
    config: ClusterConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Cluster:
    """Put members into clusters by what they liked lately, and count what each cluster likes lately."""
    training.progress("factorizing", 0, 3)
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    factors = svd.factors_of(folding.member_item(known, config.counts), config, training)
    training.progress("putting members together", 1, 3)
    points = _points(known, factors, config)
    centres = _centres(points, config.clusters, training.options.seed)
    training.progress("counting", 2, 3)
    popular = _popular(known, clustering.nearest(points, centres), len(centres), config)
    training.progress("counting", 3, 3)
    return Cluster(config, items, factors, centres.astype(np.float32), popular)


def _points(known: Interactions, factors: Values, config: ClusterConfig) -> Floats:
    """The direction of each member's history, weighed by recency [M, D]; 0 of one who liked nothing."""
    weights = folding.recencies(config, known).astype(np.float64)
    shape = (len(known.member_ids), len(known.item_ids))
    profiles = sparse.csr_array((weights, (known.members, known.items)), shape)
    return _directions(np.asarray(profiles @ factors.astype(np.float64)))


def _centres(points: Floats, most: int, seed: int) -> Floats:
    """Centres [C, D] of length 1 by k-means over directions; those that nobody is near are left out."""
    told = points[(points != 0).any(axis=1)]
    if not len(told):
        return np.zeros((1, points.shape[1]))
    asked = told[:: -(-len(told) // MOST_POINTS)]
    centres = clustering.kmeans(asked, min(most, len(asked)), seed)
    return _directions(centres[np.unique(clustering.nearest(asked, centres))])


def _popular(
    known: Interactions, labels: NDArray[np.intp], clusters: int, config: ClusterConfig
) -> Values:
    """The share that each item has of what each cluster liked lately [C, K], shrunk towards all members'."""
    weights = folding.aged(known, config.counts, config.half_life_days)
    counts = np.zeros((clusters, len(known.item_ids)))
    np.add.at(counts, (labels[known.members], known.items), weights)
    everywhere = counts.sum(axis=0) / max(counts.sum(), 1e-30)
    sizes = counts.sum(axis=1, keepdims=True)
    shrunk = (counts + config.shrink * everywhere) / np.maximum(sizes + config.shrink, 1e-30)
    return np.asarray(shrunk, np.float32)


def _directions(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 1e-9, lengths, np.inf))
