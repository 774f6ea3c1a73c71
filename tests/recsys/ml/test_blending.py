from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from recsys.ml.blends.choosing import Blend, blended, choose, mixed, utilities
from recsys.ml.blends.questions import STEADY, scales_of
from recsys.ml.data.interactions import History
from recsys.ml.evaluation.asking import Case
from recsys.ml.evaluation.reports import evaluate
from tests.recsys.ml.noisy import CATALOGUE, Noisy, cases


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


def test_all_targets_of_a_member_speak():
    asked = [
        replace(case, targets=(39 - int(str(case.targets[0])), *case.targets)) for case in cases()
    ]
    last = [replace(case, targets=case.targets[1:]) for case in asked]
    scorers = {"last": Noisy(last, 1, 9.0), "first": Noisy(asked, 2, 3.0)}
    blend = choose(scorers, asked, CATALOGUE).blend
    assert min(blend.weights.values()) > 0
    alone = choose(scorers, last, CATALOGUE).blend
    assert alone.weights == {"last": 1.0, "first": 0.0}


def test_nothing_to_choose_by_is_said():
    with pytest.raises(ValueError, match="no validation case"):
        choose({}, [Case("m", History.of(()), (1,))], CATALOGUE)


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
