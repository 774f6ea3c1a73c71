"""Clusters: who is put together, and what each of them likes lately."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.ml import folding
from recsys.ml.configs import ClusterConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.scorers import cluster
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, DAY, LEFT, NOW, RIGHT, history, world


class TestClusterKeepsTheContract(PersonalScorerContract):
    family = "cluster"
    parameters = {"clusters": 2, "factors": 4, "half_life_days": 30.0, "shrink": 1.0}


def fitted(rows: Interactions | None = None, **settings: object) -> cluster.Cluster:
    config = parse(ClusterConfig, {"factors": 4, "half_life_days": 36_500.0, **settings})
    return cluster.fit(config, world() if rows is None else rows, CATALOGUE, Training())


def test_two_tastes_are_two_clusters_and_each_likes_its_own():
    scorer = fitted(clusters=2, nearest=1, shrink=0.0)
    assert len(scorer.centres) == 2
    for half, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
        row = scorer.score([history(half[0])], CATALOGUE)[0]
        assert row[CATALOGUE.indexes(half)].sum() == pytest.approx(1.0, abs=1e-5)
        assert row[CATALOGUE.indexes(other)] == pytest.approx([0] * 6, abs=1e-6)


def test_the_share_of_an_item_is_counted_in_its_cluster_and_halves_with_age():
    rows = Interactions.of(
        ["a", "a", "b", "c", "c"],
        [LEFT[0], LEFT[1], LEFT[0], RIGHT[0], RIGHT[1]],
        [1.0] * 5,
        [NOW - DAY, NOW, NOW, NOW, NOW],
    )
    scorer = fitted(rows, clusters=2, nearest=1, shrink=0.0, half_life_days=1.0)
    row = scorer.score([history(LEFT[0])], CATALOGUE)[0]
    assert row[CATALOGUE.indexes(LEFT[:2])] == pytest.approx([1.5 / 2.5, 1.0 / 2.5], abs=1e-5)


def test_a_strong_pull_makes_every_cluster_like_what_everyone_likes():
    scorer = fitted(clusters=2, nearest=1, shrink=100_000.0)
    left, right = scorer.score([history(LEFT[0]), history(RIGHT[0])], CATALOGUE)
    known = CATALOGUE.indexes((*LEFT, *RIGHT))
    np.testing.assert_allclose(left[known], right[known], atol=1e-3)


def test_a_mixed_history_is_between_its_clusters():
    scorer = fitted(clusters=2, nearest=2, shrink=0.0, decay=1.0)
    mixed, left = scorer.score([history(LEFT[0], RIGHT[0]), history(LEFT[0])], CATALOGUE)
    halves = [mixed[CATALOGUE.indexes(half)].sum() for half in (LEFT, RIGHT)]
    assert sum(halves) == pytest.approx(1.0, abs=1e-4)
    assert min(halves) > 0.2
    assert left[CATALOGUE.indexes(LEFT)].sum() > 0.9


def test_members_without_a_like_are_put_nowhere():
    rows = world()
    fans = [str(each) for each in rows.member_ids.at(rows.members)]
    sour = Interactions.of(
        [*fans, "sour"],
        [*rows.item_ids.at(rows.items), LEFT[0]],
        [*rows.values.tolist(), 0.0],
        [*rows.times.tolist(), NOW],
    )
    assert len(fitted(sour, clusters=2, dislike=0.0).centres) == 2


def test_more_clusters_than_members_are_as_many_as_there_are():
    rows = Interactions.of(["a", "b"], [LEFT[0], RIGHT[0]], [1.0, 1.0], [NOW, NOW])
    assert len(fitted(rows, clusters=9).centres) == 2


def test_all_histories_weighed_at_once_weigh_as_each_alone():
    rows = world().latest()
    config = ClusterConfig(decay=0.7, daily_decay=0.9, dislike=0.3)
    together = folding.recencies(config, rows)
    alone = [folding.recency(config, rows.history(member)) for member in rows.member_ids.ids]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5)


def by_hand(factors, centres, popular, **settings: object) -> cluster.Cluster:
    config = parse(ClusterConfig, {"factors": 2, **settings})
    items = Vocabulary.of(LEFT[: len(factors)])
    arrays = {"factors": factors, "centres": centres, "popular": popular}
    told = {name: np.asarray(each, np.float32) for name, each in arrays.items()}
    return cluster.Cluster.restore(config, items, told)


def test_a_cluster_leaves_the_nearest_without_a_jump():
    """Half way between two directions, the first and the last centre change places."""
    diagonal = [np.sqrt(0.5)] * 2
    centres = [[1, 0], diagonal, [0, 1]]
    scorer = by_hand([[1, 0], [0, 1]], centres, [[1, 0], [0, 0], [0, 1]], nearest=2, decay=1.0)
    asked = [
        History.of([(LEFT[0], 1.0, 0.0), (LEFT[1], reward, 1.0)]) for reward in (0.98, 0.99, 1.0)
    ]
    first = scorer.score(asked, scorer.items)[:, 0]
    assert first[0] > first[1] > first[2]
    assert first[2] == pytest.approx(0.0, abs=1e-6)
    assert first[0] < 0.1


def test_a_history_without_direction_scores_nothing():
    scorer = by_hand([[0, 0]], [[0, 0]], [[1]])
    assert scorer.score([history(LEFT[0])], scorer.items)[0, 0] == 0
