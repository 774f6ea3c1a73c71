"""A shelf after an act: what was acted on keeps its place, and what moved is told truly."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.member.arrangement import MOST, Moves, arrange, moves, pack, unpack

A, B, C, D, E, F = (uuid4() for _ in range(6))


def test_what_was_acted_on_keeps_its_place_and_the_others_follow_the_slate():
    assert arrange([A, B, C, D], {B}, [D, A, E, F]) == [D, B, A, E]


def test_an_item_that_is_kept_does_not_stand_twice():
    assert arrange([A, B, C], {A}, [A, C, B]) == [A, C, B]


def test_where_the_slate_is_short_the_shelf_is_too():
    assert arrange([A, B, C], {C}, [B]) == [B, C]


def test_what_went_up_and_what_is_new_are_told_apart():
    after = [D, B, A, E]
    assert moves([A, B, C, D], after, {B}) == Moves(up=(D,), new=(E,))


def test_a_shelf_that_stays_as_it_was_moved_nothing():
    assert moves([A, B, C], [A, B, C], {B}) == Moves()


def test_what_only_closes_a_gap_has_not_moved_up():
    assert moves([A, B, C], [B, C, D], set()) == Moves(new=(D,))


@given(st.lists(st.uuids(), unique=True, max_size=MOST))
def test_what_was_packed_is_unpacked(items):
    assert unpack(pack(items)) == items


@pytest.mark.parametrize("text", ["", "x", "nonsense!", "AAAA", "é", "A" * 4001, "=", "\x00"])
def test_what_was_not_packed_by_us_is_nothing(text):
    assert unpack(text) == []


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=20),
    st.lists(st.integers(0, 30), unique=True, max_size=30),
    st.data(),
)
def test_no_item_stands_twice_and_what_is_kept_stands_where_it_stood(shown, fresh, data):
    ids = [uuid4() for _ in range(31)]
    shown, fresh = [ids[n] for n in shown], [ids[n] for n in fresh]
    kept = {item for item in shown if data.draw(st.booleans())}
    laid = arrange(shown, kept, fresh)
    assert len(laid) == len(set(laid)) <= len(shown)
    assert kept <= set(laid)
    if len(laid) == len(shown):
        assert all(laid[at] == item for at, item in enumerate(shown) if item in kept)
