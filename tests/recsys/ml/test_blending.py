from __future__ import annotations

import json

import numpy as np
import pytest

from recsys.ml.blending import STEADY, Blend, _loss, blended, choose, mixed, scales_of, utilities
from recsys.ml.evaluation import Case
from recsys.ml.interactions import History, Vocabulary
from recsys.ml.reports import evaluate

CATALOGUE = Vocabulary.of(range(40))
CHANCE = np.random.default_rng(11)


def cases(count: int = 120) -> list[Case]:
    """Each member is known by the one item of their history, and wants one of two items by it."""
    made = []
    for member in range(count):
        target = int(CHANCE.integers(40))
        made.append(Case(member, History.of([(("id", member), 1.0, 0.0)]), (target,)))
    return made


class Noisy:
    """Sees each target through its own noise: two of them together see more than one."""

    def __init__(self, asked: list[Case], seed: int, clear: float) -> None:
        chance = np.random.default_rng(seed)
        self.rows = {}
        for case in asked:
            row = chance.normal(size=40)
            row[CATALOGUE.places[case.targets[0]]] += clear
            self.rows[case.history.items[0]] = row

    def __call__(self, histories, items):
        return np.stack([self.rows[history.items[0]] for history in histories])


def test_the_chosen_blend_beats_each_of_its_scorers():
    asked = cases()
    scorers = {
        "one": Noisy(asked, 1, 1.5),
        "two": Noisy(asked, 2, 1.5),
        "noise": Noisy(asked, 3, 0),
    }
    choice = choose(scorers, asked, CATALOGUE)
    assert choice.beats_all
    assert choice.blend.weights["one"] > 0
    assert choice.blend.weights["two"] > 0
    assert choice.blend.weights["noise"] < 1
    assert choice.report.members.ndcg > 1.1 * choice.alone["one"].members.ndcg
    again = evaluate(blended(choice.blend, scorers), asked, CATALOGUE)
    assert again == choice.report
    json.dumps(choice.as_json(), allow_nan=False)


def test_a_scorer_that_cannot_be_bettered_stands_alone():
    asked = cases()
    scorers = {"sure": Noisy(asked, 1, 99.0), "noise": Noisy(asked, 2, 0.0)}
    choice = choose(scorers, asked, CATALOGUE)
    assert choice.blend.weights == {"sure": 1.0, "noise": 0.0}
    assert not choice.beats_all


def test_nothing_to_choose_by_is_said():
    with pytest.raises(ValueError, match="no validation case"):
        choose({}, [Case("m", History.of(()), (1,))], CATALOGUE)


def test_beta_is_where_the_likelihood_is_highest():
    lead = np.array([[0.0, 1.0, -1.0], [0.0, -2.0, -np.inf], [0.0, -1.0, -1.0]])
    beta = choose_beta(lead)
    best, slope = _loss(np.array([beta]), lead)
    assert abs(slope[0]) < 1e-6
    for other in (0.5 * beta, 2 * beta):
        assert _loss(np.array([other]), lead)[0] > best


def test_the_slope_of_the_likelihood_is_its_derivative():
    lead = np.array([[0.0, 1.0, -1.0], [0.0, -2.0, -np.inf]])
    ahead, behind = (_loss(np.array([0.7 + step]), lead)[0] for step in (1e-6, -1e-6))
    assert _loss(np.array([0.7]), lead)[1][0] == pytest.approx((ahead - behind) / 2e-6, rel=1e-5)


def choose_beta(lead):
    low, high = 0.01, 4.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _loss(np.array([middle]), lead)[1][0] < 0 else (low, middle)
    return low


def test_a_scorer_that_knows_nothing_hands_its_weight_to_the_others():
    nothing = np.full((1, 3), np.nan)
    some = np.array([[1.0, 2.0, np.nan]])
    mixture = mixed({"a": 1.0, "b": 3.0}, {"a": some, "b": nothing})
    np.testing.assert_allclose(mixture, [[4.0, 8.0, np.nan]])


def test_a_single_unknown_score_is_neutral():
    parts = {"a": np.array([[1.0, np.nan]]), "b": np.array([[1.0, 1.0]])}
    np.testing.assert_allclose(mixed({"a": 2.0, "b": 1.0}, parts), [[3.0, 1.0]])


def test_utilities_are_logits_on_the_declared_scales():
    blend = Blend({"a": 2.0, "b": 0.0}, {"a": "min_max", "b": "z"}, beta=1.5)
    found = utilities(blend, {"a": np.array([[1.0, 3.0, 2.0]]), "b": np.array([[9.0, 1.0, 1.0]])})
    np.testing.assert_allclose(found, [[0.0, 3.0, 1.5]])


def test_a_heavy_tailed_scorer_keeps_a_linear_scale():
    assert scales_of("popularity", STEADY) == ["z", "min_max"]
    assert scales_of("ease", STEADY) == STEADY
