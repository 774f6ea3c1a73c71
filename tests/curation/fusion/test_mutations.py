"""Every property is seen to fail when the fault that it guards against is planted in the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

from curation.fusion import (
    blending,
    boosts,
    claims,
    codec,
    eligibility,
    engine,
    organic,
    packing,
    standing,
)
from curation.fusion.candidates import Candidates
from curation.fusion.limits import Caps, Quotas
from curation.fusion.organic import Filling
from curation.fusion.policy import Rule, Window
from tests.curation.fusion import properties
from tests.curation.fusion.cases import (
    THOROUGH,
    Case,
    buried,
    capped,
    cases,
    crowded,
    listed,
    quota_bound,
    sparing,
)
from tests.curation.fusion.test_properties import PLAIN

Planting = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutation:
    """A property, and the fault that breaks it."""

    check: Callable[[Case], None]
    plant: Planting
    drawn: SearchStrategy[Case] = field(default_factory=cases)


def _allow_everything(patch: pytest.MonkeyPatch) -> None:
    def judge(*arguments: Any) -> eligibility.Eligibility:
        judged = eligibility.judge(*arguments)
        return replace(judged, allowed=np.ones_like(judged.allowed))

    patch.setattr(engine, "judge", judge)


def _record_the_first_denial_only(patch: pytest.MonkeyPatch) -> None:
    def judge(*arguments: Any) -> eligibility.Eligibility:
        judged = eligibility.judge(*arguments)
        return replace(judged, denials=judged.denials[:1])

    patch.setattr(engine, "judge", judge)


def _list_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(eligibility, "_intersect", lambda allowed, listed: allowed.copy())


def _reach_whom_it_spares(patch: pytest.MonkeyPatch) -> None:
    def stand(*arguments: Any) -> standing.Standing:
        held = standing.standing(*arguments)
        spared = [each for each, _why in held.withheld if isinstance(each, Rule)]
        return replace(held, rules=[*held.rules, *spared])

    patch.setattr(engine, "standing", stand)


def _spare_from_exclusions(patch: pytest.MonkeyPatch) -> None:
    def withheld(decision: Any, context: Any) -> str:
        return "holdback" if decision.holdback else ""

    patch.setattr(standing, "_withheld", withheld)


def _boost_without_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(boosts, "MOST_BOOST", 100.0)


def _keep_the_order_of_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Candidates, "in_order", lambda candidates: candidates)


def _forget_the_last_keys_of_the_order(patch: pytest.MonkeyPatch) -> None:
    for module in (standing, claims):
        patch.setattr(module, "precedence", lambda decision: -decision.priority)


def _count_rules_of_strength_0(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(standing, "_is_neutral", lambda rule: False)


def _leave_placed_items_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Filling, "_take", lambda filling, row: None)


def _slide_pins(patch: pytest.MonkeyPatch) -> None:
    def resolve(*arguments: Any) -> claims.Claims:
        resolved = claims.resolve(*arguments)
        return replace(resolved, placed={s + 1: claim for s, claim in resolved.placed.items()})

    patch.setattr(engine, "resolve", resolve)


def _shift_pins_without_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "MOST_SHIFT", 5)


def _count_no_organic_item(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caps, "place", lambda caps, row, slot: None)


def _report_no_shortfall(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "_shortfalls", lambda *arguments: ())


def _press_for_no_quota(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Quotas, "pressing", lambda quotas, slot, feasible: None)


def _order_by_how_many_are_open(patch: pytest.MonkeyPatch) -> None:
    fill = Filling.fill

    def turned(filling: Filling, open_rows: Any, *arguments: Any) -> Any:
        if np.count_nonzero(open_rows) % 2:
            filling.order.reverse()
        return fill(filling, open_rows, *arguments)

    patch.setattr(Filling, "fill", turned)


def _boost_downwards(patch: pytest.MonkeyPatch) -> None:
    signed = boosts.signed
    patch.setattr(boosts, "signed", lambda effect: -signed(effect))


def _lose_a_billionth(patch: pytest.MonkeyPatch) -> None:
    def blend(*arguments: Any) -> blending.Blended:
        blended = blending.blend(*arguments)
        return replace(blended, rounding=blended.rounding - 1)

    patch.setattr(engine, "blend", blend)


def _hold_at_the_end_of_a_window(patch: pytest.MonkeyPatch) -> None:
    def holds(window: Window, instant: Any) -> bool:
        return window.ends is None or instant <= window.ends

    patch.setattr(Window, "holds", holds)


def _store_no_nevers(patch: pytest.MonkeyPatch) -> None:
    described = packing.candidates_data
    patch.setattr(codec, "candidates_data", lambda *a: {**described(*a), "nevers": []})


def _tell_no_chance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(organic, "propensity", lambda logits, at: 0)


def _know_one_tier(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(boosts, "_tiers", lambda scored, rules, masks: np.zeros(len(scored), np.int8))


MUTATIONS = [
    Mutation(properties.a_denied_item_never_appears, _allow_everything),
    Mutation(properties.every_denial_is_recorded, _record_the_first_denial_only),
    Mutation(properties.an_allow_list_lets_nothing_else_in, _list_nothing, cases(listed)),
    Mutation(
        properties.who_is_spared_gets_the_slate_without_the_decision,
        _reach_whom_it_spares,
        cases(sparing),
    ),
    Mutation(
        properties.who_is_spared_gets_the_slate_without_the_decision,
        _spare_from_exclusions,
        cases(sparing),
    ),
    Mutation(properties.order_is_irrelevant, _keep_the_order_of_rows),
    Mutation(properties.order_is_irrelevant, _forget_the_last_keys_of_the_order),
    Mutation(properties.a_rule_of_strength_0_changes_nothing, _count_rules_of_strength_0),
    Mutation(properties.no_item_stands_twice, _leave_placed_items_open),
    Mutation(properties.pins_stand_in_their_slots_unless_the_trace_says_why, _slide_pins),
    Mutation(
        properties.a_pin_that_could_stand_is_not_dropped, _shift_pins_without_end, cases(crowded)
    ),
    Mutation(properties.organic_items_never_break_a_cap, _count_no_organic_item, cases(capped)),
    Mutation(properties.quotas_are_met_or_reported_short, _report_no_shortfall, cases(quota_bound)),
    Mutation(properties.a_lone_quota_takes_all_it_can, _press_for_no_quota, cases(quota_bound)),
    Mutation(
        properties.blocking_an_organic_item_keeps_the_order_of_the_others,
        _order_by_how_many_are_open,
        cases(settled=PLAIN),
    ),
    Mutation(properties.raising_a_boost_never_lowers_a_slot, _boost_downwards),
    Mutation(properties.parts_sum_exactly, _lose_a_billionth),
    Mutation(properties.parts_sum_exactly, _boost_without_bound),
    Mutation(properties.ending_a_decision_restores_the_slate, _hold_at_the_end_of_a_window),
    Mutation(properties.a_stored_slate_replays_to_the_same_bytes, _store_no_nevers),
    Mutation(properties.propensities_are_chances, _tell_no_chance),
    Mutation(
        properties.scored_items_stand_before_unscored_and_buried_ones,
        _know_one_tier,
        cases(buried, PLAIN),
    ),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.plant.__name__.strip("_"))
def test_a_planted_fault_is_found(mutation, monkeypatch):
    @settings(
        THOROUGH,
        max_examples=200,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(mutation.drawn)
    def check(case):
        mutation.check(case)

    mutation.plant(monkeypatch)
    with pytest.raises(AssertionError):
        check()
