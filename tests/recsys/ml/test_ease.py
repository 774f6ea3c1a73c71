from __future__ import annotations

import numpy as np
import pytest

from recsys.ml import ease
from recsys.ml.configs import EaseConfig
from recsys.ml.scorer import Training, Untrainable
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, world


class TestEaseKeepsTheContract(PersonalScorerContract):
    family = "ease"
    parameters = {"regularization": 10.0}


def test_the_weights_are_those_of_the_closed_form():
    rows = world()
    scorer = ease.fit(EaseConfig(regularization=5.0), rows, CATALOGUE, Training())
    liked = np.zeros((len(rows.member_ids), len(rows.item_ids)))
    liked[rows.members, rows.items] = rows.values
    inverse = np.linalg.inv(liked.T @ liked + 5.0 * np.eye(liked.shape[1]))
    expected = np.eye(liked.shape[1]) - inverse / np.diag(inverse)
    np.testing.assert_allclose(scorer.weights, expected, atol=1e-6)


def test_the_inverse_is_whole_across_blocks(monkeypatch):
    whole = ease.fit(EaseConfig(), world(), CATALOGUE, Training())
    monkeypatch.setattr(ease, "BLOCK", 5)
    np.testing.assert_allclose(
        ease.fit(EaseConfig(), world(), CATALOGUE, Training()).weights, whole.weights, atol=1e-7
    )


def test_too_many_items_are_refused_before_memory_is_taken(monkeypatch):
    monkeypatch.setattr(ease, "MOST_ITEMS", 3)
    with pytest.raises(Untrainable, match="12 items are more than 3: raise 'least'"):
        ease.fit(EaseConfig(), world(), CATALOGUE, Training())
