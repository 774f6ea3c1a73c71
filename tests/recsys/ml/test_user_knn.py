from __future__ import annotations

import math

import pytest

from recsys.ml.configs import UserKnnConfig
from recsys.ml.configuration import parse
from recsys.ml.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.user_knn import UserKnn, fit
from tests.recsys.ml.scorer_contract import PersonalScorerContract

ITEMS = Vocabulary.of("abcd")
ROWS = Interactions.of(
    ["x", "x", "y", "y", "y", "z"], list("ababcd"), [1.0] * 6, [1, 2, 3, 4, 5, 6]
)
"""x likes a and b, y a, b and c, z only d; z came last, x first."""


class TestUserKnnKeepsTheContract(PersonalScorerContract):
    family = "user_knn"


def fitted(**settings: object) -> UserKnn:
    return fit(parse(UserKnnConfig, {"shrink": 0.0} | settings), ROWS, ITEMS, Training())


def scores(scorer: UserKnn, *items: str) -> list[float]:
    member = History.of((item, 1.0, at) for at, item in enumerate(items))
    return [float(score) for score in scorer.score([member], ITEMS)[0]]


def test_each_neighbour_speaks_for_its_items_by_the_shrunk_cosine():
    x, y = 1 / (math.sqrt(2) + 2), 1 / (math.sqrt(3) + 2)
    assert scores(fitted(shrink=2.0), "a") == pytest.approx([x + y, x + y, y, 0])


def test_only_the_nearest_members_are_asked():
    assert scores(fitted(neighbours=1), "a")[2] == 0
    assert scores(fitted(neighbours=2), "a")[2] == pytest.approx(1 / math.sqrt(3))


def test_the_members_kept_are_those_who_came_last():
    scorer = fitted(members=2)
    assert len(scorer.norms) == 2
    assert scores(scorer, "a") == pytest.approx([1 / math.sqrt(3)] * 3 + [0])


def test_of_each_member_the_latest_likes_are_kept():
    assert scores(fitted(history=1), "a") == [0, 0, 0, 0]
    assert scores(fitted(history=1), "c")[2] == pytest.approx(1.0)


def test_an_explanation_follows_the_neighbours_who_liked_the_item():
    member = History.of([("a", 1.0, 1), ("d", 1.0, 2)])
    told = fitted(decay=1.0).explain(member, "c")
    assert told is not None
    shares = dict(told.contributions)
    assert shares["a"] == pytest.approx(1 / math.sqrt(2 * 3))
    assert shares["d"] == 0


def test_no_order_of_ids_is_kept():
    names = {"x": "3", "y": "1", "z": "2"}
    members = [names[str(each)] for each in ROWS.member_ids.at(ROWS.members)]
    renamed = Interactions.of(members, ROWS.item_ids.at(ROWS.items), ROWS.values, ROWS.times)
    other = fit(parse(UserKnnConfig, {"shrink": 0.0}), renamed, ITEMS, Training())
    for name, array in other.arrays().items():
        assert array.tolist() == fitted().arrays()[name].tolist()
