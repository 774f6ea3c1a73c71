from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.configs import PopularityConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.scorer import Training
from recsys.ml.scorers.popularity import Popularity, fit
from tests.recsys.ml.scorer_contract import ScorerContract
from tests.recsys.ml.two_tastes import DAY, NOW


class TestPopularityKeepsTheContract(ScorerContract):
    family = "popularity"


def fitted(times: list[float], rewards: list[float], **settings: object) -> Popularity:
    items = ["old", "old", "new"]
    rows = Interactions.of(["a", "b", "c"], items, rewards, times)
    config = parse(PopularityConfig, settings)
    return fit(config, rows, Vocabulary.of(["old", "new"]), Training())


def scores(scorer: Popularity) -> list[float]:
    row = scorer.score([History.of(())], Vocabulary.of(["old", "new"]))[0]
    return [float(score) for score in row]


def test_an_interaction_counts_half_after_a_half_life():
    scorer = fitted([NOW - 4 * DAY, NOW - 2 * DAY, NOW], [1, 1, 1], half_life_days=2.0)
    assert scores(scorer) == pytest.approx([1 / 4 + 1 / 2, 1.0])


def test_a_so_so_rating_counts_half_and_a_dislike_nothing():
    assert scores(fitted([NOW, NOW, NOW], [1, 0, 0.5])) == pytest.approx([1.0, 0.5])


def test_every_event_counts_where_that_is_asked():
    assert scores(fitted([NOW, NOW, NOW], [1, 0, 0.5], counts="event")) == pytest.approx([2, 1])


def test_a_later_now_changes_no_z_score():
    def z(times):
        raw = np.array(scores(fitted(times, [1, 1, 1])))
        return (raw - raw.mean()) / raw.std()

    earlier = [NOW - 4 * DAY, NOW - 3 * DAY, NOW - DAY]
    np.testing.assert_allclose(z(earlier), z([time + 90 * DAY for time in earlier]))
