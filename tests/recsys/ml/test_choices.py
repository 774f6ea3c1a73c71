"""Choices among what was shown: their odds and the derivatives of these, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.ml.members.choices import gather
from tests.recsys.ml.choosers import drawn


def of_one(features, chosen=0):
    """A single choice of a single member."""
    rows = np.array(features, np.float64)
    whole = np.array([len(rows)])
    return gather(rows, whole, np.array([chosen]), np.array([0]), 1)


def test_the_chance_of_a_choice_is_the_softmax_of_its_alternatives():
    # exp(1·ln 3) = 3 beside 1 and 1: three fifths.
    choice = of_one([[1.0], [0.0], [0.0]])
    told = choice.surprise(np.array([[math.log(3)]]))
    assert told == pytest.approx([-math.log(3 / 5)])


def test_slope_and_curve_are_those_of_minus_the_logarithm():
    # P(first) = 3/5 with x = 1 for it alone: slope P − 1, curve P (1 − P).
    bends = of_one([[1.0], [0.0], [0.0]]).bends(np.array([[math.log(3)]]))
    assert bends.slope == pytest.approx(np.array([[3 / 5 - 1]]))
    assert bends.curve == pytest.approx(np.array([[[3 / 5 * 2 / 5]]]))


def test_each_member_has_weights_of_their_own_and_one_without_choices_no_surprise():
    rows = np.array([[1.0], [0.0], [0.0], [1.0]])
    told = gather(rows, np.array([2, 2]), np.array([0, 1]), np.array([2, 0]), 3)
    surprise = told.surprise(np.array([[0.0], [5.0], [math.log(3)]]))
    assert surprise == pytest.approx([math.log(2), 0.0, -math.log(3 / 4)])
    assert not told.bends(np.zeros((3, 1))).slope[1].any()


@pytest.mark.parametrize(
    ("features", "sizes", "chosen", "owners", "says"),
    [
        ([[1.0], [2.0]], [1, 1], [0, 0], [0, 0], "two alternatives"),
        ([[1.0], [2.0]], [2], [2], [0], "not among"),
        ([[1.0], [2.0]], [2], [-1], [0], "not among"),
        ([[1.0], [2.0]], [2], [0], [1], "none of the members"),
        ([[1.0], [2.0]], [3], [0], [0], "belong together"),
        ([[1.0], [math.nan]], [2], [0], [0], "finite"),
    ],
)
def test_what_is_no_choice_is_refused(features, sizes, chosen, owners, says):
    with pytest.raises(ValueError, match=says):
        gather(np.array(features), np.array(sizes), np.array(chosen), np.array(owners), 1)


@given(st.integers(0, 2**32 - 1))
def test_derivatives_are_those_that_small_steps_show(seed):
    random = np.random.default_rng(seed)
    choices = drawn(random.normal(size=(3, 2)), 2, random)
    theta, step = random.normal(size=(3, 2)), 1e-5
    bends = choices.bends(theta)
    for at in range(2):
        aside = step * np.eye(2)[at]
        higher, lower = choices.surprise(theta + aside), choices.surprise(theta - aside)
        assert bends.slope[:, at] == pytest.approx((higher - lower) / (2 * step), abs=1e-6)
        ahead, back = choices.bends(theta + aside).slope, choices.bends(theta - aside).slope
        assert bends.curve[:, at] == pytest.approx((ahead - back) / (2 * step), abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_a_constant_added_to_all_alternatives_of_a_choice_changes_nothing(seed):
    random = np.random.default_rng(seed)
    features, sizes = random.normal(size=(12, 2)), np.array([3, 4, 5])
    chosen, owners = np.array([0, 3, 2]), np.array([1, 0, 1])
    shift = np.repeat(random.normal(size=(3, 2)), sizes, axis=0)
    plain, shifted = (gather(x, sizes, chosen, owners, 2) for x in (features, features + shift))
    assert shifted.lead == pytest.approx(plain.lead, abs=1e-12)
