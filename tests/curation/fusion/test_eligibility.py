"""Steps 2 and 3, by hand: denials and allow-lists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from curation.fusion.effects import Exclude, Fallback, Only
from curation.fusion.policy import Scope
from curation.fusion.slate import Denial, Outcome
from tests.curation.fusion.cases import (
    MEMBER,
    SEGMENT,
    STRANGER,
    SURFACE,
    Case,
    block,
    decision_id,
    item,
    items_of,
    pin,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused


def numbers(slate) -> list[int]:
    return [placed.item.int for placed in slate.placements]


def test_an_inactive_item_is_out():
    case = simple_case(3.0, 2.0, 1.0, active=np.array([False, True, True]))
    assert numbers(fused(case)) == [2, 3]


def test_the_members_never_beats_a_pin():
    case = simple_case(3.0, 2.0, 1.0, nevers=frozenset({item(2)})).with_policy(pins=(pin(1, 2, 1),))
    slate = fused(case)
    assert numbers(slate) == [1, 3]
    assert slate.report.dropped_pins[0].why == "denied"


@pytest.mark.parametrize(
    ("scope", "blocked"),
    [
        (Scope(), True),
        (Scope(surface=SURFACE), True),
        (Scope(surface="elsewhere"), False),
        (Scope(segment=SEGMENT), True),
        (Scope(segment=STRANGER), False),
        (Scope(member=MEMBER), True),
        (Scope(member=STRANGER), False),
        (Scope(surface="elsewhere", member=MEMBER), False),
    ],
)
def test_a_block_reaches_as_far_as_its_scope(scope, blocked):
    case = simple_case(3.0, 2.0).with_policy(blocks=(block(1, 1, scope=scope),))
    case = replace(case, context=replace(case.context, segments=frozenset({SEGMENT})))
    assert (1 not in numbers(fused(case))) == blocked


def test_all_denials_of_an_item_are_told_gravest_first():
    case = simple_case(3.0, 2.0, nevers=frozenset({item(1)}), active=np.array([False, True]))
    case = case.with_policy(blocks=(block(1, 1), block(2, 1, safety=True)))
    case = case.with_rules(rule(3, Exclude(), items_of(1)))
    told = [(each.code, each.decision) for each in fused(case).denials_of(item(1))]
    assert told == [
        (Denial.SAFETY_BLOCK, decision_id(2)),
        (Denial.NEVER, None),
        (Denial.INACTIVE, None),
        (Denial.BLOCK, decision_id(1)),
        (Denial.EXCLUDED, decision_id(3)),
    ]


def test_allow_lists_intersect():
    case = simple_case(3.0, 2.0, 1.0).with_rules(
        rule(1, Only(), items_of(1, 2)), rule(2, Only(), items_of(2, 3))
    )
    assert numbers(fused(case)) == [2]


def _emptied(fallback: Fallback) -> Case:
    """Two allow-lists with nothing in common, the better one falling back in this way."""
    return simple_case(3.0, 2.0, 1.0).with_rules(
        rule(1, Only(fallback, (item(2), item(3))), items_of(1), priority=200),
        rule(2, Only(Fallback.ORGANIC), items_of(2)),
    )


@pytest.mark.parametrize(
    ("fallback", "shown"),
    [(Fallback.ORGANIC, [1, 2, 3]), (Fallback.LIST, [2, 3]), (Fallback.EMPTY, [])],
)
def test_an_empty_allow_list_falls_back_as_its_best_rule_says(fallback, shown):
    slate = fused(_emptied(fallback))
    assert numbers(slate) == shown
    assert slate.report.fallback == (decision_id(1), fallback)
    verdicts = {each.decision: each for each in slate.verdicts}
    assert verdicts[decision_id(1)].why == "fell_back"


def test_an_allow_list_of_denied_items_only_is_empty():
    case = simple_case(3.0, 2.0).with_policy(blocks=(block(1, 1),))
    case = case.with_rules(rule(2, Only(Fallback.ORGANIC), items_of(1)))
    assert numbers(fused(case)) == [2]


def test_the_fallback_list_cannot_undo_a_denial():
    case = _emptied(Fallback.LIST).with_policy(blocks=(block(9, 2),))
    assert numbers(fused(case)) == [3]


def test_an_allow_list_beats_a_pin():
    case = simple_case(3.0, 2.0).with_rules(rule(1, Only(), items_of(1)))
    slate = fused(case.with_policy(pins=(pin(2, 2, 1),)))
    assert numbers(slate) == [1]
    assert slate.report.dropped_pins[0].why == "denied"


def test_only_blocks_that_deny_a_candidate_are_told_of():
    slate = fused(simple_case(1.0).with_policy(blocks=(block(1, 99), block(2, 1))))
    told = [(each.decision, each.outcome) for each in slate.verdicts if each.kind == "block"]
    assert told == [(decision_id(2), Outcome.FIRED)]
