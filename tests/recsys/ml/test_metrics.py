from __future__ import annotations

from fractions import Fraction
from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recsys.ml.evaluation import metrics

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


def test_precision_divides_by_the_places_and_f1_by_both():
    hits = np.array([[True, False, True, False], [False] * 4])
    assert metrics.precision(hits).tolist() == [0.5, 0.0]
    # Precision 1/2 and recall 2/3: harmonic mean 4/7.
    assert metrics.f1(hits, np.array([3, 1])) == pytest.approx([4 / 7, 0.0])


def test_average_precision_takes_the_precision_at_each_target():
    hits = np.array([[True, False, True], [False, True, False], [True, True, True]])
    expected = [(1 + 2 / 3) / 2, (1 / 2) / 3, 1.0]
    assert metrics.average_precision(hits, np.array([2, 5, 7])) == pytest.approx(expected)


def test_auc_counts_the_pairs_in_the_right_order():
    scores = np.array([[3.0, 2.0, 2.0, 1.0, 9.0]])
    targets = np.array([[False, True, False, False, False]])
    others = np.array([[True, False, True, True, False]])  # 9 was seen and is not compared
    # Below 3: wrong; beside 2: half; above 1: right.
    assert metrics.auc(scores, targets, others).tolist() == [1.5 / 3]


def test_an_unknown_item_loses_every_pair_of_auc_but_against_unknown_ones():
    scores = np.array([[np.nan, -5.0, np.nan]])
    targets = np.array([[True, False, False]])
    assert metrics.auc(scores, targets, ~targets).tolist() == [0.5 / 2]


def test_auc_says_nothing_without_targets_or_without_others():
    scores, none, all_ = np.ones((1, 3)), np.zeros((1, 3), bool), np.ones((1, 3), bool)
    assert np.isnan(metrics.auc(scores, none, all_)).all()
    assert np.isnan(metrics.auc(scores, all_, none)).all()


@given(arrays(np.int8, (3, 6), elements=st.integers(0, 3)), st.integers(1, 5))
def test_auc_is_what_counting_all_pairs_gives(scores, split):
    targets = np.arange(6)[None, :].repeat(3, 0) < split
    for row, found in zip(scores, metrics.auc(scores, targets, ~targets), strict=True):
        own, rest = row[:split], row[split:]
        pairs = (own[:, None] > rest) + 0.5 * (own[:, None] == rest)
        assert found == pytest.approx(pairs.mean())


def test_serendipity_counts_how_much_sooner_than_popularity_a_target_comes():
    counts = np.array([9, 5, 5, 1])  # popularity: places 1, 2.5, 2.5, 4 of 4
    lists, hits = np.array([[3, 0, -1]]), np.array([[True, True, False]])
    # Item 3 at place 1: 1 − 1/4; item 0 at place 2 comes later than by popularity: nothing.
    assert metrics.serendipity(lists, hits, counts) == pytest.approx([(0.75 + 0) / 3])


def test_lists_twice_as_popular_as_the_histories_lift_by_one():
    counts = np.array([4, 8, 0])
    listed = metrics.popularity(np.array([[1, -1], [1, 1], [-1, -1]]), counts)
    assert listed[:2].tolist() == [8.0, 8.0]
    assert np.isnan(listed[2])
    assert metrics.popularity_lift(listed, np.array([4.0, 4.0, 1.0])) == 1.0
    assert np.isnan(metrics.popularity_lift(listed[2:], np.array([1.0])))


def test_gini_is_nothing_where_all_items_stand_alike_and_high_where_one_has_all():
    assert metrics.gini(np.array([[0, 1], [2, 3]]), 4) == 0.0
    # Counts 0, 0, 1, 3: (−3·0 − 1·0 + 1·1 + 3·3) / (4 · 4).
    assert metrics.gini(np.array([[0, 1], [0, -1], [0, -1]]), 4) == pytest.approx(10 / 16)
    assert metrics.gini(np.full((2, 3), -1), 4) == 0.0
