"""From what texts mean to what members make of them: a ridge regression in closed form (Hoerl and Kennard 1970).

Dims: K items with a vector, E numbers of it, n items with factors, D factors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.ml.data.interactions import Indexes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """Items that teach: their places among all [n], their factors [n, D], how often each was met [n]."""

    places: Indexes
    factors: Floats
    events: Floats


def projected(meaning: Floats, taught: Taught, ridge: float, trust: float) -> Floats:
    """Factors [K, D] of all items: what their meaning [K, E] tells, and as far as they were met their own.

    B minimizes Σ_j s_j ‖f_j − m_j B‖² + ridge ‖B‖² over the items that teach, s_j = n_j over the mean of n:
    every interaction teaches alike. A constant among the numbers of m is not held small. The factors of
    item i are c_i f_i + (1 − c_i) m_i B with c_i = n_i / (n_i + trust): one that nobody met has what its
    text tells.
    """
    shares = taught.events / max(float(taught.events.mean()), 1e-9)
    known = np.hstack([meaning, np.ones((len(meaning), 1))])
    about = known[taught.places]
    held = np.full(known.shape[1], ridge)
    held[-1] = 1e-6
    system = (about.T * shares) @ about + np.diag(held)
    told = known @ np.linalg.solve(system, (about.T * shares) @ taught.factors)
    own = (taught.events / np.maximum(taught.events + trust, 1e-9))[:, None]
    told[taught.places] = own * taught.factors + (1 - own) * told[taught.places]
    return np.asarray(told)
