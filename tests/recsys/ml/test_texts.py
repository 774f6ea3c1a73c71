"""Words of items as numbers, and the families that read them: contract, bad texts, new items, no torch in a score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from recsys.ml.configs import TextcnnConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.data.tables import read_texts
from recsys.ml.data.vectors import Texts
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.learners.joint_learner import JointNetwork
from recsys.ml.learners.samples import arrays_of
from recsys.ml.learners.textcnn_learner import TextNetwork
from recsys.ml.scorer import Profile, Scorer, Training, Untrainable
from recsys.ml.scorers import texts
from recsys.ml.scorers.joint import Joint
from recsys.ml.scorers.textcnn import Textcnn
from recsys.ml.scorers.texts import words_of
from recsys.ml.training.checkpoints import ForeignCheckpoint
from tests.recsys.ml.scorer_contract import TRAINING, PersonalScorerContract
from tests.recsys.ml.two_tastes import CATALOGUE, ITEMS, LEFT, RIGHT, UNSEEN, history, world

SAID = {
    item: f"the {'quiet river' if item in LEFT else 'loud engine'} number{at}"
    for at, item in enumerate(ITEMS)
}
READING = {"word_size": 8, "filters": 8, "widths": 2, "embedding_size": 8, "dropout": 0.0}
SMALL: dict[str, dict[str, Any]] = {
    "textcnn": READING
    | {"epochs": 12, "batch_size": 32, "negatives": 16, "learning_rate": 0.01, "hidden_words": 0.0},
    "joint": READING
    | {
        "epochs": 14,
        "batch_size": 16,
        "negatives": 8,
        "learning_rate": 0.01,
        "units": 8,
        "joined": 4,
        "held": 0.0,
        "hidden_words": 0.0,
    },
}
FAMILIES = list(SMALL)


def said(**changed: str) -> Texts:
    """What the items say; some of it changed, by the place of the item."""
    told = SAID | {ITEMS[int(at[1:])]: text for at, text in changed.items()}
    return Texts(Vocabulary.of(told), tuple(told.values()))


class _ReadsWords(PersonalScorerContract):
    sequential = True

    def fit(
        self,
        interactions: Interactions | None = None,
        catalogue: Vocabulary = CATALOGUE,
        training: Training = TRAINING,
        **changed: Any,
    ) -> Scorer:
        return super().fit(interactions, catalogue, replace(training, texts=said()), **changed)


class TestTextcnnKeepsTheContract(_ReadsWords):
    family = "textcnn"
    parameters = SMALL["textcnn"]


class TestJointKeepsTheContract(_ReadsWords):
    family = "joint"
    parameters = SMALL["joint"]


del _ReadsWords  # it is no family


def fitted(
    family: str,
    told: Texts | None,
    interactions: Interactions | None = None,
    folder: Any = None,
    **changed: Any,
) -> Scorer:
    config = registry.parse_config(family, SMALL[family] | changed)
    training = Training(TrainingOptions(seed=7, device="cpu"), checkpoints=folder, texts=told)
    rows = world() if interactions is None else interactions
    return registry.learner_of(family)(config, rows, CATALOGUE, training)


def scores(scorer: Scorer, *items: Any) -> np.ndarray:
    return np.asarray(scorer.score([history(*items)], CATALOGUE)[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The KID, 1921!", ["the", "kid", "1921"]),
        ("我爱电影 2 次", ["我", "爱", "电", "影", "2", "次"]),
        ("看Movie看", ["看", "movie", "看"]),
        ("\uff26\uff49\uff4c\uff4d", ["film"]),
        ("Ünïcode straße", ["ünïcode", "strasse"]),
        ("snake_case don't", ["snake", "case", "don", "t"]),
        (" \n\t…—!?_ ", []),
        ("", []),
        ("\ud800 lone", ["lone"]),
    ],
)
def test_words_are_small_letters_without_marks_and_each_chinese_character_is_one(text, words):
    assert words_of(text, 40) == words


def test_only_the_first_words_of_a_text_are_read_and_an_endless_one_is_cut():
    assert words_of("a b c d", 2) == ["a", "b"]
    assert words_of("x" * 10_000, 3) == ["x" * 40] * 3
    assert len(words_of("字 " * 9_000, 100_000)) == 5_000


def numbered(told: Texts, interactions: Interactions | None = None, **settings: Any) -> texts.Words:
    config = parse(TextcnnConfig, settings)
    rows = world() if interactions is None else interactions
    return texts.read(config, rows, CATALOGUE, told)[0]


def test_a_word_of_one_text_is_strange_and_a_frequent_one_has_its_own_number():
    words = numbered(said())
    rows = dict(zip(words.items.ids, words.numbers.tolist(), strict=True))
    assert rows[LEFT[0]] == rows[LEFT[1]] != rows[RIGHT[0]]
    assert rows[LEFT[0]][-1] == texts.STRANGE
    assert rows[LEFT[0]][0] == rows[RIGHT[0]][0] == texts.FIRST, "the most frequent comes first"
    assert numbered(said(), rare=1).count == words.count + len(ITEMS)
    assert numbered(said(), words=10, rare=1).count == texts.FIRST + 10


def test_the_vocabulary_is_of_what_members_turned_to():
    rows = world()
    untouched = rows.where(rows.items < 6)
    words = numbered(said(), untouched)
    assert set(words.items.ids) == set(ITEMS), "items that nobody touched are read all the same"
    row = words.numbers[words.items.places[RIGHT[0]]]
    assert row[0] >= texts.FIRST
    assert row[1:].tolist() == [texts.STRANGE] * 3


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "told",
    [
        None,
        Texts(Vocabulary.of(()), ()),
        Texts(Vocabulary.of(ITEMS), ("",) * 12),
        Texts(Vocabulary.of(ITEMS), (" …!",) * 12),
        Texts(Vocabulary.of(["elsewhere"]), ("words",)),
    ],
    ids=["none", "empty", "blank", "without words", "of other items"],
)
def test_a_catalogue_without_texts_is_said(family, told):
    with pytest.raises(Untrainable, match="no item of the catalogue has a text"):
        fitted(family, told)


def test_texts_of_another_number_than_items_are_refused():
    with pytest.raises(ValueError, match="12 items have 1 texts"):
        Texts(Vocabulary.of(ITEMS), ("one",))


def test_texts_are_read_by_item():
    names = [str(item) for item in ITEMS[:2]]
    read = read_texts(pa.table({"item_id": names, "text": ["one", "two"]}))
    assert (read.items.ids, read.values) == (ITEMS[:2], ("one", "two"))
    none = read_texts(pa.table({"item_id": pa.array([], pa.string()), "text": []}))
    assert not len(none)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_item_that_nobody_touched_is_ranked_by_its_words(family):
    rows = world()
    new = LEFT[3]
    touched = rows.where(rows.items != rows.item_ids.places[new])
    row = scores(fitted(family, said(), touched), *LEFT[:2])
    assert row[CATALOGUE.places[new]] > row[CATALOGUE.indexes(RIGHT)].max()


@pytest.mark.parametrize("family", FAMILIES)
def test_items_that_say_the_same_score_the_same_and_those_without_words_are_unknown(family):
    told = said(_1=SAID[LEFT[0]], _2="", _3="word " * 3_000, _4="字" * 10_000)
    row = scores(fitted(family, told, epochs=1), LEFT[5])
    places = CATALOGUE.places
    assert row[places[ITEMS[0]]] == pytest.approx(row[places[ITEMS[1]]], abs=1e-6)
    assert np.isnan(row[[places[ITEMS[2]], places[UNSEEN]]]).all()
    assert np.isfinite(row[[places[ITEMS[3]], places[ITEMS[4]]]]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_one_word_for_all_and_filters_wider_than_any_text_do_no_harm(family):
    told = Texts(Vocabulary.of(ITEMS), ("film",) * 12)
    row = scores(fitted(family, told, epochs=1, widths=5), LEFT[0])
    assert np.isfinite(row[CATALOGUE.indexes(ITEMS)]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_that_changed_refuse_an_old_checkpoint(family, tmp_path):
    fitted(family, said(), folder=tmp_path, epochs=1)
    fitted(family, said(), folder=tmp_path, epochs=1)
    with pytest.raises(ForeignCheckpoint):
        fitted(family, said(_0="another text"), folder=tmp_path, epochs=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_hidden_words_and_dropout_change_what_is_learnt_and_not_how_it_is_scored(family):
    plain = fitted(family, said(), epochs=1)
    hidden = fitted(family, said(), epochs=1, hidden_words=0.5, dropout=0.5)
    row = scores(hidden, LEFT[0])
    assert not np.array_equal(scores(plain, LEFT[0]), row)
    half = row[CATALOGUE.indexes(RIGHT)]
    np.testing.assert_allclose(
        half, half[0], rtol=1e-5, err_msg="these say the same but for rare words"
    )


def made(family: str, **changed: Any) -> Any:
    """A network as chance made it, with larger numbers."""
    config: Any = registry.parse_config(family, SMALL[family] | changed)
    words, _ = texts.read(config, world(), CATALOGUE, said())
    torch.manual_seed(3)
    network = {"textcnn": TextNetwork, "joint": JointNetwork}[family](words, config)
    with torch.no_grad():
        for each in network.parameters():
            each.mul_(2.0)
    return config, words, network.eval()


def test_the_scoring_half_of_textcnn_gives_what_the_network_gives():
    config, words, network = made("textcnn")
    scorer = Textcnn(config, words.items, **arrays_of(network.scoring()))
    profile = scorer.fold_in(history(LEFT[0], RIGHT[1]))
    rows, weights = torch.from_numpy(profile.rows).long(), torch.from_numpy(profile.weights)
    with torch.no_grad():
        right, wrong = network(rows[None], weights[None], torch.tensor([5]), torch.arange(12))
    np.testing.assert_allclose(scorer.row(profile), wrong[0].numpy(), atol=1e-5)
    assert right.item() == pytest.approx(float(scorer.row(profile)[5]), abs=1e-5)


@pytest.mark.parametrize("units", [0, 4])
def test_the_scoring_half_of_joint_gives_what_the_network_gives(units):
    config, words, network = made("joint", joined=units)
    scorer = Joint(config, words.items, arrays_of(network.scoring()))
    assert {name: each.shape for name, each in scorer.arrays().items()} == Joint.shapes(config, 12)
    profile = Profile(np.array([3, 1, 7], np.int32), np.array([1.0, -0.1, 0.5], np.float32))
    with torch.no_grad():
        table = network.table()
        rows, weights = torch.from_numpy(profile.rows).long(), torch.from_numpy(profile.weights)
        hidden = network(network.inputs(table, rows[None], weights[None]), torch.zeros(1, 0))[
            0, -1:
        ]
        expected = network.meeting().all(hidden, table)[0].numpy()
        own = network.meeting().own(hidden, table[4:5])
    np.testing.assert_allclose(scorer.row(profile), expected, atol=1e-5)
    assert own.item() == pytest.approx(float(expected[4]), abs=1e-5)


def test_a_batch_narrowed_to_its_items_loses_as_the_whole_does():
    _, _, network = made("joint")
    items, targets = torch.tensor([[3, 1]]), torch.tensor([[1, 7]])
    rest = (torch.ones(1, 2), torch.zeros(1, 0))
    sampled, chances = torch.tensor([9, 2]), torch.log(torch.arange(1.0, 13.0))
    batch = (items, *rest, targets, torch.ones(1, 2), sampled)
    with torch.no_grad():
        table, narrow, few = network.narrowed(batch, chances)
        whole = network.table()
    assert len(table) == 5
    for place, index in ((narrow[0], items), (narrow[3], targets), (narrow[5], sampled)):
        torch.testing.assert_close(table[place], whole[index])
        torch.testing.assert_close(few[place], chances[index])


def test_only_some_families_read_words():
    assert [name for name, each in registry.FAMILIES.items() if each.reads_words] == FAMILIES


def test_what_words_draw_is_the_base_of_an_explanation():
    scorer = fitted("textcnn", said())
    told = scorer.explain(History.of([(LEFT[0], 1.0, 1.0), (RIGHT[0], 0.0, 2.0)]), LEFT[4])
    assert told is not None
    assert [item for item, _ in told.contributions] == [LEFT[0], RIGHT[0]]
    shares = dict(told.contributions)
    assert shares[LEFT[0]] > 0
    assert told.base == pytest.approx(float(scorer.arrays()["base"][scorer.items.places[LEFT[4]]]))
