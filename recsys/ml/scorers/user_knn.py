"""Nearest members by shrunk cosine (Resnick et al. 1994): what those liked whose likes are alike.

Dims: M members kept, K items known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import UserKnnConfig
from recsys.ml.configs.words import NEVER
from recsys.ml.data.interactions import History, Interactions, Values, Vocabulary
from recsys.ml.folding import DAY_S
from recsys.ml.scorer import Arrays, Profile, Training, shaped
from recsys.ml.scorers.links import Links
from recsys.ml.scorers.personal import Personal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UserKnn(Personal):
    """Score of item i = Σ_u sim(u) · x_ui · f_ui over the nearest members u.

    sim(u) = w·x_u / (‖w‖ ‖x_u‖ + shrink) of the history's weights w by recency; a negative one, from what
    was disliked, speaks against. f_ui = ½^(age / half_life_days), and of days from the last interaction of
    who asks ½^(days / after_days) or, of what was earlier, ½^(days / before_days): what is new, and new to
    them. ``liked`` holds the items of each member [M, K], ``likers`` the same by item [K, M], ``norms`` ‖x_u‖
    [M], ``ages`` the days of each entry of ``liked`` before ``newest`` (Unix seconds), both None in an artifact of
    before there were any. It keeps likes without a name: rows in an order of their own.
    """

    family: ClassVar[str] = "user_knn"
    liked: Links
    likers: Links
    norms: Floats
    ages: Values | None
    newest: float | None

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency, and keep when its last interaction was."""
        profile = folding.by_recency(self.config, history, self.items)
        return replace(profile, last=float(history.times.max())) if len(history) else profile

    def row(self, profile: Profile) -> Floats:
        """Scores [K] of one profile."""
        nearest, scale = self._nearest(profile)
        dots = self.likers.summed(profile.rows, profile.weights, len(self.norms))[nearest]
        told = self._told(nearest, profile)
        return told.summed(np.arange(len(nearest), dtype=np.int32), dots * scale, len(self.items))

    def shares(self, profile: Profile, index: int) -> Floats:
        """What each item of the profile adds by the neighbours who liked it: w_j Σ_u x_uj x_ui / (…)."""
        nearest, scale = self._nearest(profile)
        spoken = np.zeros(len(self.norms))
        rows = np.arange(len(nearest), dtype=np.int32)
        spoken[nearest] = scale * self._told(nearest, profile).column(rows, index)
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

    def _told(self, nearest: NDArray[np.int32], profile: Profile) -> Links:
        """What these members liked, a row each, faded by when it was."""
        told, entries = self.liked.only(nearest)
        if self.ages is None or self.newest is None or profile.last is None:
            return told
        if not np.isfinite(_half_lives(self.config)).any():
            return told
        since = (self.newest - profile.last) / DAY_S
        return replace(told, values=told.values * _left(self.config, self.ages[entries], since))

    def arrays(self) -> Arrays:
        """What an artifact keeps; the columns by item follow from those by member."""
        liked, likers = self.liked, self.likers
        timed: Arrays = {}
        if self.ages is not None:
            timed = {"ages": self.ages, "newest": np.array([self.newest])}
        return {
            **timed,
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
        norms, ages = arrays["norms"], arrays.get("ages")
        newest = None if ages is None else float(shaped(arrays["newest"], 1)[0])
        return cls(
            config,
            items,
            Links.restore(*liked, len(norms)),
            Links.restore(*likers, len(items)),
            shaped(norms, len(norms)),
            None if ages is None else shaped(ages, len(arrays["columns"])),
            newest,
        )


def _left(config: UserKnnConfig, ages: Values, since: float) -> Values:
    """What is left of likes so many days old [n] for one whose last interaction was ``since`` days ago.

    Days before it count from the newest like, so that one who comes long after all likes still has a score.
    """
    half, before, after = _half_lives(config)
    earlier = ages - since
    apart = np.where(earlier <= 0, -earlier / after, (earlier + min(since, 0.0)) / before)
    return np.asarray(np.exp2(-apart - ages / half), np.float32)


def _half_lives(config: UserKnnConfig) -> Floats:
    """Days after which a like counts half: of age, before and after who asks was last here; ∞ of never."""
    told = np.array([config.half_life_days, config.before_days, config.after_days])
    return np.where(told >= NEVER, np.inf, told)


def fit(
    config: UserKnnConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> UserKnn:
    """Keep what each of the latest members liked last; there is nothing more to learn."""
    training.progress("keeping members", 0, 2)
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    matrix, times = _latest(known, config)
    training.progress("keeping members", 1, 2)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    liked, likers = Links.of(matrix), Links.of(matrix.T.tocsr())
    newest = float(interactions.times.max())
    ages = ((newest - times) / DAY_S).astype(np.float32)
    training.progress("keeping members", 2, 2)
    return UserKnn(config, items, liked, likers, norms, ages, newest)


def _latest(
    known: Interactions, config: UserKnnConfig
) -> tuple[sparse.csr_array[np.float64], NDArray[np.float64]]:
    """What the members who came last liked last [M, K], and when, an instant for each entry.

    Members stand by their last instant: no order of ids shows.
    """
    rows = known.where(folding.signal(known.values, config.counts) > 0)
    ends = rows.starts[1:]
    someone = np.flatnonzero(np.diff(rows.starts))
    order = someone[np.lexsort((someone, -rows.times[ends[someone] - 1]))][: config.members]
    later = ends[rows.members] - 1 - np.arange(len(rows))
    kept = rows.where(later < config.history)
    matrix, instants = (
        sparse.csr_array(each[order])
        for each in (folding.member_item(kept, config.counts), _instants(kept))
    )
    instants.sort_indices()
    return matrix, instants.data


def _instants(rows: Interactions) -> sparse.csr_array[np.float64]:
    """When each member did what [M, K], an entry for each row."""
    shape = (len(rows.member_ids), len(rows.item_ids))
    return sparse.csr_array((rows.times, (rows.members, rows.items)), shape)
