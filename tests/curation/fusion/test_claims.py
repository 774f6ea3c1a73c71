"""Step 6, by hand: pins, best-match pins, and the total order between them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from curation.fusion.columns import Kind
from curation.fusion.effects import BuryToBottom, PinMatch
from curation.fusion.fixed import ONE
from curation.fusion.policy import Audience, Pin, Scope, Window
from curation.fusion.query import Comparison
from curation.fusion.slate import DroppedPin, Outcome, ShiftedPin
from curation.fusion.standing import precedence
from tests.curation.fusion.cases import (
    DAY,
    MEMBER,
    NOW,
    SEGMENT,
    SURFACE,
    block,
    decision_id,
    item,
    items_of,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused

FIVE = (5.0, 4.0, 3.0, 2.0, 1.0)


def pinned(*pins: Pin, **rest):
    return fused(simple_case(*FIVE, **rest).with_policy(pins=pins))


def numbers(slate) -> list[int]:
    return [placed.item.int for placed in slate.placements]


def test_a_pin_stands_in_its_slot_and_organic_items_flow_around_it():
    slate = pinned(pin(1, 5, 2))
    assert numbers(slate) == [1, 5, 2, 3, 4]
    assert slate.placements[1].pin == decision_id(1)
    assert slate.placements[1].reasons[0].code == "pinned"
    assert slate.placements[1].propensity == ONE


def test_an_item_keeps_its_best_claim():
    slate = pinned(pin(1, 5, 2), pin(2, 5, 1, priority=200))
    assert numbers(slate) == [5, 1, 2, 3, 4]
    assert slate.report.dropped_pins == (
        DroppedPin(decision_id(1), item(5), 2, "item_claimed", decision_id(2)),
    )


def test_the_loser_of_a_slot_shifts_down():
    slate = pinned(pin(1, 5, 1), pin(2, 4, 1))
    assert numbers(slate) == [5, 4, 1, 2, 3]
    assert slate.report.shifted_pins == (ShiftedPin(decision_id(2), item(4), 1, 2, decision_id(1)),)


def test_a_loser_passes_slots_that_others_won_and_winners_never_slide():
    slate = pinned(pin(1, 5, 1), pin(2, 4, 1), pin(3, 3, 2))
    assert numbers(slate) == [5, 3, 4, 1, 2]


def test_a_loser_shifts_two_slots_at_most():
    slate = pinned(pin(1, 5, 1), pin(2, 4, 1), pin(3, 3, 2), pin(4, 2, 3))
    assert numbers(slate) == [5, 3, 2, 1, 4]
    assert slate.report.dropped_pins == (
        DroppedPin(decision_id(2), item(4), 1, "slot_taken", decision_id(1)),
    )
    verdict = {each.decision: each for each in slate.verdicts}[decision_id(2)]
    assert (verdict.outcome, verdict.to) == (Outcome.LOST, decision_id(1))


def test_losers_shift_in_their_order():
    slate = pinned(pin(1, 5, 1), pin(3, 4, 1), pin(2, 3, 1))
    assert numbers(slate) == [5, 3, 4, 1, 2]


def test_a_loser_does_not_shift_past_the_depth():
    slate = pinned(pin(1, 1, 5), pin(2, 2, 5))
    assert numbers(slate) == [2, 3, 4, 5, 1]
    assert slate.report.dropped_pins[0].why == "slot_taken"


def test_a_slot_past_the_depth_is_dropped_and_claims_nothing():
    slate = pinned(pin(1, 5, 9, priority=200), pin(2, 5, 1))
    assert numbers(slate) == [5, 1, 2, 3, 4]
    assert slate.report.dropped_pins[0].why == "past_depth"


def test_an_ineligible_claim_leaves_its_slot_to_the_next():
    case = simple_case(*FIVE).with_policy(
        blocks=(block(9, 5),), pins=(pin(1, 5, 1, priority=200), pin(2, 4, 1))
    )
    slate = fused(case)
    assert numbers(slate) == [4, 1, 2, 3]
    assert slate.report.dropped_pins == (DroppedPin(decision_id(1), item(5), 1, "denied"),)


def test_a_pin_on_no_candidate_is_dropped():
    assert pinned(pin(1, 77, 1)).report.dropped_pins[0].why == "no_candidate"


def test_a_pin_ignores_to_the_bottom():
    case = simple_case(*FIVE).with_policy(pins=(pin(1, 5, 1),))
    slate = fused(case.with_rules(rule(2, BuryToBottom(), items_of(5))))
    assert numbers(slate)[0] == 5
    assert "to_bottom" not in {reason.code for reason in slate.placements[0].reasons}


def test_a_best_match_pin_takes_the_best_of_its_items():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, PinMatch(1), items_of(4, 3, 5))))
    assert numbers(slate) == [3, 1, 2, 4, 5]
    assert slate.placements[0].reasons[0].code == "pinned_best_match"


def test_a_best_match_pin_leaves_items_to_better_claims():
    case = simple_case(*FIVE).with_policy(pins=(pin(1, 3, 2, priority=200),))
    slate = fused(case.with_rules(rule(2, PinMatch(1), items_of(3, 4))))
    assert numbers(slate) == [4, 3, 1, 2, 5]


def test_a_best_match_pin_without_a_match_is_dropped():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, PinMatch(1), items_of())))
    assert slate.report.dropped_pins == (DroppedPin(decision_id(1), None, 1, "no_match"),)


_SEGMENT = Scope(segment=SEGMENT)
_SURFACE = Scope(surface=SURFACE)
_TV = Audience(devices=frozenset({"tv"}))
_ADULT = Comparison("age", Kind.NUMBER, "ge", 18.0)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"priority": 101}, {"priority": 100, "scope": Scope(member=MEMBER)}),
        ({"scope": Scope(member=MEMBER)}, {"scope": _SEGMENT}),
        ({"scope": _SEGMENT}, {"scope": _SURFACE, "who": _TV}),
        ({"scope": _SURFACE, "who": _TV}, {"scope": _SURFACE}),
        ({"scope": _SURFACE}, {"who": _TV}),
        ({"scope": Scope(surface=SURFACE, segment=SEGMENT)}, {"scope": _SEGMENT}),
        ({"scope": _SURFACE, "who": Audience(member=_ADULT)}, {"scope": _SURFACE}),
        (
            {"who": Audience(devices=frozenset({"tv"}), languages=frozenset({"en"}))},
            {"who": _TV, "window": Window(ends=NOW + DAY)},
        ),
        ({"window": Window(ends=NOW + DAY)}, {"published_at": NOW + DAY}),
        ({"published_at": NOW}, {"published_at": NOW - timedelta(microseconds=1)}),
        ({"lineage": decision_id(1)}, {"lineage": decision_id(2)}),
    ],
)
def test_the_total_order_of_claims(better, worse):
    assert precedence(pin(5, 1, 1, **better)) < precedence(pin(5, 1, 1, **worse))
