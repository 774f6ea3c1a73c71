from __future__ import annotations

import math

import pytest

from recsys.ml.configs import UserKnnConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.folding import DAY_S
from recsys.ml.scorer import Training
from recsys.ml.scorers.user_knn import UserKnn, fit
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


TIMED = Interactions.of(
    ["x", "x", "y", "y"], list("abac"), [1.0] * 4, [0, 2 * DAY_S, 5 * DAY_S, 10 * DAY_S]
)
"""x liked b on day 2, y liked c on day 10, the newest; both had liked a, so both are alike to who likes a."""


def told_on(day: float, **settings: object) -> dict[str, float]:
    """Scores for who liked a on a day, times √2, which is one over the similarity of either neighbour."""
    scorer = fit(parse(UserKnnConfig, {"shrink": 0.0} | settings), TIMED, ITEMS, Training())
    scores = scorer.score([History.of([("a", 1.0, day * DAY_S)])], ITEMS)[0]
    return {item: math.sqrt(2) * float(scores[ITEMS.places[item]]) for item in "bc"}


def test_what_neighbours_did_long_ago_counts_less():
    assert told_on(4) == pytest.approx({"b": 1, "c": 1})
    assert told_on(4, half_life_days=2) == pytest.approx({"b": 1 / 16, "c": 1})


def test_what_neighbours_did_counts_by_how_far_from_the_members_last_interaction_it_was():
    assert told_on(4, before_days=1) == pytest.approx({"b": 1 / 4, "c": 1})
    assert told_on(4, after_days=3) == pytest.approx({"b": 1, "c": 1 / 4})
    assert told_on(4, before_days=1, after_days=3, half_life_days=8) == pytest.approx(
        {"b": 1 / 8, "c": 1 / 4}
    )


def test_who_comes_long_after_all_likes_gets_the_latest_of_them():
    assert told_on(14, before_days=1) == pytest.approx({"b": 1 / 256, "c": 1})
    assert told_on(1e6, before_days=0.1)["c"] == pytest.approx(1)


def test_an_explanation_of_fading_likes_adds_up_to_the_score():
    settings = {"half_life_days": 2.0, "before_days": 1.0, "after_days": 4.0}
    scorer = fit(parse(UserKnnConfig, settings), TIMED, ITEMS, Training())
    member = History.of([("a", 1.0, 3 * DAY_S), ("b", 1.0, 6 * DAY_S)])
    told = scorer.explain(member, "c")
    assert told is not None
    score = scorer.score([member], ITEMS)[0, ITEMS.places["c"]]
    assert sum(share for _, share in told.contributions) == pytest.approx(float(score))


def test_a_model_of_before_likes_had_ages_scores_as_it_did():
    scorer = fitted()
    kept = {
        name: array for name, array in scorer.arrays().items() if name not in ("ages", "newest")
    }
    old = UserKnn.restore(scorer.config, scorer.items, kept)
    assert scores(old, "a") == scores(scorer, "a")
    assert "ages" not in old.arrays()
