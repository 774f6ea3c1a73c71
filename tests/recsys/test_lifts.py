"""What a decision brought: members reached beside members spared, and when nothing may be said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recsys.appraisals.lifts import FEWEST_MEMBERS, Answered, Lift, Thin, Verdict, lifts, verdict_of

MEMBERS = st.builds(
    Answered,
    slates=st.integers(1, 9),
    clicks=st.integers(0, 20).map(float),
    likes=st.integers(0, 20).map(float),
    rated=st.integers(0, 5).map(float),
    stars=st.integers(0, 25).map(float),
)
SIDE = st.lists(MEMBERS, max_size=40)


def of(found, name):
    return next(each for each in found if each.name == name)


# Thirty reached members of two slates each, half with 1 click and half with 3; thirty spared ones with 1 each, but for
# two who clicked 0 and 2. The rates are 60/60 and 30/60; a reached member is off by ±1/2, a spared one by 0, but for
# two by ±1/2: variances 30 * 0.25 / 29 and 2 * 0.25 / 29.
def test_a_difference_worked_by_hand():
    reached = [Answered(2, clicks=1.0)] * 15 + [Answered(2, clicks=3.0)] * 15
    spared = [Answered(2, clicks=1.0)] * 28 + [Answered(2, clicks=0.0), Answered(2, clicks=2.0)]
    found = of(lifts(reached, spared), "clicks")
    assert (found.reached, found.spared, found.difference) == (1.0, 0.5, 0.5)
    one, other = 7.5 / 29 / 30, 0.5 / 29 / 30
    freedom = (one + other) ** 2 / (one**2 / 29 + other**2 / 29)
    half = stats.t.ppf(0.975, freedom) * (one + other) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), rel=0.001)
    assert found.verdict == Verdict.MORE


def test_stars_are_told_per_rating_and_only_of_members_who_rated():
    reached = [Answered(1, rated=2.0, stars=10.0)] * 20 + [Answered(9)] * 50
    spared = [Answered(1, rated=1.0, stars=3.0)] * 40
    found = of(lifts(reached, spared), "stars")
    assert (found.reached, found.spared) == (5.0, 3.0)
    assert (found.verdict, found.why) == (Verdict.CANNOT_TELL, Thin.FEW_MEMBERS)


def test_nothing_is_said_of_too_little():
    many = [Answered(1, clicks=1.0)] * FEWEST_MEMBERS
    quiet = [Answered(1)] * FEWEST_MEMBERS
    assert of(lifts(many, []), "clicks").why == Thin.NOBODY_SPARED
    assert of(lifts(many, many[1:]), "clicks").why == Thin.FEW_MEMBERS
    assert of(lifts(quiet, quiet), "clicks").why == Thin.FEW_ANSWERS
    assert of(lifts(many, many), "clicks").why is None


def _figures(lift: Lift) -> tuple[float, float, float]:
    assert lift.low is not None
    assert lift.difference is not None
    assert lift.high is not None
    return lift.low, lift.difference, lift.high


@given(SIDE, SIDE)
def test_the_interval_holds_the_difference_or_nothing_is_said(reached, spared):
    for each in lifts(reached, spared):
        if each.why:
            assert (each.low, each.high, each.verdict) == (None, None, Verdict.CANNOT_TELL)
        else:
            low, difference, high = _figures(each)
            assert low <= difference + 1e-9
            assert difference <= high + 1e-9


@given(SIDE, SIDE)
def test_exchanging_the_sides_turns_every_difference_round(reached, spared):
    opposite = {Verdict.MORE: Verdict.FEWER, Verdict.FEWER: Verdict.MORE}
    for one, other in zip(lifts(reached, spared), lifts(spared, reached), strict=True):
        if not one.why and not other.why:
            low, difference, high = _figures(other)
            assert _figures(one) == pytest.approx((-high, -difference, -low))
            assert one.verdict == opposite.get(other.verdict, other.verdict)


@given(SIDE, SIDE, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(reached, spared, chance):
    mixed = list(reached)
    chance.shuffle(mixed)
    for one, other in zip(lifts(reached, spared), lifts(mixed, spared), strict=True):
        assert (one.why, one.verdict) == (other.why, other.verdict)
        assert one.reached == pytest.approx(other.reached)


def test_what_is_said_of_all_figures():
    plain = Lift("clicks", 1.0, 1.0, 0.0, -1.0, 1.0, Verdict.UNSURE, None)
    more, fewer = replace(plain, verdict=Verdict.MORE), replace(plain, verdict=Verdict.FEWER)
    thin = replace(plain, verdict=Verdict.CANNOT_TELL)
    assert verdict_of([thin, thin]) == Verdict.CANNOT_TELL
    assert verdict_of([thin, plain]) == Verdict.UNSURE
    assert verdict_of([thin, plain, more]) == Verdict.MORE
    assert verdict_of([plain, fewer]) == Verdict.FEWER
    assert verdict_of([more, fewer]) == Verdict.UNSURE
