from __future__ import annotations

import numpy as np
import pytest

from recsys.ml.data.interactions import Interactions
from recsys.ml.evaluation.asking import cases_from
from recsys.ml.splits.temporal import core, leave_one_out, random_holdout

ROWS = Interactions.of(
    ["ada"] * 10 + ["bob"] * 2 + ["eve"],
    [f"item {at}" for at in range(10)] + ["item 1", "item 2"] + ["item 3"],
    [1.0] * 13,
    [float(at) for at in range(13)],
)


def test_a_core_leaves_only_members_and_items_that_keep_enough_of_each_other():
    rows = Interactions.of(
        ["ada", "ada", "bob", "bob", "eve", "eve", "zoe"],
        ["x", "y", "x", "y", "y", "z", "z"],
        [1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0],
        [float(at) for at in range(7)],
    )
    kept = core(rows, 2)
    assert kept.member_ids.ids == ("ada", "bob"), "zoe goes, so z goes, so eve goes"
    assert kept.item_ids.ids == ("x", "y")
    assert kept.values.tolist() == [1.0, 0.5, 1.0, 1.0]
    assert core(rows, 1).digest() == rows.digest()


def test_a_random_holdout_takes_a_share_of_each_member_and_leaves_one():
    kept, held = random_holdout(ROWS, 0.3)
    assert np.bincount(held.members, minlength=3).tolist() == [3, 1, 0]
    assert len(kept) + len(held) == len(ROWS)
    pairs = [
        set(zip(each.members.tolist(), each.items.tolist(), strict=True)) for each in (kept, held)
    ]
    assert not pairs[0] & pairs[1]


def test_a_random_holdout_follows_its_seed():
    items = [random_holdout(ROWS, 0.3, seed)[1].items.tolist() for seed in (0, 0, 1, 2)]
    assert items[0] == items[1]
    assert len({tuple(each) for each in items}) > 1


def test_everybody_is_drawn_alike():
    drawn = [random_holdout(ROWS, 0.1, seed)[1].items[0] for seed in range(500)]
    counts = np.bincount(drawn, minlength=10)
    assert counts.min() > 20, "each of ada's ten items is held out about fifty times"


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="expected more than 0, less than 1"):
        random_holdout(ROWS, share)


def test_what_is_held_out_is_asked_of_who_has_something_left():
    seen, held = leave_one_out(ROWS)
    cases = {case.member: case for case in cases_from(seen, held)}
    assert cases["ada"].targets == ("item 9",)
    assert cases["ada"].history.items == tuple(f"item {at}" for at in range(9))
    assert cases["eve"].history.items == ()


def test_an_item_met_before_is_no_target():
    rows = Interactions.of(["m"] * 3, ["a", "b", "a"], [1.0] * 3, [1.0, 2.0, 3.0])
    assert cases_from(*leave_one_out(rows)) == []


def test_parts_of_two_splits_are_refused():
    with pytest.raises(ValueError, match="name members differently"):
        cases_from(ROWS, Interactions.of(["ada"], ["item 3"], [1.0], [1.0]))
