"""Intervals, against figures that were published or worked out elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
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


def test_of_none_and_of_all_the_interval_ends_exactly_there():
    for n in range(1, 200):
        assert chance.wilson(0, n).low == 0.0
        assert chance.wilson(n, n).high == 1.0


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


# Two members: 4 clicks in 8 slates and 2 in 2. The rate is 6/10; the mean member has 5 slates. Off the rate they are
# (4 - 0.6*8)/5 = -0.16 and (2 - 0.6*2)/5 = 0.16, so the variance of one is 2 * 0.0256 / 1.
def test_a_rate_over_members_worked_by_hand():
    found = chance.ratio([(4, 8), (2, 2)])
    assert found.n == 2
    assert found.mean == pytest.approx(0.6)
    assert found.variance == pytest.approx(0.0512)


CLUSTERS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda each: tuple(map(float, each))),
    min_size=2,
    max_size=30,
)


@given(CLUSTERS)
def test_a_rate_over_members_of_one_slate_each_is_a_mean(pairs):
    ones = [(y, 1.0) for y, _x in pairs]
    wanted = chance.sample([y for y, _x in pairs])
    found = chance.ratio(ones)
    assert found.n == wanted.n
    assert found.mean == pytest.approx(wanted.mean)
    assert found.variance == pytest.approx(wanted.variance, abs=1e-9)


@given(CLUSTERS, st.sampled_from([2.0, 7.0, 100.0]))
def test_a_rate_does_not_depend_on_what_is_called_one(pairs, scale):
    one, other = chance.ratio(pairs), chance.ratio([(y, x * scale) for y, x in pairs])
    assert other.mean * scale == pytest.approx(one.mean)
    assert other.variance * scale**2 == pytest.approx(one.variance, abs=1e-9)


@given(CLUSTERS)
def test_a_member_who_does_the_same_again_makes_a_rate_no_surer(pairs):
    """Twice the slates of each member with twice the clicks is the same evidence; twice the members is more."""
    once, twice = chance.ratio(pairs), chance.ratio([(2 * y, 2 * x) for y, x in pairs])
    assert twice.mean == pytest.approx(once.mean)
    assert twice.variance == pytest.approx(once.variance, abs=1e-9)
    more = chance.ratio([*pairs, *pairs])
    assert more.mean == pytest.approx(once.mean)
    assert more.variance / more.n <= once.variance / once.n + 1e-12


def test_a_rate_of_nothing_bounds_nothing():
    assert not chance.welch(chance.ratio([(1.0, 2.0), (2.0, 2.0)]), chance.ratio([])).is_sure
