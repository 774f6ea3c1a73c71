from __future__ import annotations

from fractions import Fraction
from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recsys.ml import metrics

HITS = arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 10)))


def test_one_target_at_each_place_gains_one_over_log_of_the_place():
    hits = np.eye(4, dtype=bool)
    gains = metrics.ndcg(hits, np.ones(4, int))
    assert gains == pytest.approx([1, 1 / log2(3), Fraction(1, 2), 1 / log2(5)])


def test_more_targets_share_the_best_possible_gain():
    hits = np.array([[True, False, True]])
    assert metrics.ndcg(hits, np.array([2])) == pytest.approx([(1 + 1 / 2) / (1 + 1 / log2(3))])


def test_the_best_list_cannot_be_longer_than_the_list():
    assert metrics.ndcg(np.array([[True, True]]), np.array([5])) == pytest.approx([1.0])


def test_recall_divides_by_all_targets():
    hits = np.array([[True, True, False], [False, False, False]])
    found = metrics.recall(hits, np.array([5, 1]))
    assert found.tolist() == [float(Fraction(2, 5)), 0.0]


def test_a_hit_is_any_target():
    assert metrics.hit_rate(np.array([[True, True], [False, False]])).tolist() == [1.0, 0.0]


def test_coverage_counts_items_once_and_empty_places_never():
    assert metrics.coverage(np.array([[0, 1], [1, -1]]), 8) == float(Fraction(2, 8))


def test_coverage_of_nothing_is_nothing():
    assert metrics.coverage(np.empty((0, 10), int), 8) == 0.0
    assert metrics.coverage(np.empty((0, 10), int), 0) == 0.0


def test_the_standard_error_is_that_of_the_mean():
    figures = np.array([0.0, 0.0, 1.0, 1.0])
    assert metrics.standard_error(figures) == pytest.approx((1 / 3) ** 0.5 / 4**0.5)
    assert np.isnan(metrics.standard_error(np.array([1.0])))


def test_the_reciprocal_rank_is_that_of_the_first_target():
    hits = np.array([[False, True, True], [True, False, False], [False, False, False]])
    assert metrics.reciprocal_rank(hits).tolist() == [0.5, 1.0, 0.0]


def test_novelty_is_the_surprise_of_meeting_the_items():
    lists = np.array([[0, 1], [2, -1], [-1, -1]])
    figures = metrics.novelty(lists, np.array([8, 2, 0]), 8)
    assert figures[:2].tolist() == [(0 + 2) / 2, 3.0]
    assert np.isnan(figures[2])


def test_diversity_is_the_mean_distance_of_pairs():
    vectors = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    lists = np.array([[0, 1, 2], [0, 1, -1], [0, 2, 3], [0, 3, -1]])
    figures = metrics.intra_list_diversity(lists, vectors)
    assert figures[:3] == pytest.approx([2 / 3, 0.0, 1.0])
    assert np.isnan(figures[3])


def test_calibration_is_the_divergence_from_the_profile():
    shares = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    profiles = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0], [1.0, 0.0]])
    figures = metrics.calibration(np.array([[0, 1], [0, -1], [0, 1], [2, 2]]), shares, profiles)
    missing = 0.5 * log(0.5 / (0.99 + 0.005)) + 0.5 * log(0.5 / 0.005)
    assert figures[:2] == pytest.approx([0.0, missing])
    assert np.isnan(figures[2:]).all()


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(0, 1)))
def test_calibration_is_never_below_nothing_and_diversity_within_its_range(weights):
    totals = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    lists = np.tile(np.arange(len(shares)), (len(shares), 1))
    calibration = metrics.calibration(lists, shares, shares)
    diversity = metrics.intra_list_diversity(lists, shares)
    assert (np.isnan(calibration) | (calibration >= -1e-12)).all()
    assert (np.isnan(diversity) | ((diversity >= -1e-9) & (diversity <= 1 + 1e-9))).all()


@given(HITS)
def test_every_figure_lies_between_nothing_and_all(hits):
    targets = np.maximum(hits.sum(axis=1), 1)
    for figure in (metrics.ndcg(hits, targets), metrics.recall(hits, targets)):
        assert ((figure >= 0) & (figure <= 1 + 1e-12)).all()


@given(HITS)
def test_a_hit_moved_forward_never_lowers_ndcg(hits):
    targets = np.maximum(hits.sum(axis=1), 1)
    forward = -np.sort(-hits.astype(int), axis=1)
    assert (
        metrics.ndcg(forward.astype(bool), targets) >= metrics.ndcg(hits, targets) - 1e-12
    ).all()
