"""Ratings: what is predicted, how a history is folded in, and how the errors are counted."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.configs import PopularityConfig, RatingConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.evaluation.predicting import Errors, errors
from recsys.ml.learners import rating_learner
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers import popularity
from recsys.ml.scorers.rating import Rating
from recsys.ml.splits.temporal import random_holdout
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, world

ITEMS = Vocabulary.of("abcdefghij")


class TestRatingKeepsTheContract(PersonalScorerContract):
    family = "rating"
    parameters = {
        "predicts": "reward",
        "factors": 1,
        "regularization": 1.0,
        "bias_regularization": 20.0,
        "decay": 0.8,
    }


def rated(members: int = 200, noise: float = 0.0) -> Interactions:
    """Stars by a mean, how mild a member is, how good an item is, and one taste of both."""
    chance = np.random.default_rng(2)
    mild, good = chance.normal(0, 0.7, members), chance.normal(0, 0.7, 10)
    taste, kind = chance.normal(0, 0.8, members), chance.normal(0, 0.8, 10)
    pairs = [(m, i) for m in range(members) for i in chance.permutation(10)[:7].tolist()]
    stars = [3 + mild[m] + good[i] + taste[m] * kind[i] + noise * chance.normal() for m, i in pairs]
    rewards = [1.0 if each >= 3 else 0.0 for each in stars]
    names, items = [f"m{m}" for m, _ in pairs], [ITEMS.ids[i] for _, i in pairs]
    return Interactions.of(names, items, rewards, list(range(len(pairs))), stars=stars)


def fitted(rows: Interactions, **given: object) -> Rating:
    settings = {"factors": 2, "regularization": 0.1, "bias_regularization": 0.1, "decay": 1.0}
    config = parse(RatingConfig, {**settings, **given})
    return rating_learner.fit(config, rows, ITEMS, Training())


def test_what_follows_the_model_is_predicted_from_ratings_of_others():
    seen, held = random_holdout(rated(), 0.15, 1)
    told = errors(fitted(seen, iterations=30), seen, held)
    assert told is not None
    assert told.share == 1.0
    assert told.rmse < 0.3
    assert told.mean_rmse > 1.0


def test_biases_alone_see_no_taste():
    seen, held = random_holdout(rated(), 0.15, 1)
    flat = errors(fitted(seen, factors=1, regularization=10_000.0), seen, held)
    both = errors(fitted(seen), seen, held)
    assert flat is not None
    assert both is not None
    assert both.rmse < 0.7 * flat.rmse < 0.7 * flat.mean_rmse


def test_folding_in_is_the_step_of_the_training():
    """A member's part solves the ridge regression of their ratings on what is known of the items."""
    rows = rated(noise=0.5)
    scorer = fitted(rows, regularization=2.0, bias_regularization=3.0)
    own = rows.history("m3")
    places = scorer.items.indexes(own.items)
    about = np.hstack([np.ones((len(places), 1)), scorer.factors[places]])
    left = own.stars - scorer.mean[0] - scorer.biases[places]
    penalty = np.diag([3.0, 2.0, 2.0])
    member = np.linalg.solve(about.T @ about + penalty, about.T @ left)
    whole = np.hstack([np.ones((10, 1)), scorer.factors])
    expected = scorer.mean[0] + scorer.biases + whole @ member
    np.testing.assert_allclose(scorer.score([own], scorer.items)[0], expected, atol=1e-4)


def test_who_rates_low_is_expected_to_rate_low():
    rows = rated()
    scorer = fitted(rows)
    mild, harsh = (
        History.of((item, 1.0, at, stars) for at, item in enumerate("abcd")) for stars in (5.0, 1.0)
    )
    high, low = scorer.score([mild, harsh], scorer.items)
    assert (high > low + 2).all()


def test_what_was_given_no_stars_says_nothing_of_stars():
    scorer = fitted(rated())
    both = History.of([("a", 1.0, 0.0, 5.0), ("b", 1.0, 1.0)])
    alone = History.of([("a", 1.0, 0.0, 5.0)])
    only = History.of([("b", 1.0, 1.0)])
    scores = scorer.score([both, alone, only], ITEMS)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)
    assert np.isnan(scores[2]).all()


def test_an_explanation_begins_with_what_anybody_would_be_told():
    scorer = fitted(rated())
    member = History.of([("a", 1.0, 0.0, 5.0), ("b", 0.0, 1.0, 1.0)])
    told = scorer.explain(member, "c")
    assert told is not None
    assert told.base == pytest.approx(float(scorer.mean[0] + scorer.biases[2]), abs=1e-6)
    total = told.base + sum(share for _, share in told.contributions)
    assert total == pytest.approx(float(scorer.score([member], ITEMS)[0, 2]), abs=1e-4)
    assert len(told.contributions) == 2


def test_without_stars_it_says_what_else_could_be_predicted():
    config = RatingConfig()
    with pytest.raises(Untrainable, match="set 'predicts' to reward") as told:
        rating_learner.fit(config, world(), CATALOGUE, Training())
    assert told.value.is_setting


def test_the_systems_are_the_same_in_one_block_and_in_many(monkeypatch):
    rows = rated(noise=0.5)
    whole = fitted(rows)
    monkeypatch.setattr(rating_learner, "BLOCK", 100)
    np.testing.assert_allclose(fitted(rows).factors, whole.factors, atol=1e-6)


def test_errors_are_of_what_was_predicted_and_the_share_is_told():
    found = Errors.of(
        np.array([4.0, np.nan, 2.0], np.float32),
        np.array([5.0, 1.0, 2.0], np.float32),
        np.array([5.0, 3.0], np.float32),
    )
    assert found.n == 3
    assert found.share == pytest.approx(2 / 3)
    assert found.rmse == pytest.approx(np.sqrt(0.5))
    assert (found.mae, found.accuracy) == (0.5, 1.0)
    assert found.mean_rmse == pytest.approx(np.sqrt((1 + 9 + 4) / 3))


def test_a_scorer_of_something_else_predicts_no_ratings():
    rows = rated(20)
    assert errors(popularity.fit(PopularityConfig(), rows, ITEMS, Training()), rows, rows) is None
