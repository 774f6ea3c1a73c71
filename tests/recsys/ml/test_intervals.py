from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.ml.evaluation.intervals import Interval, difference, together

FIGURES = st.lists(st.floats(0, 1), min_size=1, max_size=60).map(np.array)


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide():
    figures = np.random.default_rng(0).random(400)
    interval = Interval.of(figures)
    error = figures.std(ddof=1) / 20
    assert interval.mean == pytest.approx(figures.mean())
    assert interval.high - interval.mean == pytest.approx(1.96 * error, rel=0.15)
    assert interval.mean - interval.low == pytest.approx(1.96 * error, rel=0.15)


def test_a_paired_difference_is_surer_than_two_means():
    chance = np.random.default_rng(1)
    first = chance.random(500)
    second = first + 0.01 + chance.normal(0, 0.001, 500)
    better = difference(second, first)
    assert better.is_above
    assert Interval.of(first).high > Interval.of(second).low
    assert difference(first, second).is_below


def test_a_model_against_itself_differs_by_nothing():
    figures = np.random.default_rng(2).random(50)
    assert difference(figures, figures) == Interval(50, 0.0, 0.0, 0.0)


def test_whoever_a_measure_says_nothing_of_is_not_counted():
    assert Interval.of(np.array([np.nan, 0.5, 0.5])) == Interval(2, 0.5, 0.5, 0.5)
    assert difference(np.array([1.0, np.nan]), np.array([0.5, 0.5])).n == 1
    assert Interval.of(np.array([np.nan])) == Interval(0, 0.0, 0.0, 0.0)


def test_others_members_cannot_be_paired():
    with pytest.raises(ValueError, match="cannot be paired"):
        difference(np.zeros(2), np.zeros(3))


@given(FIGURES)
def test_the_mean_lies_within_and_the_figures_around(figures):
    interval = Interval.of(figures)
    assert figures.min() - 1e-12 <= interval.low <= interval.high <= figures.max() + 1e-12
    assert Interval.of(figures) == interval


def test_intervals_of_several_models_are_those_of_each():
    figures = np.random.default_rng(5).random((7, 3_000))
    for one, alone in zip(together(figures), map(Interval.of, figures), strict=True):
        assert astuple(one) == pytest.approx(astuple(alone))
    assert together(np.zeros((2, 0))) == [Interval(0, 0.0, 0.0, 0.0)] * 2
