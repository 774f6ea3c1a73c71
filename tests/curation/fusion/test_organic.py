"""Step 7, by hand: repeat policy, caps, quotas and diversity."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from curation.fusion.candidates import Similarities
from curation.fusion.columns import Column, Kind
from curation.fusion.effects import Boost, Bury, BuryToBottom, Cap, Quota
from curation.fusion.fixed import ONE
from curation.fusion.policy import Diversity, DiversityKind, RepeatPolicy
from curation.fusion.slate import Excess, Outcome, Shortfall
from tests.curation.fusion.cases import (
    Case,
    decision_id,
    genre,
    items_of,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused

FIVE = (5.0, 4.0, 3.0, 2.0, 1.0)


def numbers(slate) -> list[int]:
    return [placed.item.int for placed in slate.placements]


def slots(slate) -> dict[int, int]:
    return {placed.slot: placed.item.int for placed in slate.placements}


def with_genres(*genres: tuple[str, ...], utilities=FIVE, **rest) -> Case:
    return simple_case(*utilities, columns={"genres": Column.of(Kind.TAGS, genres)}, **rest)


# ---- what is not repeated


@pytest.mark.parametrize(
    ("repeat", "shown"),
    [
        (RepeatPolicy(), [1, 2, 3]),
        (RepeatPolicy(rated=True), [2, 3]),
        (RepeatPolicy(interacted=True), [1, 3]),
        (RepeatPolicy(shown=3), [1, 2]),
        (RepeatPolicy(rated=True, interacted=True, shown=3), []),
    ],
)
def test_the_repeat_policy_leaves_out_what_was_seen(repeat, shown):
    case = simple_case(
        3.0,
        2.0,
        1.0,
        rated=np.array([True, False, False]),
        interacted=np.array([False, True, False]),
        shown=np.array([0, 2, 3], np.int32),
    ).with_surface(repeat=repeat)
    assert numbers(fused(case)) == shown


def test_a_pin_ignores_the_repeat_policy():
    case = simple_case(2.0, 1.0, rated=np.array([True, False]))
    case = case.with_surface(repeat=RepeatPolicy(rated=True)).with_policy(pins=(pin(1, 1, 2),))
    slate = fused(case)
    assert slots(slate) == {1: 2, 2: 1}


def test_the_reserve_follows_in_order():
    slate = fused(simple_case(*FIVE).with_surface(depth=2, reserve=2))
    assert [(each.slot, each.item.int) for each in slate.reserve] == [(3, 3), (4, 4)]


def test_too_few_items_are_reported():
    slate = fused(simple_case(2.0, 1.0).with_surface(depth=4, reserve=1))
    assert slate.report.shortfalls == (Shortfall("slots", 4, 2), Shortfall("reserve", 1, 0))


def test_no_candidates_make_an_empty_slate():
    assert fused(simple_case()).placements == ()


# ---- caps


def test_a_cap_lets_so_many_into_the_first_slots():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, Cap(1, 3), items_of(1, 2, 3))))
    assert numbers(slate) == [1, 4, 5, 2, 3]


def test_a_cap_of_0_keeps_items_out_of_the_first_slots():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, Cap(0, 2), items_of(1))))
    assert numbers(slate) == [2, 3, 1, 4, 5]


def test_a_cap_by_field_counts_each_value_apart_whatever_its_case():
    case = with_genres(("War",), ("war", "Drama"), ("Drama",), ("Comedy",), ())
    slate = fused(case.with_rules(rule(1, Cap(1, 4, "genres"))))
    assert numbers(slate) == [1, 3, 4, 5, 2]


def test_a_cap_by_field_counts_only_what_its_query_names():
    case = with_genres(("War",), ("War",), ("War",), ("Drama",), ("Drama",))
    slate = fused(case.with_rules(rule(1, Cap(1, 3, "genres"), items_of(1, 2))))
    assert numbers(slate) == [1, 3, 4, 2, 5]


def test_a_slot_that_no_item_may_fill_stays_empty():
    slate = fused(simple_case(3.0, 2.0, 1.0).with_rules(rule(1, Cap(1, 2))))
    assert slots(slate) == {1: 1, 3: 2}
    assert slate.report.shortfalls == (Shortfall("slots", 3, 2),)


def test_pins_further_down_count_toward_a_cap_beforehand():
    case = simple_case(*FIVE).with_rules(rule(1, Cap(1, 3), items_of(1, 5)))
    assert numbers(fused(case.with_policy(pins=(pin(2, 5, 3),)))) == [2, 3, 5, 1, 4]


def test_pins_may_exceed_a_cap_and_that_is_reported():
    case = simple_case(*FIVE).with_rules(rule(1, Cap(1, 3), items_of(1, 4, 5)))
    slate = fused(case.with_policy(pins=(pin(2, 4, 1), pin(3, 5, 2))))
    assert numbers(slate) == [4, 5, 2, 1, 3]
    assert slate.report.excesses == (Excess(decision_id(1), "", 1, 3, 2),)


def test_a_cap_on_the_whole_slate_holds_in_the_reserve_too():
    case = simple_case(*FIVE).with_surface(depth=2, reserve=2)
    slate = fused(case.with_rules(rule(1, Cap(1, 2), items_of(1, 2, 3))))
    assert [placed.item.int for placed in slate.placements + slate.reserve] == [1, 4, 5]


# ---- quotas


def test_a_quota_takes_the_best_matching_items_when_slots_run_short():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, Quota(2, 3), items_of(4, 5))))
    assert numbers(slate) == [1, 4, 5, 2, 3]
    forced = slate.placements[1]
    assert "quota" in {reason.code for reason in forced.reasons}
    assert decision_id(1) in forced.fired


def test_a_quota_met_by_itself_forces_nothing():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, Quota(2, 3), items_of(1, 2))))
    assert numbers(slate) == [1, 2, 3, 4, 5]
    assert all(placed.fired == () for placed in slate.placements)


def test_pins_count_toward_a_quota():
    case = simple_case(*FIVE).with_policy(pins=(pin(2, 5, 3),))
    slate = fused(case.with_rules(rule(1, Quota(1, 3), items_of(4, 5))))
    assert numbers(slate) == [1, 2, 5, 3, 4]


def test_slots_reserved_by_pins_are_not_there_for_a_quota():
    case = simple_case(*FIVE).with_policy(pins=(pin(2, 1, 3),))
    slate = fused(case.with_rules(rule(1, Quota(1, 3), items_of(5))))
    assert numbers(slate) == [2, 5, 1, 3, 4]


def test_a_quotas_shortfall_is_reported():
    slate = fused(simple_case(*FIVE).with_rules(rule(1, Quota(3, 4), items_of(5))))
    assert numbers(slate) == [1, 2, 3, 5, 4]
    assert slate.report.shortfalls == (Shortfall("quota", 3, 1, decision_id(1)),)


def test_two_quotas_share_the_slots_that_are_left():
    case = simple_case(*FIVE).with_rules(
        rule(1, Quota(1, 3), items_of(4)), rule(2, Quota(1, 3), items_of(5))
    )
    assert numbers(fused(case)) == [1, 4, 5, 2, 3]


def test_a_cap_beats_a_quota():
    case = simple_case(*FIVE).with_rules(
        rule(1, Quota(2, 3), items_of(4, 5)), rule(2, Cap(1, 3), items_of(4, 5))
    )
    slate = fused(case)
    assert numbers(slate) == [1, 4, 2, 3, 5]
    assert slate.report.shortfalls == (Shortfall("quota", 2, 1, decision_id(1)),)


def test_a_quota_prefers_items_that_are_not_to_the_bottom():
    case = simple_case(*FIVE).with_rules(
        rule(1, Quota(1, 1), items_of(3, 4)), rule(2, BuryToBottom(), items_of(3))
    )
    assert numbers(fused(case)) == [4, 1, 2, 5, 3]


# ---- diversity


def _alike(*pairs: tuple[int, int, float], size: int = 3) -> Similarities:
    matrix = np.zeros((size, size))
    for first, second, value in pairs:
        matrix[first - 1, second - 1] = matrix[second - 1, first - 1] = value
    return Similarities.of(matrix)


def test_mmr_weighs_utility_against_the_nearest_placed_item():
    case = simple_case(1.0, 0.9, 0.5, similarities=_alike((1, 2, 0.8)))
    case = case.with_surface(diversity=Diversity(DiversityKind.MMR, 500))
    slate = fused(case)
    assert numbers(slate) == [1, 3, 2]  # 0.45 - 0.40 for item 2 against 0.25 for item 3
    chosen = slate.placements[2].selection
    assert chosen is not None
    assert (chosen.kind, chosen.value, chosen.penalty) == ("mmr", 50_000_000, 400_000_000)
    assert slate.placements[2].score == 900_000_000


def test_mmr_keeps_a_distance_from_pins_further_down():
    case = simple_case(1.0, 0.9, 0.5, similarities=_alike((1, 3, 0.9)))
    case = case.with_surface(diversity=Diversity(DiversityKind.MMR, 500))
    assert numbers(fused(case.with_policy(pins=(pin(1, 3, 3),)))) == [2, 1, 3]


def test_a_knob_at_0_changes_nothing():
    case = simple_case(1.0, 0.9, 0.5)
    turned = case.with_surface(diversity=Diversity(DiversityKind.MMR, 0))
    assert fused(turned).placements == fused(case).placements


def test_calibration_follows_the_members_profile():
    genres = (("War",), ("War",), ("War",), ("Drama",), ("Drama",))
    case = with_genres(*genres, utilities=(1.0, 0.99, 0.98, 0.5, 0.45))
    case = replace(case, candidates=replace(case.candidates, profile={"war": 0.5, "DRAMA": 0.5}))
    case = case.with_surface(diversity=Diversity(DiversityKind.CALIBRATION, 800, "genres"))
    slate = fused(case)
    assert numbers(slate) == [1, 4, 2, 5, 3]
    penalty = 0.8 * (0.5 * log(0.5 / 0.995) + 0.5 * log(0.5 / 0.005))
    first = slate.placements[0].selection
    assert first is not None
    assert first.penalty == pytest.approx(penalty * ONE, abs=2)


def test_diversity_without_its_input_is_refused():
    case = simple_case(1.0)
    with pytest.raises(ValueError, match="similarities"):
        fused(case.with_surface(diversity=Diversity(DiversityKind.MMR, 500)))
    with pytest.raises(ValueError, match="genres"):
        fused(case.with_surface(diversity=Diversity(DiversityKind.CALIBRATION, 500, "genres")))


# ---- withheld, and the verdicts


def test_a_decision_withheld_from_a_member_changes_nothing_and_is_told():
    case = simple_case(2.0, 1.0)
    held_back = rule(1, Boost(2.0), items_of(2), holdback=1.0)
    slate = fused(case.with_rules(held_back).with_policy(pins=(pin(2, 2, 1, traffic=0.0),)))
    assert numbers(slate) == [1, 2]
    assert set(slate.placements[1].withheld) == {decision_id(1), decision_id(2)}
    told = {each.decision: (each.outcome, each.why) for each in slate.verdicts}
    assert told[decision_id(1)] == (Outcome.WITHHELD, "holdback")
    assert told[decision_id(2)] == (Outcome.WITHHELD, "traffic")


def test_a_rule_that_names_no_candidate_is_idle():
    case = with_genres(("War",), ("War",), ("War",), ("War",), ("War",))
    slate = fused(case.with_rules(rule(1, Boost(1.0), genre("Drama")), rule(2, Bury(1.0))))
    told = {each.decision: each.outcome for each in slate.verdicts}
    assert (told[decision_id(1)], told[decision_id(2)]) == (Outcome.IDLE, Outcome.FIRED)
