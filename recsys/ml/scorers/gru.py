"""A recurrent network over a history: the scoring half, which needs numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from recsys.ml.configs.sequences import GruConfig
from recsys.ml.data.interactions import Values
from recsys.ml.scorer import Profile
from recsys.ml.scorers.sequential import Sequential, Shapes, sigmoid


@dataclass(frozen=True, eq=False)
class Gru(Sequential):
    """u = the last state of a gated recurrent unit, projected to the size of the items' table.

    GRU4Rec (Hidasi and others 2016) with tied embeddings. Step j reads w_j t_j: what weighs less enters
    the state less, and a dislike enters it turned round. Training knows the signs and rewards in w, the
    fading is for the fold-in alone: a state fades by itself as the network has learnt.
    """

    family: ClassVar[str] = "gru"

    def member(self, profile: Profile) -> Values:
        """Take one step after the other from a state of zeros."""
        own, units = self.parameters, self.config.units
        read = own["items"][profile.rows] * profile.weights[:, None]
        given = read @ own["cell.weight_ih_l0"].T + own["cell.bias_ih_l0"]
        state = np.zeros(units, np.float32)
        for step in given:
            carried = own["cell.weight_hh_l0"] @ state + own["cell.bias_hh_l0"]
            gates = sigmoid(step[: 2 * units] + carried[: 2 * units])
            reset, keep = gates[:units], gates[units:]
            fresh = np.tanh(step[2 * units :] + reset * carried[2 * units :])
            state = fresh + keep * (state - fresh)
        return np.asarray(own["out.weight"] @ state + own["out.bias"], np.float32)

    @classmethod
    def shapes(cls, config: GruConfig, items: int) -> Shapes:
        """As torch names and stacks them: the gates reset, keep, and the new state."""
        size, units = config.embedding_size, config.units
        return {
            "items": (items, size),
            "cell.weight_ih_l0": (3 * units, size),
            "cell.weight_hh_l0": (3 * units, units),
            "cell.bias_ih_l0": (3 * units,),
            "cell.bias_hh_l0": (3 * units,),
            "out.weight": (size, units),
            "out.bias": (size,),
        }
