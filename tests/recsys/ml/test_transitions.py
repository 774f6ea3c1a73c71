from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.configs import TransitionsConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers.transitions import Transitions, fit
from tests.recsys.ml.scorer_contract import PersonalScorerContract

ITEMS = Vocabulary.of("abcd")


class TestTransitionsKeepTheContract(PersonalScorerContract):
    family = "transitions"
    sequential = True


def fitted(rows: Interactions, **settings: object) -> Transitions:
    return fit(parse(TransitionsConfig, {"shrink": 0.0} | settings), rows, ITEMS, Training())


def chain(*members: str, values: float = 1.0) -> Interactions:
    """Each member does the letters of a word in turn."""
    said = [
        (member, item, at) for member, word in enumerate(members) for at, item in enumerate(word)
    ]
    names, items, times = zip(*said, strict=True)
    return Interactions.of(names, items, [values] * len(said), times)


def scores(scorer: Transitions, *items: str) -> list[float]:
    member = History.of((item, 1.0, at) for at, item in enumerate(items))
    return [float(score) for score in scorer.score([member], ITEMS)[0]]


def test_a_later_step_counts_less_by_its_lag():
    assert scores(fitted(chain("abcd")), "a") == pytest.approx(
        [0, 6 / 11, 3 / 11, 2 / 11], rel=1e-6
    )


def test_steps_beyond_the_lags_do_not_count():
    assert scores(fitted(chain("abcd"), lags=1), "a") == pytest.approx([0, 1, 0, 0])


def test_nothing_follows_backwards_or_across_members():
    assert scores(fitted(chain("ab", "cd")), "b") == [0, 0, 0, 0]


def test_a_rare_item_is_shrunk():
    scorer = fitted(chain("ab", "ab", "ab", "cd"), lags=1, shrink=1.0)
    assert scores(scorer, "a")[1] == pytest.approx(3 / 4)
    assert scores(scorer, "c")[3] == pytest.approx(1 / 2)


def test_the_last_item_counts_whole_and_earlier_ones_by_their_share():
    scorer = fitted(chain("ab", "cd"), lags=1, earlier=0.3, decay=0.5)
    assert scores(scorer, "a", "c")[1] == pytest.approx(0.3 * 0.5)
    assert scores(scorer, "a", "c")[3] == pytest.approx(1.0)


def test_a_dislike_is_no_step():
    rows = Interactions.of([0, 0, 0], list("abc"), [1.0, 0.0, 1.0], [0, 1, 2])
    assert scores(fitted(rows, lags=1), "a")[2] == pytest.approx(1.0)


def test_so_so_counts_half_of_a_like():
    rows = Interactions.of([0, 0, 1, 1], list("abac"), [1.0, 0.5, 1.0, 1.0], [0, 1, 0, 1])
    assert scores(fitted(rows, lags=1), "a")[1:3] == pytest.approx([1 / 3, 2 / 3])


def test_members_with_one_interaction_teach_nothing():
    with pytest.raises(Untrainable, match="no member has two interactions"):
        fitted(chain("a", "b"))


def test_what_is_kept_grows_with_the_interactions_not_with_the_square_of_items():
    scorer = fitted(chain(*["abcd"] * 5))
    assert len(scorer.following.columns) == np.count_nonzero(np.triu(np.ones((4, 4)), 1))
