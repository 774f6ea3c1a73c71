"""Cutting interactions by time: what a model may have seen, and what it is asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.ml.interactions import Interactions


@dataclass(frozen=True, slots=True)
class Cuts:
    """Two instants in epoch seconds: train < validation <= … < test <= …"""

    validation: float
    test: float


def temporal_cuts(interactions: Interactions, quantile: float = 0.9) -> Cuts:
    """Global temporal split: t_test is the quantile of all times, t_val that of the times before it.

    Raises ValueError where the times are too few or too equal to leave something on each side.
    """
    test = _cut(interactions, quantile)
    return Cuts(_cut(interactions.before(test), quantile), test)


def _cut(interactions: Interactions, quantile: float) -> float:
    times = interactions.times
    if len(times) and times.min() < (cut := float(np.quantile(times, quantile))):
        return cut
    raise ValueError(f"{len(times)} interactions cannot be cut by time")


def leave_one_out(interactions: Interactions) -> tuple[Interactions, Interactions]:
    """Part each member's latest interaction from the earlier ones: (earlier, latest).

    For comparison with papers only: the earlier part of one member may lie after the latest of
    another, so the future leaks.
    """
    last = np.zeros(len(interactions), bool)
    ends = interactions.starts[1:]
    last[ends[np.diff(interactions.starts) > 0] - 1] = True
    return interactions.where(~last), interactions.where(last)
