"""Taking items out of a stored slate at read."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from curation.fusion.codec import slate_body
from curation.fusion.effects import Cap
from curation.fusion.refill import serve
from tests.curation.fusion.cases import (
    THOROUGH,
    capped,
    cases,
    item,
    items_of,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused, held_rules, named

SEVEN = (7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0)


def stored(case) -> Any:
    """The body as a reader finds it."""
    return orjson.loads(orjson.dumps(slate_body(fused(case))))


def ids(*numbers: int) -> set[str]:
    return {str(item(number)) for number in numbers}


def slots(served) -> dict[int, int]:
    return {each["slot"]: int(each["item"][-4:], 16) for each in served.placements}


def seven(**policy):
    return simple_case(*SEVEN).with_surface(depth=5, reserve=2).with_policy(**policy)


def test_nothing_removed_is_a_prefix():
    body = stored(seven())
    served = serve(body, set(), 3)
    assert served.placements == body["placements"][:3]
    assert not served.short


def test_what_is_removed_further_down_touches_nothing():
    body = stored(seven())
    assert serve(body, ids(4), 3).placements == body["placements"][:3]


def test_organic_items_move_up_and_the_reserve_follows():
    served = serve(stored(seven()), ids(1, 3), 5)
    assert slots(served) == {1: 2, 2: 4, 3: 5, 4: 6, 5: 7}
    assert not served.short


def test_pins_stay_in_their_slots():
    served = serve(stored(seven(pins=(pin(1, 7, 3),))), ids(1, 2), 5)
    assert slots(served) == {1: 3, 2: 4, 3: 7, 4: 5, 5: 6}


def test_a_removed_pins_slot_is_filled():
    served = serve(stored(seven(pins=(pin(1, 7, 2),))), ids(7), 3)
    assert slots(served) == {1: 1, 2: 2, 3: 3}


def test_what_still_lacks_is_short():
    served = serve(stored(seven()), ids(1, 2, 3), 5)
    assert slots(served) == {1: 4, 2: 5, 3: 6, 4: 7}
    assert served.short


def test_more_than_the_depth_is_short():
    served = serve(stored(seven()), set(), 9)
    assert (len(served.placements), served.short) == (5, True)


def test_caps_hold_where_items_move_up():
    case = seven().with_rules(rule(1, Cap(1, 2), items_of(1, 2, 3, 4)))
    body = stored(case)
    assert slots(serve(body, set(), 4)) == {1: 1, 2: 5, 3: 2, 4: 3}
    assert slots(serve(body, ids(5), 4)) == {1: 1, 2: 6, 3: 2, 4: 3}
    assert slots(serve(body, ids(1), 4)) == {1: 5, 2: 2, 3: 3, 4: 4}


def test_propensity_is_null_from_the_first_hole_on():
    body = stored(seven(pins=(pin(1, 7, 4),)))
    served = serve(body, ids(2), 5)
    assert [each["propensity"] for each in served.placements] == [1, None, None, 1, None]
    assert [each["propensity"] for each in body["placements"]] == [1] * 5


@THOROUGH
@given(cases(capped), st.lists(st.integers(1, 9), max_size=4), st.integers(1, 9))
def test_serving_keeps_the_promises_of_the_slate(case, removed, size):
    body = stored(case)
    gone = ids(*removed)
    served = serve(body, gone, size)
    items = [each["item"] for each in served.placements]
    assert not set(items) & gone
    assert len(set(items)) == len(items) <= size
    assert served.short == (len(items) < size)
    pins = {each["slot"]: each["item"] for each in body["placements"] if each["pinned"]}
    for slot, pinned in pins.items():
        if slot <= size and pinned not in gone:
            assert pinned in items
    for each, effect in held_rules(case, Cap):
        _within(effect, served, {str(i) for i in named(case, each)}, set(pins.values()))


def _within(cap, served, capped, pinned):
    if cap.field:
        return
    first = [e["item"] for e in served.placements if e["slot"] <= cap.first]
    counted = [each for each in first if each in capped]
    assert len(counted) <= max(cap.limit, sum(each in pinned for each in counted))
