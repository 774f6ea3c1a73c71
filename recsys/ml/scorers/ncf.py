"""Neural collaborative filtering (He and others 2017): the scoring half, which needs numpy only.

Dims: K items, F numbers of a multiplied embedding, E of one that the network reads, n items of a profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recsys.ml import folding
from recsys.ml.configs import NcfConfig
from recsys.ml.data.interactions import History, Id, Values, Vocabulary
from recsys.ml.scorer import Arrays, Explanation, Profile, shaped
from recsys.ml.scorers.personal import Personal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ncf(Personal):
    """Score of item i = u · t_i + o · ReLU(W ReLU(v + a_i) + b), where u = Σ_j w_j g_j and v = Σ_j w_j m_j.

    The first term is the generalized product (GMF), whose weights t has taken in; the second the network
    (MLP), whose first layer m and a have taken in. ``product_history`` g and ``product_target`` t [K, F],
    ``network_history`` m and ``network_target`` a [K, E], ``layer`` W [E/2, E], ``bias`` b and ``head`` o
    [E/2]; w by recency over the latest history, of size 1. A member has no vector of its own, so folding
    in is exact.
    """

    family: ClassVar[str] = "ncf"
    product_history: Values
    product_target: Values
    network_history: Values
    network_target: Values
    layer: Values
    bias: Values
    head: Values

    def fold_in(self, history: History) -> Profile:
        """Weigh the latest history by recency; weights sum to 1 in size."""
        return folding.latest(self.config, history, self.items, self.config.history)

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        member = profile.weights @ self.product_history[profile.rows]
        first = self.network_target + profile.weights @ self.network_history[profile.rows]
        second = np.maximum(first, 0.0) @ self.layer.T + self.bias
        network = np.maximum(second, 0.0) @ self.head
        return np.asarray(self.product_target @ member + network, np.float32)

    def shares(self, profile: Profile, index: int) -> Floats:
        """w_j (g_j · t_i + m_j · s_i), s the slope of the network where the profile and the item are."""
        slope, _ = self._slope(profile, index)
        product = self.product_history[profile.rows].astype(np.float64) @ self.product_target[index]
        network = self.network_history[profile.rows].astype(np.float64) @ slope
        return np.asarray(profile.weights * (product + network))

    def explain(self, history: History, item: Id) -> Explanation | None:
        """The share of each item of the history; the base is what the network gives without any.

        Exact: between two bends of its ReLUs a network is a straight line.
        """
        told = super().explain(history, item)
        if told is None:
            return None
        index = self.items.places[item]
        slope, spoken = self._slope(self.fold_in(history), index)
        base = float(self.network_target[index] @ slope + self.bias @ spoken)
        return Explanation(base, told.contributions)

    def _slope(self, profile: Profile, index: int) -> tuple[Floats, Floats]:
        """How the network's score moves with v [E] and with the second layer before its ReLU [E/2]."""
        first = self.network_target[index] + profile.weights @ self.network_history[profile.rows]
        second = self.layer @ np.maximum(first, 0.0) + self.bias
        spoken = self.head.astype(np.float64) * (second > 0)
        return (spoken @ self.layer) * (first > 0), spoken

    def arrays(self) -> Arrays:
        """What an artifact keeps."""
        return {name: getattr(self, name) for name in _shapes(self.config, len(self.items))}

    @classmethod
    def restore(cls, config: NcfConfig, items: Vocabulary, arrays: Arrays) -> Self:
        """Make it of what an artifact kept."""
        shapes = _shapes(config, len(items))
        kept = {name: shaped(arrays[name], *shape) for name, shape in shapes.items()}
        return cls(config, items, **kept)


def _shapes(config: NcfConfig, items: int) -> dict[str, tuple[int, ...]]:
    product, network = (items, config.factors), (items, config.embedding_size)
    half = config.embedding_size // 2
    return {
        "product_history": product,
        "product_target": product,
        "network_history": network,
        "network_target": network,
        "layer": (half, config.embedding_size),
        "bias": (half,),
        "head": (half,),
    }
