"""Preferences: what planted members choose by is found again, and no more is said of one than their choices say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.ml.blends.conditional_logit import RIDGE, fit
from recsys.ml.members.choices import gather
from recsys.ml.members.preferences import VARIANCE, Population, infer, learn
from tests.recsys.ml.choosers import SHOWN, drawn, nothing

MEAN = np.array([1.0, -0.5, 0.0])
SPREAD = np.array([0.9, 0.4, 0.2])
MEMBERS = 300


@pytest.fixture(scope="module")
def planted():
    """Members of a population, their choices, and what was learned of them."""
    random = np.random.default_rng(7)
    theta = MEAN + SPREAD * random.normal(size=(MEMBERS, 3))
    choices = drawn(theta, 40, random)
    population = learn(choices)
    return theta, choices, population, infer(choices, population)


def test_the_population_that_was_planted_is_found(planted):
    theta, _choices, population, _tastes = planted
    assert population.mean == pytest.approx(theta.mean(axis=0), abs=0.08)
    assert np.sqrt(population.variance) == pytest.approx(theta.std(axis=0), abs=0.08)


def test_the_weights_of_members_that_were_planted_lie_in_their_intervals(planted):
    theta, _choices, population, tastes = planted
    inside = np.abs(tastes.theta - theta) < 1.96 * tastes.deviation
    assert 0.92 < inside.mean() < 0.98
    alike = np.mean((population.mean - theta) ** 2, axis=0)
    assert (np.mean((tastes.theta - theta) ** 2, axis=0) < alike).all()


def test_whoever_chose_nothing_is_taken_for_the_mean_and_nothing_surer():
    population = Population(np.array([0.7, -0.2]), np.array([0.5, 2.0]))
    tastes = infer(nothing(2, 2), population)
    assert tastes.theta == pytest.approx(np.tile(population.mean, (2, 1)))
    assert tastes.deviation == pytest.approx(np.tile(np.sqrt(population.variance), (2, 1)))


def test_few_choices_say_less_than_many():
    random = np.random.default_rng(3)
    population, own = Population(np.zeros(1), np.ones(1)), np.array([[2.0]])
    few, many = (infer(drawn(own, times, random), population) for times in (2, 400))
    assert many.deviation < few.deviation < 1
    assert abs(many.theta - own) < 0.4


def test_weights_are_where_the_penalised_likelihood_is_highest():
    # One of two, x = 1 for the chosen, N(0, 1): 1 − P = θ, so that θ = 1 / (1 + exp θ) = 0.4012.
    first = np.array([0])
    one = gather(np.array([[1.0], [0.0]]), np.array([2]), first, first, 1)
    tastes = infer(one, Population(np.zeros(1), np.ones(1)))
    assert tastes.theta == pytest.approx(np.array([[0.401058]]), abs=1e-6)
    # The curve there: P (1 − P) + 1 with 1 − P = 0.401058.
    assert tastes.deviation == pytest.approx(np.array([[1.240210**-0.5]]), abs=1e-5)


def test_weights_of_all_alike_are_those_of_the_conditional_logit_of_blends():
    random = np.random.default_rng(5)
    features = random.normal(size=(200, SHOWN, 2))
    choices = drawn(np.array([[0.8, 0.3]]), 200, random, features)
    chosen = np.array([np.flatnonzero(~case.any(axis=1))[0] for case in _leads(choices)])
    known = fit(features, np.zeros((200, SHOWN)), chosen)
    # Its ridge is on the mean, ours on the sum of all choices.
    alike = Population(np.zeros(2), np.full(2, 1 / (2 * RIDGE * 200)))
    assert infer(choices, alike).theta[0] == pytest.approx(known, abs=1e-4)


def _leads(choices):
    return choices.lead.reshape(-1, SHOWN, choices.size)


def test_where_an_item_stood_is_not_taken_for_taste():
    """Members choose by slot alone, and their slates lead with what has the tag."""
    random = np.random.default_rng(11)
    slots = np.log(np.arange(1, SHOWN + 1))
    tagged = random.random((60 * 40, SHOWN)) < np.linspace(0.9, 0.1, SHOWN)
    features = np.stack([tagged, np.broadcast_to(slots, tagged.shape)], axis=2).astype(float)
    choices = drawn(np.tile([0.0, -1.2], (60, 1)), 40, random, features)
    assert learn(choices).mean == pytest.approx([0.0, -1.2], abs=0.1)
    blind = gather(
        features[:, :, :1].reshape(-1, 1),
        np.full(2400, SHOWN),
        np.array([np.flatnonzero(~case.any(axis=1))[0] for case in _leads(choices)]),
        choices.owners,
        60,
    )
    assert learn(blind).mean > 0.5, "else this test shows nothing"


def test_nobodys_choices_leave_the_population_as_wide_as_it_was_taken_to_be():
    found = learn(nothing(2, 0))
    assert found.mean == pytest.approx([0, 0])
    assert found.variance == pytest.approx([VARIANCE] * 2)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_neither_the_order_of_choices_nor_that_of_alternatives_matters(seed):
    random = np.random.default_rng(seed)
    features, owners = random.normal(size=(9, 4, 2)), random.integers(0, 3, 9)
    chosen, sizes = random.integers(0, 4, 9), np.full(9, 4)
    order, turn = random.permutation(9), random.permutation(4)
    plain = gather(features.reshape(-1, 2), sizes, chosen, owners, 3)
    mixed = gather(
        features[order][:, turn].reshape(-1, 2),
        sizes,
        np.argsort(turn)[chosen[order]],
        owners[order],
        3,
    )
    one, other = learn(plain, rounds=5), learn(mixed, rounds=5)
    assert other.mean == pytest.approx(one.mean, abs=1e-7)
    assert other.variance == pytest.approx(one.variance, abs=1e-7)
    assert infer(mixed, one).theta == pytest.approx(infer(plain, one).theta, abs=1e-7)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(1.0, 30.0))
def test_newton_arrives_from_wherever_it_starts(seed, far):
    random = np.random.default_rng(seed)
    choices = drawn(random.normal(size=(2, 2)), 3, random)
    population = Population(np.zeros(2), np.full(2, 4.0))
    near = infer(choices, population)
    assert infer(choices, population, far * random.normal(size=(2, 2))).theta == pytest.approx(
        near.theta, abs=1e-6
    )
