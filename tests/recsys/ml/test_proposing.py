from __future__ import annotations

import json

import pytest

from recsys.ml.blends.choosing import Blend
from recsys.ml.blends.proposing import from_last_item, propose
from recsys.ml.data.interactions import History
from recsys.ml.evaluation.asking import Case
from tests.recsys.ml.noisy import CATALOGUE, Noisy, cases

ASKED = cases(600)
SCORERS = {
    "one": Noisy(ASKED, 1, 1.5),
    "two": Noisy(ASKED, 2, 1.5),
    "noise": Noisy(ASKED, 3, 0.0),
}
ALONE = Blend({"noise": 1.0}, {"noise": "z"})


@pytest.fixture(scope="module")
def proposal():
    """What is proposed for these scorers, to whoever only looks."""
    return propose(SCORERS, ASKED, CATALOGUE, ALONE)


def test_two_that_see_differently_gain_over_each_and_noise_is_left_out(proposal):
    weights = proposal.blend.weights
    assert max(weights.values()) == 1.0
    assert min(weights["one"], weights["two"]) > 0.4
    assert weights["noise"] < 0.2
    assert proposal.over_best.is_above
    assert proposal.over_present.is_above
    assert proposal.blend.beta > 0
    json.dumps(proposal.as_json(), allow_nan=False)


def test_those_who_fit_do_not_judge(proposal):
    assert proposal.fitted_on <= 300
    assert {each.n for each in proposal.ndcg.values()} == {300}

    def cheat(histories, items):
        """Knows the answers of the half that fits, and nothing of the other."""
        scores = SCORERS["noise"](histories, items)
        for row, history in enumerate(histories):
            number = history.items[0][1]
            if number % 2 == 0:
                scores[row, CATALOGUE.places[ASKED[number].targets[0]]] += 99
        return scores

    cheated = propose({**SCORERS, "cheat": cheat}, ASKED, CATALOGUE, ALONE)
    assert cheated.blend.weights["cheat"] > 0.5
    assert not cheated.over_best.is_above
    assert cheated.ndcg["cheat"].mean < cheated.ndcg["one"].mean


def test_the_blend_that_holds_already_gains_nothing(proposal):
    again = propose(SCORERS, ASKED, CATALOGUE, proposal.blend)
    assert (again.over_present.mean, again.over_present.n) == (0.0, 300)


def test_the_same_question_gives_the_same_proposal(proposal):
    assert propose(SCORERS, ASKED, CATALOGUE, ALONE) == proposal


def test_too_few_members_are_said():
    with pytest.raises(ValueError, match="fewer than two members"):
        propose(SCORERS, ASKED[:1], CATALOGUE, ALONE)


def test_a_page_of_similar_items_knows_the_last_item_alone():
    history = History.of([("a", 0.0, 1.0), ("b", 0.5, 2.0)])
    (case, *others) = from_last_item([Case("m", history, (3,)), Case("n", History.of([]), (3,))])
    assert not others
    assert (case.history.items, case.history.values.tolist()) == (("b",), [1.0])
