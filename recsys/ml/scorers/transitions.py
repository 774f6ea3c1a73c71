"""What members turn to after an item: transitions over a few steps (a Markov chain with skips)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.ml import folding
from recsys.ml.configs import TransitionsConfig
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Arrays, Profile, Training, Untrainable
from recsys.ml.scorers.links import Links
from recsys.ml.scorers.personal import Personal


@dataclass(frozen=True, eq=False)
class Transitions(Personal):
    """Score of item i = Σ_j w_j · T_ji over the history; the last item of it counts whole.

    T_ji = n_ji / (Σ_i n_ji + shrink), where n_ji counts how often i came l steps after j, each 1/l.
    """

    family: ClassVar[str] = "transitions"
    following: Links

    def fold_in(self, history: History) -> Profile:
        """Weigh a history by recency, and what came before its last known item less."""
        profile = folding.by_recency(self.config, history, self.items)
        weights = profile.weights.copy()
        weights[:-1] *= self.config.earlier
        return Profile(profile.rows, weights)

    def row(self, profile: Profile) -> NDArray[np.float64]:
        """Scores [K] of one profile."""
        return self.following.summed(profile.rows, profile.weights, len(self.items))

    def shares(self, profile: Profile, index: int) -> NDArray[np.float64]:
        """w_j · T_ji."""
        return profile.weights * self.following.column(profile.rows, index)

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {
            "starts": self.following.starts,
            "columns": self.following.columns,
            "chances": self.following.values,
        }

    @classmethod
    def restore(cls, config: TransitionsConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        kept = (arrays["starts"], arrays["columns"], arrays["chances"])
        return cls(config, items, Links.restore(*kept, len(items)))


def fit(
    config: TransitionsConfig, interactions: Interactions, catalogue: Vocabulary, training: Training
) -> Transitions:
    """Count what came after what, one step further at a time; dislikes are no steps."""
    items, known = folding.known_items(interactions, catalogue, config.counts, config.least)
    signals = folding.signal(known.values, config.counts)
    steps = known.where(signals > 0)
    weights = signals[signals > 0].astype(np.float64)
    counts = sparse.csr_array((len(items), len(items)), dtype=np.float64)
    for lag in range(1, config.lags + 1):
        training.progress("counting transitions", lag - 1, config.lags)
        counts = counts + _after(steps, weights, lag, len(items))
    training.progress("counting transitions", config.lags, config.lags)
    if not counts.nnz:
        raise Untrainable("no member has two interactions to learn from", reason="no_pairs")
    totals = np.asarray(counts.sum(axis=1)).ravel() + config.shrink
    scale = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    return Transitions(
        config, items, Links.of(sparse.csr_array(sparse.diags_array(scale) @ counts))
    )


def _after(
    steps: Interactions, weights: NDArray[np.float64], lag: int, size: int
) -> sparse.csr_array[np.float64]:
    """What came exactly ``lag`` steps after what [K, K], each pair by both its signals over the lag."""
    same = steps.members[lag:] == steps.members[:-lag]
    earlier, later = steps.items[:-lag][same], steps.items[lag:][same]
    counts = (weights[:-lag] * weights[lag:])[same] / lag
    return sparse.csr_array((counts, (earlier, later)), (size, size))
