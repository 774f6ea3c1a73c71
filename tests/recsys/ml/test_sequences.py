"""Histories as padded windows: every interaction is a target once, nobody sees ahead, chance follows the seed."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.configs import SasrecConfig
from recsys.ml.configuration import parse
from recsys.ml.data.interactions import Interactions
from recsys.ml.scorer import Untrainable
from recsys.ml.scorers.sequences import POOL, Sequences, bucketed, held_out, spoken
from tests.recsys.ml.two_tastes import DAY

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def config(**settings):
    return parse(SasrecConfig, {"batch_size": 2, "history": 4, "negatives": 3} | settings)


def rows(*words, values=1.0, curated=False):
    """Each member turns to the letters of a word, a day apart."""
    told = [(at, letter, day) for at, word in enumerate(words) for day, letter in enumerate(word)]
    members, items, days = zip(*told, strict=True)
    flags = [curated and item in curated for item in items]
    rewards = [values if isinstance(values, float) else values.get(item, 1.0) for item in items]
    return Interactions.of(members, items, rewards, [DAY * day for day in days], flags)


def laid(*words, **settings):
    return Sequences.of(spoken(rows(*words), config(**settings)), config(**settings))


def read(batch):
    """Each window of a batch as the letters that are read and those that are asked for."""
    told = []
    for items, weights, targets, lessons in zip(
        batch.items, batch.weights, batch.targets, batch.lessons, strict=True
    ):
        seen = "".join(LETTERS[each] for each in items[weights != 0])
        asked = "".join(LETTERS[each] for each in targets[lessons > 0])
        told.append((seen, asked))
    return told


def epoch(sequences, seed=0, number=0):
    return sorted(each for batch in sequences.batches(seed, number) for each in read(batch))


def test_each_place_asks_for_what_came_after_it():
    assert epoch(laid("abc", "ca")) == [("ab", "bc"), ("c", "a")]


def test_a_long_history_is_cut_from_its_end_and_every_later_interaction_is_asked_once():
    told = epoch(laid("abcdefghij"))
    assert told == [("a", "b"), ("bcde", "cdef"), ("fghi", "ghij")]


def test_windows_of_about_the_same_length_share_a_batch():
    sizes = np.random.default_rng(1).integers(1, 200, 640)
    batches = list(bucketed(sizes, 20, np.random.default_rng(2)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(640))
    padded = sum(len(each) * int(sizes[each].max()) for each in batches)
    assert padded < 1.15 * sizes.sum(), f"of {POOL} batches each, sorted"


def test_a_seed_and_an_epoch_give_the_same_batches_and_others_do_not():
    sequences = laid("abcd", "bcda", "cdab", "dabc", "acbd", negatives=2)

    def drawn(seed, number):
        return [batch.arrays() for batch in sequences.batches(seed, number)]

    for one, other in zip(drawn(1, 2), drawn(1, 2), strict=True):
        for left, right in zip(one, other, strict=True):
            np.testing.assert_array_equal(left, right)
    told = [
        np.concatenate([np.concatenate([each[0].ravel(), each[5]]) for each in drawn(*key)])
        for key in ((1, 2), (1, 3), (2, 2))
    ]
    assert not np.array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])


def test_as_many_negatives_as_items_compare_with_all_of_them():
    few, all_of_them = laid("abcd", negatives=3), laid("abcd", negatives=4)
    assert [len(batch.sampled) for batch in few.batches(0, 0)] == [3]
    assert [len(batch.sampled) for batch in all_of_them.batches(0, 0)] == [0]


def test_a_dislike_is_read_turned_round_and_never_asked_for():
    interactions = rows("abc", values={"b": 0.0})
    sequences = Sequences.of(spoken(interactions, config(dislike=0.3)), config(dislike=0.3))
    (batch,) = sequences.batches(0, 0)
    assert batch.weights[0] == pytest.approx([1.0, -0.3])
    assert (batch.lessons[0] > 0).tolist() == [False, True]
    ignored = config(dislike=0.0)
    assert epoch(Sequences.of(spoken(interactions, ignored), ignored)) == [("a", "c")]


def test_so_so_and_old_and_curated_interactions_teach_less():
    interactions = rows("abcd", values={"b": 0.5}, curated="c")
    settings = config(half_life_days=1.0, curated=0.25)
    (batch,) = Sequences.of(interactions, settings).batches(0, 0)
    assert batch.lessons[0] / batch.lessons[0, 2] == pytest.approx([0.5 * 0.25, 0.25 * 0.5, 1.0])
    assert batch.lessons[0].mean() == pytest.approx(1.0)


def test_what_a_curator_decided_can_be_left_out():
    settings = config(curated=0.0)
    (batch,) = Sequences.of(rows("abcd", curated="c"), settings).batches(0, 0)
    assert (batch.lessons[0] > 0).tolist() == [True, False, True]


def test_places_fade_as_a_fold_in_weighs_them():
    settings = config(decay=0.5, daily_decay=0.1)
    (batch,) = Sequences.of(rows("abcd", values={"b": 0.5}), settings).batches(0, 0)
    weights = np.exp(batch.fades[0])
    assert weights / weights[-1] == pytest.approx([0.05**2, 0.5 * 0.05, 1.0], rel=1e-5)


def test_where_all_count_alike_nothing_fades():
    (batch,) = laid("abcd").batches(0, 0)
    assert batch.fades.shape == (1, 0)


def test_a_crop_shows_a_part_of_half_the_length_or_more():
    sequences = laid("abcdefghi", history=8, crop=1.0)
    seen = [each for number in range(40) for each, _ in epoch(sequences, number=number)]
    assert all(each in "abcdefgh" and 4 <= len(each) <= 8 for each in seen)
    assert {len(each) for each in seen} == {4, 5, 6, 7, 8}


def test_a_mask_hides_what_is_read_and_not_what_is_asked():
    sequences = laid("abcdefghi", history=8, mask=0.5)
    told = [each for number in range(50) for each in epoch(sequences, number=number)]
    assert {asked for _, asked in told} == {"bcdefghi"}
    assert np.mean([len(seen) for seen, _ in told]) == pytest.approx(4, abs=0.6)


def test_a_reordering_keeps_every_item_and_moves_neighbours():
    sequences = laid("abcdefghi", history=8, reorder=1.0)
    told = [epoch(sequences, number=number)[0] for number in range(20)]
    assert all(sorted(seen + asked[-1]) == list("abcdefghi") for seen, asked in told)
    assert all(seen[1:] == asked[:-1] for seen, asked in told)
    assert any(seen != "abcdefgh" for seen, _ in told)


def test_the_last_interaction_of_a_share_of_members_is_held_out_and_not_learnt():
    interactions = rows(*["abcdefg"] * 6, "ab")
    learnt, held = held_out(interactions, config(held=0.5), 0)
    assert held is not None
    assert len(interactions) - len(learnt) == 3
    (batch,) = held.in_order(10)
    last = [(seen, asked[-1]) for seen, asked in read(batch)]
    assert last == [("cdef", "g")] * 3
    assert epoch(Sequences.of(learnt, config())).count(("cdef", "defg")) == 3


def test_nobody_is_held_out_where_nobody_has_three():
    interactions = rows("ab", "cd")
    assert held_out(interactions, config(held=0.5), 0) == (interactions, None)


def test_members_with_one_interaction_teach_nothing():
    with pytest.raises(Untrainable, match="no member has two interactions"):
        laid("a", "b")
