from __future__ import annotations

import math

import numpy as np
import pytest

from recsys.ml.configs import ItemKnnConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.scorers.item_knn import ItemKnn, fit
from tests.recsys.ml.scorer_contract import PersonalScorerContract

ITEMS = Vocabulary.of("abc")


class TestItemKnnKeepsTheContract(PersonalScorerContract):
    family = "item_knn"


def fitted(**settings: object) -> ItemKnn:
    """Two members have a and b, one of them c too, a third b alone."""
    rows = Interactions.of([1, 1, 1, 2, 2, 3], list("abcabb"), [1.0] * 6, range(6))
    return fit(parse(ItemKnnConfig, settings), rows, ITEMS, Training())


def scores(scorer: ItemKnn, *items: str) -> list[float]:
    member = History.of((item, 1.0, at) for at, item in enumerate(items))
    return [float(score) for score in scorer.score([member], ITEMS)[0]]


def test_similarity_is_the_shrunk_cosine():
    assert scores(fitted(shrink=2.0), "a") == pytest.approx(
        [0, 2 / (math.sqrt(2 * 3) + 2), 1 / (math.sqrt(2 * 1) + 2)]
    )


def test_only_the_nearest_items_of_each_item_speak_for_it():
    scorer = fitted(shrink=0.0, neighbours=1)
    assert scores(scorer, "b")[0] == pytest.approx(2 / math.sqrt(6))
    assert scores(scorer, "c")[0] == 0


def test_earlier_items_weigh_less_by_the_decay():
    scorer = fitted(shrink=0.0, decay=0.5)
    np.testing.assert_allclose(
        scores(scorer, "a", "b")[2],
        0.5 * (1 / math.sqrt(2)) + 1.0 * (1 / math.sqrt(3)),
        rtol=1e-6,
    )


@pytest.mark.parametrize("neighbours", [1, 3, 7])
def test_of_items_that_are_as_near_the_first_ones_are_kept(neighbours):
    likes = np.random.default_rng(neighbours).random((9, 24)) < 0.4
    members, items = np.nonzero(likes)
    rows = Interactions.of(members.tolist(), items.tolist(), [1.0] * len(items), range(len(items)))
    settings = {"shrink": 2.0, "neighbours": neighbours}
    found = fit(parse(ItemKnnConfig, settings), rows, Vocabulary.of(range(24)), Training())
    likes = likes[:, np.array(found.items.ids, np.int64)]
    counts = likes.T.astype(float) @ likes
    sizes = np.sqrt(np.diag(counts))
    near = counts / (np.outer(sizes, sizes) + 2.0)
    np.fill_diagonal(near, 0)
    # To single precision, as the model is kept: of more digits, equal ones differ.
    kept = np.argsort(-near.astype(np.float32), axis=1, kind="stable")[:, :neighbours]
    of_kept = np.zeros_like(near)
    np.put_along_axis(of_kept, kept, np.take_along_axis(near, kept, axis=1), axis=1)
    asked = [History.of([(item, 1.0, 0.0)]) for item in found.items.ids]
    np.testing.assert_allclose(found.score(asked, found.items), of_kept.T, rtol=1e-6)
