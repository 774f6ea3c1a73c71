"""Off-policy estimates: true where the truth is known, and silent where the log cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.evaluation.offpolicy import MOST_WEIGHT, gain, weights

ITEMS = 6
WORTH = np.linspace(0.1, 0.7, ITEMS)


def softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


LOGGING = softmax(np.linspace(1.0, 0.0, ITEMS))
TARGET = softmax(np.linspace(0.0, 1.0, ITEMS))
TRUTH = float((TARGET - LOGGING) @ WORTH)


def log(seed, members=150, each=6):
    """What the logging policy showed, and how it was answered: more or less, by a mood of each member."""
    chance = np.random.default_rng(seed)
    who = np.repeat(np.arange(members), each)
    mood = chance.uniform(0.6, 1.4, members)[who]
    shown = chance.choice(ITEMS, len(who), p=LOGGING)
    rewards = chance.random(len(who)) < WORTH[shown] * mood
    return rewards.astype(float), LOGGING[shown], TARGET[shown], who


def test_the_known_gain_is_found_without_bias_and_the_interval_holds_it():
    found = []
    for seed in range(100):
        rewards, logged, target, who = log(seed)
        found.append(gain(rewards, logged, logged, target, who, seed=seed))
    means = np.array([each.difference.mean for each in found])
    assert abs(means.mean() - TRUTH) < 2 * means.std() / np.sqrt(len(means))
    held = np.mean([each.difference.low <= TRUTH <= each.difference.high for each in found])
    assert 0.88 <= held <= 0.99


def test_the_policy_that_logged_earns_the_logged_mean_and_gains_nothing():
    rewards, logged, _target, who = log(1)
    found = gain(rewards, logged, logged, logged, who)
    assert found.target.mean == pytest.approx(rewards.mean())
    assert (found.difference.mean, found.difference.low, found.difference.high) == (0, 0, 0)
    assert found.size == pytest.approx(len(rewards))
    assert not found.is_thin


def test_what_the_log_holds_little_of_is_thin():
    rewards, logged, target, who = log(2)
    rare = np.where(np.arange(len(who)) < 150, target, 0.0)
    assert gain(rewards, logged, logged, rare, who).is_thin
    assert not gain(rewards, logged, logged, target, who).is_thin
    assert gain(rewards, logged, logged, target, who // 10).is_thin
    none = np.zeros(0)
    assert gain(none, none, none, none, np.zeros(0, int)).is_thin


def test_weights_are_clipped_and_counted():
    told = weights(np.array([1.0, 0.5]), np.array([0.001, 0.5]))
    assert told.tolist() == [MOST_WEIGHT, 1.0]
    found = gain(np.ones(2), np.array([0.001, 0.5]), np.ones(2), np.array([1.0, 0.5]), np.arange(2))
    assert found.clipped == 1


@pytest.mark.parametrize("logged", [0.0, -0.1, 1.5, float("nan")])
def test_a_chance_that_is_none_is_refused(logged):
    with pytest.raises(ValueError, match="chance"):
        weights(np.ones(1), np.array([logged]))


def test_the_same_log_and_seed_give_the_same_interval():
    rewards, logged, target, who = log(3)
    assert gain(rewards, logged, logged, target, who) == gain(rewards, logged, logged, target, who)
