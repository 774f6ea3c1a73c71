"""What fuse promises of every slate."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from hypothesis import given, settings

from curation.fusion.effects import Boost, Bury, Exclude, Only
from curation.fusion.policy import Diversity
from curation.fusion.standing import standing
from tests.curation.fusion import properties
from tests.curation.fusion.cases import THOROUGH, Case, cases

PLAIN = {"exploring": frozenset(), "diversity": Diversity()}


@THOROUGH
@given(cases())
def test_a_denied_item_never_appears(case):
    properties.a_denied_item_never_appears(case)
    properties.every_denial_is_recorded(case)


@THOROUGH
@given(cases())
def test_the_order_of_rows_and_decisions_is_irrelevant(case):
    properties.order_is_irrelevant(case)


@THOROUGH
@given(cases())
def test_a_rule_of_strength_0_changes_nothing(case):
    properties.a_rule_of_strength_0_changes_nothing(case)


@THOROUGH
@given(cases())
def test_no_item_stands_twice(case):
    properties.no_item_stands_twice(case)


@THOROUGH
@given(cases())
def test_pins_stand_in_their_slots_unless_the_trace_says_why(case):
    properties.pins_stand_in_their_slots_unless_the_trace_says_why(case)
    properties.a_pin_that_could_stand_is_not_dropped(case)


@THOROUGH
@given(cases())
def test_organic_items_never_break_a_cap(case):
    properties.organic_items_never_break_a_cap(case)


@THOROUGH
@given(cases())
def test_quotas_are_met_or_reported_short(case):
    properties.quotas_are_met_or_reported_short(case)


@THOROUGH
@given(cases(**PLAIN))
def test_blocking_an_organic_item_keeps_the_order_of_the_others(case):
    properties.blocking_an_organic_item_keeps_the_order_of_the_others(case)


@THOROUGH
@given(cases())
def test_raising_a_boost_never_lowers_a_slot(case):
    properties.raising_a_boost_never_lowers_a_slot(case)


@THOROUGH
@given(cases())
def test_parts_sum_exactly(case):
    properties.parts_sum_exactly(case)


@THOROUGH
@given(cases())
def test_ending_a_decision_restores_the_slate(case):
    properties.ending_a_decision_restores_the_slate(case)


@THOROUGH
@given(cases())
def test_a_stored_slate_replays_to_the_same_bytes(case):
    properties.a_stored_slate_replays_to_the_same_bytes(case)


@THOROUGH
@given(cases())
def test_propensities_are_chances(case):
    properties.propensities_are_chances(case)


@THOROUGH
@given(cases(**PLAIN))
def test_scored_items_stand_before_unscored_and_buried_ones(case):
    properties.scored_items_stand_before_unscored_and_buried_ones(case)


def conflicts(case: Case) -> set[str]:
    """The ways in which the decisions that hold in a case contradict each other."""
    held = standing(case.policy, case.context)
    denied = properties.denied(case)
    slots, items = Counter(p.slot for p in held.pins), Counter(p.item for p in held.pins)
    found = set()
    if held.pins and max((*slots.values(), *items.values())) > 1:
        found.add("claims")
    if any(each.item in denied for each in held.pins):
        found.add("pin against denial")
    boosted, buried = (
        {
            item
            for each in properties.held_rules(case, kind)
            for item in properties.named(case, each)
        }
        for kind in (Boost, Bury)
    )
    if boosted & buried:
        found.add("boost against bury")
    for each in properties.held_rules(case, Only):
        if denied & properties.named(case, each):
            found.add("allow-list against denial")
    if properties.held_rules(case, Exclude) and (boosted & denied or held.pins):
        found.add("exclusion against favour")
    slate = properties.fused(case)
    if slate.report.excesses or any(s.kind == "quota" for s in slate.report.shortfalls):
        found.add("limits")
    if len(held.blends) > 1:
        found.add("blends")
    return found


def test_at_least_a_third_of_the_cases_hold_conflicts():
    drawn: list[set[str]] = []

    @settings(THOROUGH, max_examples=120, database=None)
    @given(cases())
    def draw(case):
        drawn.append(conflicts(case))

    draw()
    assert sum(1 for each in drawn if each) >= len(drawn) / 3
    kinds = Counter(kind for each in drawn for kind in each)
    assert len(kinds) == 7, kinds


_DIGEST = """
from tests.curation.fusion.hashed import digests
print(digests())
"""


def test_the_seed_of_string_hashes_is_irrelevant():
    root = Path(__file__).resolve().parents[3]
    answers = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
