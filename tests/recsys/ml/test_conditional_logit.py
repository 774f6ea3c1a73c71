from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.blends.conditional_logit import fit, loss

CHANCE = np.random.default_rng(4)


def choices(theta, cases=4_000, candidates=6):
    """Features, and what choosers with these weights take (the highest of utility + Gumbel noise)."""
    features = CHANCE.normal(size=(cases, candidates, len(theta)))
    utility = features @ np.array(theta) + CHANCE.gumbel(size=(cases, candidates))
    return features, np.zeros((cases, candidates)), utility.argmax(axis=1)


def test_the_weights_of_the_choosers_are_found():
    assert fit(*choices([1.5, 0.5, 0.0])) == pytest.approx([1.5, 0.5, 0.0], abs=0.12)


def test_what_speaks_against_an_item_weighs_nothing():
    theta = fit(*choices([1.0, -1.0]))
    assert theta[0] > 0.8
    assert theta[1] == 0.0


def test_a_case_whose_target_is_no_candidate_says_nothing():
    features, mask, target = choices([1.0, 0.2], cases=300)
    some = np.concatenate([features, CHANCE.normal(size=(50, 6, 2))])
    masks = np.concatenate([mask, np.zeros((50, 6))])
    targets = np.concatenate([target, np.full(50, -1)])
    assert fit(some, masks, targets) == pytest.approx(fit(features, mask, target))


def test_padding_says_nothing():
    features, mask, target = choices([1.0, 0.2], cases=300)
    wide = np.concatenate([features, np.full((300, 2, 2), 1e3)], axis=1)
    masks = np.concatenate([mask, np.full((300, 2), -np.inf)], axis=1)
    assert fit(wide, masks, target) == pytest.approx(fit(features, mask, target), abs=1e-4)


def test_nobody_to_learn_from_is_said():
    with pytest.raises(ValueError, match="no target"):
        fit(np.zeros((2, 3, 1)), np.zeros((2, 3)), np.array([-1, -1]))


def test_the_slope_of_the_likelihood_is_its_derivative():
    lead = np.array([[[0.0, 0.0], [1.0, 0.5], [-1.0, 2.0]], [[0.0, 0.0], [-2.0, 1.0], [9.0, 9.0]]])
    mask = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, -np.inf]])
    at = np.array([0.7, 0.3])
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-6
        ahead, behind = (loss(at + sign * step, lead, mask)[0] for sign in (1, -1))
        slope = (ahead - behind) / 2e-6
        assert loss(at, lead, mask)[1][axis] == pytest.approx(slope, rel=1e-5)
