from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.ml import memory
from recsys.ml.configs import EaseConfig
from recsys.ml.data.interactions import Interactions
from recsys.ml.scorer import Training, Untrainable
from recsys.ml.scorers import ease
from tests.recsys.ml.scorer_contract import PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, DAY, ITEMS, LEFT, NOW, history, world


class TestEaseKeepsTheContract(PersonalScorerContract):
    family = "ease"
    parameters = {"regularization": 10.0}


def test_the_weights_are_those_of_the_closed_form():
    rows = world()
    scorer = ease.fit(EaseConfig(regularization=5.0), rows, CATALOGUE, Training())
    liked = np.zeros((len(rows.member_ids), len(rows.item_ids)))
    liked[rows.members, rows.items] = rows.values
    inverse = np.linalg.inv(liked.T @ liked + 5.0 * np.eye(liked.shape[1]))
    expected = np.eye(liked.shape[1]) - inverse / np.diag(inverse)
    np.testing.assert_allclose(scorer.weights, expected, atol=1e-6)


def test_the_inverse_is_whole_across_blocks(monkeypatch):
    whole = ease.fit(EaseConfig(), world(), CATALOGUE, Training())
    monkeypatch.setattr(ease, "BLOCK", 5)
    np.testing.assert_allclose(
        ease.fit(EaseConfig(), world(), CATALOGUE, Training()).weights, whole.weights, atol=1e-7
    )


def test_too_many_items_are_refused_before_memory_is_taken(monkeypatch):
    monkeypatch.setattr(ease, "MOST_ITEMS", 3)
    with pytest.raises(Untrainable, match=r"12 items .* more than 3: raise 'least', or train item"):
        ease.fit(EaseConfig(), world(), CATALOGUE, Training())


def test_a_container_leaves_its_limit_less_what_it_cannot_give_back(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "none")
    assert memory.free() is None
    told = {"max": "1000\n", "current": "900\n", "stat": "anon 300\ninactive_file 500\n"}
    for name, text in told.items():
        (tmp_path / f"memory.{name}").write_text(text)
    assert memory.free() == 600
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free() is None


def test_memory_that_is_not_there_is_said_before_it_is_taken(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 12 * 12**2 - 1)
    with pytest.raises(Untrainable, match=r"GB are free: .* train item_knn, als or dot") as told:
        ease.fit(EaseConfig(), world(), CATALOGUE, Training())
    assert (told.value.facts["needed"], told.value.facts["free"]) == (1_728, 1_727)
    monkeypatch.setattr(memory, "free", lambda: 12 * 12**2)
    ease.fit(EaseConfig(), world(), CATALOGUE, Training())


SAID = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from([0.0, 0.5, 1.0])),
    min_size=1,
    max_size=8,
    unique_by=lambda each: each[0],
)


Said = Mapping[object, Sequence[tuple[int, float]]]


def told(rows: Said) -> Interactions:
    flat = [
        (member, ITEMS[item], value, NOW + at)
        for member, said in rows.items()
        for at, (item, value) in enumerate(said)
    ]
    return Interactions.of(*zip(*flat, strict=True)) if flat else Interactions.of([], [], [], [])


@settings(max_examples=30)
@given(st.dictionaries(st.integers(0, 9), SAID, max_size=6), st.sampled_from(["reward", "event"]))
def test_an_update_is_what_another_fit_would_give(changes, counts):
    """Members 0 to 4 were there before, 5 to 9 are new."""
    config = EaseConfig(regularization=2.0, counts=counts)
    chance = np.random.default_rng(5)
    old: Said = {at: [(int(i), 1.0) for i in chance.permutation(12)[:5]] for at in range(5)}
    rest: Said = {f"r{at}": [(at % 12, 1.0), ((at + 1) % 12, 1.0)] for at in range(12)}
    fitted = ease.fit(config, told({**rest, **old}), CATALOGUE, Training())
    before = told({at: old[at] for at in changes if at in old})
    again = ease.fit(config, told({**rest, **old, **changes}), CATALOGUE, Training())
    moved = ease.updated(fitted, before, told(changes))
    order = fitted.items.indexes(again.items.ids)
    np.testing.assert_allclose(moved.weights[np.ix_(order, order)], again.weights, atol=1e-5)
    assert moved.diagonal is not None
    assert again.diagonal is not None
    np.testing.assert_allclose(moved.diagonal[order], again.diagonal, rtol=1e-5)


def test_updates_in_a_row_stay_near_another_fit():
    rows = world(80)
    first = rows.where(rows.members < 40)
    moved = ease.fit(EaseConfig(regularization=5.0), first, CATALOGUE, Training())
    nothing = Interactions.of([], [], [], [])
    for member in range(40, 80):
        moved = ease.updated(moved, nothing, rows.where(rows.members == member))
    again = ease.fit(EaseConfig(regularization=5.0), rows, CATALOGUE, Training())
    np.testing.assert_allclose(moved.weights, again.weights, atol=1e-5)


def test_a_model_of_before_there_were_updates_scores_and_says_why_it_cannot_be_updated():
    fitted = ease.fit(EaseConfig(), world(), CATALOGUE, Training())
    old = ease.Ease.restore(fitted.config, fitted.items, {"weights": fitted.weights})
    member = [history(LEFT[0])]
    np.testing.assert_array_equal(old.score(member, CATALOGUE), fitted.score(member, CATALOGUE))
    with pytest.raises(ValueError, match="fit it again once"):
        ease.updated(old, world(4), world(4))


def by_age(half_life: float) -> np.ndarray:
    """The closed form over the world of two tastes, an item's own weight held at 0, column by column."""
    rows = world()
    liked = np.zeros((len(rows.member_ids), len(rows.item_ids)))
    liked[rows.members, rows.items] = rows.values
    lately = np.zeros_like(liked)
    ages = (rows.times.max() - rows.times) / DAY
    lately[rows.members, rows.items] = rows.values * 0.5 ** (ages / half_life)
    weights = np.zeros((liked.shape[1], liked.shape[1]))
    for item in range(len(weights)):
        others = np.delete(np.arange(len(weights)), item)
        own = liked[:, others]
        ridge = own.T @ own + 5.0 * np.eye(len(others))
        weights[others, item] = np.linalg.solve(ridge, own.T @ lately[:, item])
    return weights


def test_with_a_half_life_it_foretells_what_is_liked_lately(monkeypatch):
    config = EaseConfig(regularization=5.0, half_life_days=2.0)
    scorer = ease.fit(config, world(), CATALOGUE, Training())
    places = scorer.items.indexes(world().item_ids.ids)
    np.testing.assert_allclose(scorer.weights[np.ix_(places, places)], by_age(2.0), atol=1e-6)
    monkeypatch.setattr(ease, "BLOCK", 5)
    again = ease.fit(config, world(), CATALOGUE, Training())
    np.testing.assert_allclose(again.weights, scorer.weights, atol=1e-7)
    with pytest.raises(ValueError, match="without a half-life"):
        ease.updated(scorer, world(4), world(4))


def test_a_half_life_of_a_century_is_as_good_as_none():
    plain = ease.fit(EaseConfig(regularization=5.0), world(), CATALOGUE, Training())
    nearly = EaseConfig(regularization=5.0, half_life_days=36_499.0)
    faded = ease.fit(nearly, world(), CATALOGUE, Training())
    np.testing.assert_allclose(faded.weights, plain.weights, atol=1e-3)
