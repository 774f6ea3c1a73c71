"""Intervals, against figures that were published or worked out elsewhere."""

from __future__ import annotations

import pytest
from scipy import stats

from feedback.reporting import chance


@pytest.mark.parametrize(
    ("part", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(part, n, low, high):
    bounds = chance.wilson(part, n)
    assert (round(bounds.low, 4), round(bounds.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_two_shares_differ_by_newcombes_interval(now, before, low, high):
    bounds = chance.newcombe(*now, *before)
    assert (round(bounds.low, 4), round(bounds.high, 4)) == (low, high)


def test_means_differ_by_welchs_interval():
    now, before = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9], [27.1, 22.0, 20.8, 23.4, 23.4, 23.5]
    wanted = stats.ttest_ind(now, before, equal_var=False).confidence_interval()
    bounds = chance.welch(chance.sample(now), chance.sample(before))
    assert (bounds.low, bounds.high) == pytest.approx((wanted.low, wanted.high), rel=0.002)


def test_counts_of_values_give_what_the_values_give():
    assert chance.weighted([(1.0, 2), (4.0, 3)]) == chance.sample([1.0, 1.0, 4.0, 4.0, 4.0])


@pytest.mark.parametrize("freedom", [3, 4, 7.5, 27, 400])
def test_the_quantile_of_t_is_within_a_hundredth(freedom):
    assert chance.t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)


def test_where_nothing_was_counted_everything_is_possible():
    assert chance.wilson(0, 0) == chance.Bounds(0.0, 1.0)
    assert not chance.newcombe(1, 1, 0, 0).is_sure
    assert not chance.welch(chance.sample([1.0]), chance.sample([])).is_sure
