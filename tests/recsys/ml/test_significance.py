from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.evaluation.significance import holm, sign_flip


def test_models_that_do_the_same_do_not_differ():
    figures = np.array([0.0, 1.0, 0.5, np.nan])
    assert sign_flip(figures, figures) == 1.0


def test_few_members_bound_how_small_p_can_be():
    # Three gains of one size: of eight draws of signs, two are as far from nothing.
    assert sign_flip(np.ones(3), np.zeros(3)) == pytest.approx(0.25, abs=0.02)


def test_a_difference_of_most_members_is_beyond_chance_and_noise_is_not():
    chance = np.random.default_rng(0)
    noise = chance.normal(size=400)
    assert sign_flip(noise + 0.5, np.zeros(400)) < 0.001
    assert sign_flip(noise - noise.mean() + 0.001, np.zeros(400)) > 0.5


def test_the_direction_does_not_matter():
    chance = np.random.default_rng(1)
    one, other = chance.random(50), chance.random(50)
    assert sign_flip(one, other) == sign_flip(other, one)


def test_p_is_uniform_where_nothing_differs():
    chance = np.random.default_rng(2)
    found = [sign_flip(chance.normal(size=30), np.zeros(30), seed) for seed in range(100)]
    assert 0.3 < np.mean(found) < 0.7
    assert np.mean(np.array(found) < 0.1) < 0.2


def test_unpaired_figures_are_refused():
    with pytest.raises(ValueError, match="3 and 2 members cannot be paired"):
        sign_flip(np.ones(3), np.ones(2))


def test_holm_steps_down_and_never_falls():
    found = holm({"b": 0.03, "a": 0.01, "c": 0.04, "d": 0.9})
    assert found == pytest.approx({"b": 0.09, "a": 0.04, "c": 0.09, "d": 0.9})
    assert holm({}) == {}
    assert holm({"a": 0.7, "b": 0.8}) == {"a": 1.0, "b": 1.0}
