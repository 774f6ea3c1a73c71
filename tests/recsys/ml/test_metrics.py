from __future__ import annotations

from fractions import Fraction
from math import log2

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
