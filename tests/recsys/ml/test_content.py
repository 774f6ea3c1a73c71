from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from recsys.ml.configs import ContentConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.data.tables import read_vectors
from recsys.ml.data.vectors import Vectors
from recsys.ml.families import registry
from recsys.ml.scorer import Scorer, Training, Untrainable
from recsys.ml.scorers import content
from recsys.ml.scorers.content import Content
from recsys.ml.scorers.heads import Taught, projected
from tests.recsys.ml.scorer_contract import FITTED, TRAINING, PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, ITEMS, LEFT, RIGHT, UNSEEN, world

ABOUT = Vectors(
    Vocabulary.of(ITEMS),
    np.array(
        [
            [float(item in LEFT), float(item not in LEFT), 2.0, at / 20]
            for at, item in enumerate(ITEMS)
        ],
        np.float32,
    ),
)
"""The texts of each half are about their own thing, and all share the third number."""


class TestContentKeepsTheContract(PersonalScorerContract):
    family = "content"
    parameters: ClassVar[dict[str, Any]] = {"factors": 4}

    def fit(
        self,
        interactions: Interactions | None = None,
        catalogue: Vocabulary = CATALOGUE,
        training: Training = TRAINING,
        **changed: Any,
    ) -> Scorer:
        return super().fit(interactions, catalogue, replace(training, vectors=ABOUT), **changed)


class TestContentByMeaningKeepsTheContract(TestContentKeepsTheContract):
    parameters: ClassVar[dict[str, Any]] = {"compares": "meaning"}

    @pytest.fixture
    def scorer(self):
        """Not the one of tastes."""
        if "meaning" not in FITTED:
            FITTED["meaning"] = self.fit()
        return FITTED["meaning"]


def fitted(vectors: Vectors | None, **settings: object) -> Content:
    config = parse(ContentConfig, settings)
    return content.fit(config, world(), CATALOGUE, Training(vectors=vectors))


def scores(scorer: Content, *said: tuple[object, float]) -> np.ndarray:
    member = History.of((item, reward, at) for at, (item, reward) in enumerate(said))
    return np.asarray(scorer.score([member], CATALOGUE)[0])


def test_a_score_is_the_mean_cosine_weighed_by_recency():
    values = np.array([[1, 0], [0, 2], [3, 3]], np.float32)
    vectors = Vectors(Vocabulary.of(ITEMS[:3]), values)
    scorer = fitted(vectors, compares="meaning", centre=False, decay=0.5)
    row = scores(scorer, (ITEMS[0], 1.0), (ITEMS[1], 1.0))
    half = np.sqrt(0.5)
    expected = [0.5 / 1.5, 1.0 / 1.5, half]
    np.testing.assert_allclose(row[CATALOGUE.indexes(ITEMS[:3])], expected, rtol=1e-6)


def test_what_all_texts_share_does_not_count():
    near = scores(fitted(ABOUT, compares="meaning", centre=False), (LEFT[0], 1.0))[
        CATALOGUE.indexes(ITEMS)
    ]
    apart = scores(fitted(ABOUT, compares="meaning"), (LEFT[0], 1.0))[CATALOGUE.indexes(ITEMS)]
    assert near.min() > 0.7
    assert apart.min() < -0.7


@pytest.mark.parametrize("compares", ["taste", "meaning"])
def test_an_item_that_nobody_touched_is_known_by_its_text(compares):
    rows = world()
    touched = rows.where(rows.items != rows.item_ids.places[ITEMS[3]])
    config = parse(ContentConfig, {"compares": compares})
    scorer = content.fit(config, touched, CATALOGUE, Training(vectors=ABOUT))
    row = scores(scorer, (LEFT[0], 1.0))
    assert row[CATALOGUE.places[ITEMS[3]]] > row[CATALOGUE.indexes(RIGHT)].max()


def test_the_taste_that_a_text_tells_of_is_the_solution_of_the_ridge():
    chance = np.random.default_rng(5)
    meaning, right = chance.standard_normal((30, 4)), chance.standard_normal((5, 3))
    known = np.hstack([meaning, np.ones((30, 1))])
    events = chance.integers(1, 50, 20).astype(float)
    taught = Taught(np.arange(20, dtype=np.int32), known[:20] @ right, events)
    told = projected(meaning, taught, ridge=1e-6, trust=5.0)
    np.testing.assert_allclose(told, known @ right, atol=1e-5)
    shrunk = projected(meaning, taught, ridge=1e9, trust=1e12)
    mean = (events @ taught.factors) / events.sum()
    np.testing.assert_allclose(shrunk, np.tile(mean, (30, 1)), atol=1e-4)


def test_the_more_an_item_was_liked_the_more_its_own_factors_count():
    meaning = np.zeros((3, 2))
    taught = Taught(np.array([0, 1], np.int32), np.array([[4.0], [0.0]]), np.array([10.0, 10.0]))
    told = projected(meaning, taught, ridge=1.0, trust=30.0)
    np.testing.assert_allclose(told, [[2.0 + 0.25 * 2], [2.0 - 0.25 * 2], [2.0]], atol=1e-5)
    np.testing.assert_allclose(projected(meaning, taught, 1.0, 0.0)[:2], taught.factors, atol=1e-9)


def test_meaning_and_taste_mix_by_their_shares():
    taste, meaning, both = (
        scores(fitted(ABOUT, factors=2, mix=mix), (LEFT[0], 1.0)) for mix in (0.0, 1.0, 0.25)
    )
    np.testing.assert_allclose(both, 0.75 * taste + 0.25 * meaning, atol=1e-5)


def test_where_no_item_with_a_text_is_liked_meaning_is_all():
    some = Vectors(Vocabulary.of([UNSEEN]), np.array([[1.0, 2.0]], np.float32))
    row = scores(fitted(some, centre=False, mix=0.5), (UNSEEN, 1.0))
    assert row[CATALOGUE.places[UNSEEN]] == pytest.approx(0.5)


def test_an_item_without_text_is_unknown():
    some = Vectors(Vocabulary.of(ITEMS[1:]), ABOUT.values[1:])
    row = scores(fitted(some), (ITEMS[1], 1.0))
    assert np.isnan(row[CATALOGUE.places[ITEMS[0]]])
    assert np.isnan(scores(fitted(some), (ITEMS[0], 1.0))).all()


@pytest.mark.parametrize(
    "vectors",
    [
        None,
        Vectors(Vocabulary.of(()), np.empty((0, 0), np.float32)),
        Vectors(Vocabulary.of(["elsewhere"]), np.ones((1, 2), np.float32)),
    ],
    ids=["none", "empty", "of other items"],
)
def test_a_catalogue_without_embeddings_is_said(vectors):
    with pytest.raises(Untrainable, match="embed the items first"):
        fitted(vectors)


def test_a_vector_that_is_not_a_number_is_refused_by_its_item():
    values = np.ones((2, 3), np.float32)
    values[1, 2] = np.nan
    with pytest.raises(ValueError, match="vectors of 1 items are not numbers, first b"):
        Vectors(Vocabulary.of("ab"), values)


def test_vectors_of_different_lengths_are_refused():
    items = [str(item) for item in ITEMS[:2]]
    table = pa.table({"item_id": items, "vector": [[1.0, 2.0], [1.0]]})
    with pytest.raises(ValueError, match="differ in length"):
        read_vectors(table)


def test_vectors_are_read_by_item():
    items = [str(item) for item in ITEMS[:2]]
    read = read_vectors(pa.table({"item_id": items, "vector": [[1.0, 2.0], [3.0, 4.0]]}))
    assert read.items.ids == ITEMS[:2]
    np.testing.assert_array_equal(read.values, [[1, 2], [3, 4]])
    assert not len(read_vectors(pa.table({"item_id": pa.array([], pa.string()), "vector": []})))


def test_only_families_that_read_texts_ask_for_vectors():
    assert [name for name, each in registry.FAMILIES.items() if each.reads_texts] == ["content"]
