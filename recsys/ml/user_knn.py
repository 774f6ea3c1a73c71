"""Nearest members by shrunk cosine (Resnick et al. 1994): what those liked whose likes are alike.

Dims: M members kept, K items known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import UserKnnConfig
from recsys.ml.interactions import Interactions, Vocabulary
from recsys.ml.links import Links
from recsys.ml.personal import Personal
from recsys.ml.scorer import Arrays, Profile, Training, shaped

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UserKnn(Personal):
    """Score of item i = Σ_u sim(u) · x_ui over the nearest members u.

    sim(u) = w·x_u / (‖w‖ ‖x_u‖ + shrink) of the history's weights w by recency; a negative one, from what
    was disliked, speaks against. ``liked`` holds the items of each member [M, K], ``likers`` the same by
    item [K, M], ``norms`` ‖x_u‖ [M]. It keeps likes without a name: rows in an order of their own.
    """

    family: ClassVar[str] = "user_knn"
    liked: Links
    likers: Links
    norms: Floats

    def row(self, profile: Profile) -> Floats:
        """Scores [K] of one profile."""
        nearest, scale = self._nearest(profile)
        dots = self.likers.summed(profile.rows, profile.weights, len(self.norms))[nearest]
        return self.liked.summed(nearest, dots * scale, len(self.items))

    def shares(self, profile: Profile, index: int) -> Floats:
        """What each item of the profile adds by the neighbours who liked it: w_j Σ_u x_uj x_ui / (…)."""
        nearest, scale = self._nearest(profile)
        spoken = np.zeros(len(self.norms))
        spoken[nearest] = scale * self.liked.column(nearest, index)
        return profile.weights * self.likers.dots(profile.rows, spoken)

    def _nearest(self, profile: Profile) -> tuple[NDArray[np.int32], Floats]:
        """The members most like a profile or most unlike it [n], and what makes a product a similarity."""
        dots = self.likers.summed(profile.rows, profile.weights, len(self.norms))
        length = float(np.linalg.norm(profile.weights))
        met = np.flatnonzero(dots)
        scale = 1.0 / (length * self.norms[met] + self.config.shrink)
        alike = np.abs(dots[met] * scale)
        kept = np.sort(np.argsort(-alike, kind="stable")[: self.config.neighbours])
        return met[kept].astype(np.int32), scale[kept]

    def arrays(self) -> Arrays:
        """What an artifact keeps; the columns by item follow from those by member."""
        liked, likers = self.liked, self.likers
        return {
            "starts": liked.starts,
            "columns": liked.columns,
            "values": liked.values,
            "liker_starts": likers.starts,
            "liker_columns": likers.columns,
            "liker_values": likers.values,
            "norms": self.norms,
        }

    @classmethod
    def restore(cls, config: UserKnnConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        likers = (arrays["liker_starts"], arrays["liker_columns"], arrays["liker_values"])
        liked = (arrays["starts"], arrays["columns"], arrays["values"])
        norms = arrays["norms"]
        return cls(
            config,
            items,
            Links.restore(*liked, len(norms)),
            Links.restore(*likers, len(items)),
            shaped(norms, len(norms)),
        )


def fit(
    config: UserKnnConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> UserKnn:
    """Keep what each of the latest members liked last; there is nothing more to learn."""
    training.progress("keeping members", 0, 2)
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    matrix = _latest(known, config)
    training.progress("keeping members", 1, 2)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scorer = UserKnn(config, items, Links.of(matrix), Links.of(matrix.T.tocsr()), norms)
    training.progress("keeping members", 2, 2)
    return scorer


def _latest(known: Interactions, config: UserKnnConfig) -> sparse.csr_array[np.float64]:
    """What the members who came last liked last [M, K], by their last instant: no order of ids shows."""
    rows = known.where(folding.signal(known.values, config.counts) > 0)
    ends = rows.starts[1:]
    someone = np.flatnonzero(np.diff(rows.starts))
    order = someone[np.lexsort((someone, -rows.times[ends[someone] - 1]))][: config.members]
    later = ends[rows.members] - 1 - np.arange(len(rows))
    matrix = folding.member_item(rows.where(later < config.history), config.counts)
    return sparse.csr_array(matrix[order])
