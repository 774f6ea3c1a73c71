"""Preferences: what of items draws each member, by a hierarchical conditional logit over choices among what was shown.

Each member has weights θ_u over the features of items, and they come of a population: θ_u ~ N(μ, diag σ²). μ and
σ² are learned from the choices of many (empirical Bayes: EM with the posterior of each member approximated at its
mode, Laplace; Train 2009, chapter 12, Gelman and others 2013, section 13.6), then θ_u is where the penalised
likelihood of the member's own choices is highest, found by Newton's method. The likelihood is strictly convex
under the penalty, so there is one such place. Dims: U members, M features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.ml.members.choices import Choices

Floats = NDArray[np.float64]

AT_ONCE: Final = 256
"""Members whose curves [M, M] are held at once."""
ROUNDS: Final = 40
CLOSE: Final = 3e-3
"""Where no mean, and no logarithm of a variance, moves by more in a round, learning ends."""
MOST_STEPS: Final = 50
_DECREMENT: Final = 1e-12
_HALVINGS: Final = 40

MEAN_SPREAD: Final = 1.0
"""Deviation of a mean before any choice is seen: features are tags or standardised, so odds of e stand for much."""
VARIANCE: Final = 0.25
WORTH: Final = 4.0
"""Before any choice is seen members differ by this variance, which weighs as much as so many members."""


@dataclass(frozen=True, eq=False)
class Population:
    """What members are like before anything is known of one: mean [M] and variance [M] of their weights."""

    mean: Floats
    variance: Floats

    @classmethod
    def unknown(cls, size: int) -> Population:
        """Before any choice of anybody was seen."""
        return cls(np.zeros(size), np.full(size, VARIANCE))


@dataclass(frozen=True, eq=False)
class Tastes:
    """The weights of members [U, M], and how sure they are: a deviation for each [U, M].

    Deviations take the population as known, so they are a little too small where few members taught it.
    """

    theta: Floats
    deviation: Floats


def learn(choices: Choices, rounds: int = ROUNDS) -> Population:
    """The population that these members' choices speak for. Members without choices do not change it."""
    found = Population.unknown(choices.size)
    theta = np.zeros((len(choices.members) - 1, choices.size))
    for _ in range(rounds):
        tastes = infer(choices, found, theta)
        before, found, theta = found, _renewed(found, tastes), tastes.theta
        if _is_close(before, found):
            break
    return found


def infer(choices: Choices, population: Population, start: Floats | None = None) -> Tastes:
    """The weights of each member under a population; without choices they are its mean, as unsure as it is wide."""
    members = len(choices.members) - 1
    first = np.tile(population.mean, (members, 1)) if start is None else start
    parts = [
        _settled(choices.part(at, min(at + AT_ONCE, members)), population, first[at : at + AT_ONCE])
        for at in range(0, members, AT_ONCE)
    ]
    empty = [np.zeros((0, choices.size))]
    return Tastes(
        theta=np.vstack([part.theta for part in parts] or empty),
        deviation=np.vstack([part.deviation for part in parts] or empty),
    )


def _renewed(before: Population, tastes: Tastes) -> Population:
    """The step M: the population of highest posterior density, given each member's weights and how sure they are."""
    members = len(tastes.theta)
    mean = tastes.theta.sum(axis=0) / (members + before.variance / MEAN_SPREAD**2)
    spread = ((tastes.theta - mean) ** 2 + tastes.deviation**2).sum(axis=0)
    return Population(mean, (WORTH * VARIANCE + spread) / (WORTH + members))


def _is_close(before: Population, after: Population) -> bool:
    moved = np.abs(after.mean - before.mean).max(initial=0.0)
    grown = np.abs(np.log(after.variance / before.variance)).max(initial=0.0)
    return bool(max(moved, grown) < CLOSE)


def _settled(choices: Choices, population: Population, theta: Floats) -> Tastes:
    """Newton's method for all members of a part at once, each with a step as long as it bears."""
    for _ in range(MOST_STEPS):
        slope, curve = _bends(choices, population, theta)
        step = np.asarray(np.linalg.solve(curve, slope[:, :, None])[:, :, 0], np.float64)
        if (slope * step).sum(axis=1).max(initial=0.0) < _DECREMENT:
            break
        theta = _moved(choices, population, theta, step)
    inverse = np.linalg.inv(_bends(choices, population, theta)[1])
    return Tastes(theta, np.sqrt(np.diagonal(inverse, axis1=1, axis2=2)))


def _moved(choices: Choices, population: Population, theta: Floats, step: Floats) -> Floats:
    """A step down, halved for those whom all of it would lead up."""
    here = _loss(choices, population, theta)
    length = np.ones(len(theta))
    for _ in range(_HALVINGS):
        there = theta - length[:, None] * step
        higher = _loss(choices, population, there) > here + 1e-12 * (1 + np.abs(here))
        if not higher.any():
            break
        length[higher] /= 2
    return there


def _loss(choices: Choices, population: Population, theta: Floats) -> Floats:
    """−log of likelihood and penalty by member [U], without what does not depend on the weights."""
    away = (theta - population.mean) ** 2 / population.variance
    return np.asarray(choices.surprise(theta) + away.sum(axis=1) / 2, np.float64)


def _bends(choices: Choices, population: Population, theta: Floats) -> tuple[Floats, Floats]:
    slope, curve = choices.bends(theta)
    slope += (theta - population.mean) / population.variance
    curve += np.diag(1 / population.variance)
    return slope, curve
