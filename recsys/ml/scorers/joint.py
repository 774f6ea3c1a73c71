"""A recurrent network over a history joined with a convolution over words: the scoring half, which needs numpy only.

Dims: K items, D numbers of a vector, H units of the joining layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from recsys.ml.data.interactions import Values
from recsys.ml.scorer import Config, Profile
from recsys.ml.scorers.gru import Gru
from recsys.ml.scorers.sequential import Shapes


@dataclass(frozen=True, eq=False)
class Joint(Gru):
    """Score of item i = u · c_i + o · ReLU(W_r u + W_s c_i + b), u by `gru.Gru` from the c of a history.

    ``items`` c [K, D] are what a convolution made of words, ``joined`` [K, H] is W_s c + b, which needs no
    member; without units of the joining layer only the product is left. The articles' r = σ(W_r u + W_s c + b)
    alone would rank items alike for everybody; its layer is kept, the product and a weight for each unit
    are added. It knows items that nobody has touched yet.
    """

    family: ClassVar[str] = "joint"

    def row(self, profile: Profile) -> Values:
        """Scores [K] of one profile."""
        return self._scores(profile, slice(None))

    def _score(self, profile: Profile, index: int) -> float:
        if not profile.is_known:
            return 0.0
        return float(self._scores(profile, slice(index, index + 1))[0])

    def _scores(self, profile: Profile, asked: slice) -> Values:
        """Scores of the items asked for."""
        own, member = self.parameters, self.member(profile)
        scores = own["items"][asked] @ member
        if self.config.joined:
            layer = np.maximum(own["joined"][asked] + own["of_member.weight"] @ member, 0.0)
            scores = scores + layer @ own["head.weight"][0]
        return np.asarray(scores, np.float32)

    @classmethod
    def shapes(cls, config: Config, items: int) -> Shapes:
        """Those of the recurrent network and, where there is one, of the joining layer."""
        size, units = config.embedding_size, config.joined
        if not units:
            return super().shapes(config, items)
        return {
            **super().shapes(config, items),
            "joined": (items, units),
            "of_member.weight": (units, size),
            "head.weight": (1, units),
        }
