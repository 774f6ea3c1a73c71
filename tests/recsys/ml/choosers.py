"""Members who choose by weights that a test plants."""

from __future__ import annotations

import numpy as np

from recsys.ml.members.choices import Choices, gather

SHOWN = 8


def nothing(size, members) -> Choices:
    """Members who chose nothing yet."""
    none = np.zeros(0, int)
    return gather(np.zeros((0, size)), none, none, none, members)


def drawn(theta, times, random, features=None) -> Choices:
    """So many choices of each member [U, M], by their weights, among eight alternatives of random features."""
    members, size = theta.shape
    owners = np.repeat(np.arange(members), times)
    shown = random.normal(size=(len(owners), SHOWN, size)) if features is None else features
    utility = np.einsum("cam,cm->ca", shown, theta[owners])
    chosen = (utility + random.gumbel(size=utility.shape)).argmax(axis=1)
    sizes = np.full(len(owners), SHOWN)
    return gather(shown.reshape(-1, size), sizes, chosen, owners, members)
