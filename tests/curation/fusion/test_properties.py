"""What fuse promises of every slate."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given, settings

from curation.fusion.effects import Boost, Bury, Effect, Exclude, Only
from curation.fusion.policy import Diversity
from curation.fusion.standing import standing
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

PLAIN: dict[str, Any] = {"exploring": frozenset(), "diversity": Diversity()}


@THOROUGH
@given(cases())
def test_a_denied_item_never_appears(case):
    properties.a_denied_item_never_appears(case)
    properties.every_denial_is_recorded(case)


@THOROUGH
@given(cases(listed))
def test_an_allow_list_lets_nothing_else_in(case):
    properties.an_allow_list_lets_nothing_else_in(case)


@THOROUGH
@given(cases(sparing))
def test_who_is_spared_gets_the_slate_without_the_decision(case):
    properties.who_is_spared_gets_the_slate_without_the_decision(case)


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
@given(cases(crowded))
def test_pins_stand_in_their_slots_unless_the_trace_says_why(case):
    properties.pins_stand_in_their_slots_unless_the_trace_says_why(case)
    properties.a_pin_that_could_stand_is_not_dropped(case)


@THOROUGH
@given(cases(capped))
def test_organic_items_never_break_a_cap(case):
    properties.organic_items_never_break_a_cap(case)


@THOROUGH
@given(cases(quota_bound))
def test_quotas_are_met_or_reported_short(case):
    properties.quotas_are_met_or_reported_short(case)
    properties.a_lone_quota_takes_all_it_can(case)


@THOROUGH
@given(cases(settled=PLAIN))
def test_blocking_an_organic_item_keeps_the_order_of_the_others(case):
    properties.blocking_an_organic_item_keeps_the_order_of_the_others(case)


@THOROUGH
@given(cases(capped))
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
@given(cases(buried, PLAIN))
def test_scored_items_stand_before_unscored_and_buried_ones(case):
    properties.scored_items_stand_before_unscored_and_buried_ones(case)


def conflicts(case: Case) -> set[str]:
    """The ways in which the decisions that hold in a case contradict each other."""
    held = standing(case.policy, case.context)
    denied = properties.denied(case)
    slots, items = Counter(p.slot for p in held.pins), Counter(p.item for p in held.pins)
    boosted, buried = named(case, Boost), named(case, Bury)
    report = properties.fused(case).report
    found = {
        "claims": bool(held.pins) and max((*slots.values(), *items.values())) > 1,
        "pin against denial": any(each.item in denied for each in held.pins),
        "boost against bury": bool(boosted & buried),
        "allow-list against denial": bool(named(case, Only) & denied),
        "exclusion against boost": bool(named(case, Exclude) & boosted),
        "limits": bool(report.excesses) or any(s.kind == "quota" for s in report.shortfalls),
        "blends": len(held.blends) > 1,
    }
    return {name for name, there in found.items() if there}


def named(case: Case, kind: type[Effect]) -> set[UUID]:
    """The candidates that the rules of one effect name."""
    rules = properties.held_rules(case, kind)
    return {item for each, _ in rules for item in properties.named(case, each)}


def test_at_least_a_third_of_the_cases_hold_conflicts():
    drawn: list[set[str]] = []

    @settings(THOROUGH, max_examples=120, database=None)
    @given(cases())
    def draw(case):
        drawn.append(conflicts(case))

    draw()
    assert sum(1 for each in drawn if each) >= len(drawn) / 3
    kinds = Counter(kind for each in drawn for kind in each)
    assert len(kinds) >= 5, kinds


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
