"""The promises of fuse, each a check of one case; the tests draw the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import orjson

from curation.fusion import engine
from curation.fusion.codec import encode_inputs, encode_slate, replay
from curation.fusion.columns import fold
from curation.fusion.effects import (
    Boost,
    Bury,
    BuryToBottom,
    Cap,
    Effect,
    Exclude,
    Fallback,
    Only,
    PinMatch,
    Quota,
)
from curation.fusion.fixed import ONE
from curation.fusion.matching import Table
from curation.fusion.policy import Policy, Rule
from curation.fusion.query import EVERYTHING, ItemList
from curation.fusion.slate import Outcome, Placement, Slate
from curation.fusion.standing import standing
from tests.curation.fusion.cases import (
    NOW,
    Case,
    block,
    rule,
    without_effects,
)

E = TypeVar("E", bound=Effect)
V = TypeVar("V")


def fused(case: Case) -> Slate:
    """The slate of a case, through the engine as it is just now (tests plant faults in it)."""
    return engine.fuse(*case.arguments)


def everything(slate: Slate) -> tuple[Placement, ...]:
    return slate.placements + slate.reserve


def held_rules(case: Case, kind: type[E]) -> list[tuple[Rule, E]]:
    """The rules of one effect that hold in the case, each with it."""
    held = standing(case.policy, case.context)
    return [(each, each.effect) for each in held.rules if isinstance(each.effect, kind)]


def named(case: Case, each: Rule) -> set[UUID]:
    """The candidates that a rule names."""
    table = Table(len(case.candidates), case.candidates.columns, case.candidates.index)
    return {case.candidates.item(row) for row in np.flatnonzero(table.matches(each.what)).tolist()}


def denied(case: Case) -> set[UUID]:
    """What may not be shown, worked out apart from the engine."""
    candidates = case.candidates
    found = set(candidates.nevers)
    found |= {candidates.item(row) for row in np.flatnonzero(~candidates.active).tolist()}
    found |= {each.item for each in standing(case.policy, case.context).blocks}
    for each, _ in held_rules(case, Exclude):
        found |= named(case, each)
    return found


def a_denied_item_never_appears(case: Case) -> None:
    shown = {each.item for each in everything(fused(case))}
    assert not shown & denied(case)


def every_denial_is_recorded(case: Case) -> None:
    slate = fused(case)
    candidates = {case.candidates.item(row) for row in range(len(case.candidates))}
    told = {each for cause in slate.denials if cause.code != "not_listed" for each in cause.items}
    assert told == denied(case) & candidates


def an_allow_list_lets_nothing_else_in(case: Case) -> None:
    """Lists intersect; where nothing is left the first falls back as it says, and that is told."""
    slate = fused(case)
    lists = held_rules(case, Only)
    open_items = {case.candidates.item(row) for row in range(len(case.candidates))} - denied(case)
    listed = open_items.intersection(*(named(case, each) for each, _ in lists))
    told = None
    if lists and not listed:
        first, effect = lists[0]
        told = (first.lineage, effect.fallback)
        instead = {Fallback.ORGANIC: open_items, Fallback.LIST: set(effect.items)}
        listed = open_items & instead.get(effect.fallback, set())
    assert slate.report.fallback == told
    assert {each.item for each in everything(slate)} <= listed


def who_is_spared_gets_the_slate_without_the_decision(case: Case) -> None:
    slate = fused(case)
    spared = {each.lineage: each for each, _ in standing(case.policy, case.context).withheld}
    told = {each.decision for each in slate.verdicts if each.outcome is Outcome.WITHHELD}
    assert told == spared.keys()
    assert not any(isinstance(each, Rule) and is_exempt(each) for each in spared.values())
    without = case.with_policy(
        pins=tuple(each for each in case.policy.pins if each.lineage not in spared),
        rules=tuple(each for each in case.policy.rules if each.lineage not in spared),
        blends=tuple(each for each in case.policy.blends if each.lineage not in spared),
    )
    assert _bare(slate) == _bare(fused(without))


def is_exempt(rule: Rule) -> bool:
    return isinstance(rule.effect, Exclude)


def _bare(slate: Slate) -> list[Placement]:
    """What stands where and why, but for what says that somebody was spared."""
    return [replace(each, withheld=()) for each in everything(slate)]


def order_is_irrelevant(case: Case) -> None:
    chance = Random(case.seed)
    rows = np.array(chance.sample(range(len(case.candidates)), len(case.candidates)), np.intp)
    candidates = case.candidates.take(rows)
    candidates = replace(
        candidates,
        scores=_turned(candidates.scores),
        statistics=_turned(candidates.statistics),
        columns=_turned(candidates.columns),
    )
    other = replace(case, candidates=candidates, policy=_shuffled(case.policy, chance))
    assert encode_slate(fused(other)) == encode_slate(fused(case))
    assert encode_inputs(*other.arguments) == encode_inputs(*case.arguments)


def _turned(mapping: Mapping[str, V]) -> dict[str, V]:
    return dict(reversed(list(mapping.items())))


def _shuffled(policy: Policy, chance: Random) -> Policy:
    def mixed(decisions: Iterable[V]) -> tuple[V, ...]:
        rows = list(decisions)
        chance.shuffle(rows)
        return tuple(rows)

    return replace(
        policy,
        blocks=mixed(policy.blocks),
        pins=mixed(policy.pins),
        rules=mixed(policy.rules),
        blends=mixed(policy.blends),
    )


def a_rule_of_strength_0_changes_nothing(case: Case) -> None:
    neutral = case.with_rules(rule(800, Boost(0.0), priority=999), rule(801, Bury(0.0)))
    assert encode_slate(fused(neutral)) == encode_slate(fused(case))


def no_item_stands_twice(case: Case) -> None:
    slate = fused(case)
    items = [each.item for each in everything(slate)]
    slots = [each.slot for each in everything(slate)]
    assert len(set(items)) == len(items)
    assert slots == sorted(set(slots))


def pins_stand_in_their_slots_unless_the_trace_says_why(case: Case) -> None:
    slate = fused(case)
    told = {each.decision for each in slate.report.dropped_pins}
    told |= {each.decision for each in slate.report.shifted_pins}
    for each in standing(case.policy, case.context).pins:
        standing_there = {
            placed.slot
            for placed in slate.placements
            if (placed.item, placed.pin) == (each.item, each.lineage)
        }
        assert standing_there == {each.slot} or each.lineage in told


def a_pin_that_could_stand_is_not_dropped(case: Case) -> None:
    """An eligible claim is dropped for a better one only, and one better stands there."""
    slate = fused(case)
    pins = {each.lineage: each for each in standing(case.policy, case.context).pins}
    stands = {placed.pin: placed for placed in slate.placements if placed.pin}
    for drop in slate.report.dropped_pins:
        if drop.why == "slot_taken" and drop.lost_to:
            assert stands[drop.lost_to].slot == drop.slot
        elif drop.why == "denied" and drop.decision in pins:
            assert list(slate.denials_of(pins[drop.decision].item))
    for shift in slate.report.shifted_pins:
        assert shift.wanted < shift.slot <= min(shift.wanted + 2, slate.depth)
        assert stands[shift.lost_to].slot == shift.wanted


def organic_items_never_break_a_cap(case: Case) -> None:
    slate = fused(case)
    for each, effect in held_rules(case, Cap):
        first = [placed for placed in slate.placements if placed.slot <= effect.first]
        pinned = Counter(
            value
            for placed in first
            if placed.pin
            for value in _counted(case, each, effect.field, placed)
        )
        total = Counter(
            value for placed in first for value in _counted(case, each, effect.field, placed)
        )
        excess = {told.value for told in slate.report.excesses if told.decision == each.lineage}
        for value, count in total.items():
            assert count <= max(effect.limit, pinned[value])
            assert (pinned[value] > effect.limit) == (value in excess)


def _counted(case: Case, cap: Rule, field: str, placed: Placement) -> set[str]:
    row = case.candidates.row(placed.item)
    if row is None or placed.item not in named(case, cap):
        return set()
    if not field:
        return {""}
    column = case.candidates.columns[field]
    codes = column.data[column.starts[row] : column.starts[row + 1]]
    return {fold(column.vocabulary[code]) for code in codes}


def quotas_are_met_or_reported_short(case: Case) -> None:
    slate = fused(case)
    told = {each.decision: each.got for each in slate.report.shortfalls if each.kind == "quota"}
    for each, effect in held_rules(case, Quota):
        first = [placed for placed in slate.placements if placed.slot <= effect.first]
        got = sum(placed.item in named(case, each) for placed in first)
        assert got == told.get(each.lineage, got)
        assert got >= effect.least or each.lineage in told


def a_lone_quota_takes_all_it_can(case: Case) -> None:
    """Asked without caps and of one quota at a time."""
    for each, effect in held_rules(case, Quota):
        alone = without_effects(case, Cap, Quota).with_rules(each)
        slate = fused(alone)
        slots = range(1, min(effect.first, slate.depth) + 1)
        stands = {placed.slot: placed for placed in slate.placements}
        pins = {slot for slot in slots if slot in stands and stands[slot].pin}
        pool = named(alone, each) & _open(alone, slate)
        pinned = sum(stands[slot].item in named(alone, each) for slot in pins)
        got = sum(slot in stands and stands[slot].item in named(alone, each) for slot in slots)
        assert got >= min(effect.least, pinned + min(len(pool), len(slots) - len(pins)))


def _open(case: Case, slate: Slate) -> set[UUID]:
    """What organic slots may take."""
    candidates = case.candidates
    shut = {each for cause in slate.denials for each in cause.items}
    shut |= {placed.item for placed in slate.placements if placed.pin}
    if case.policy.surface.repeat.rated and candidates.rated is not None:
        shut |= {candidates.item(row) for row in np.flatnonzero(candidates.rated).tolist()}
    return {candidates.item(row) for row in range(len(candidates))} - shut


def blocking_an_organic_item_keeps_the_order_of_the_others(case: Case) -> None:
    """Asked of slates without chance, diversity, caps, quotas and allow-lists."""
    case = without_effects(case, Cap, Quota, Only)
    before = fused(case)
    for removed in [each.item for each in before.placements if each.pin is None][:2]:
        gone = block(700, 1, item=removed)
        after = fused(case.with_policy(blocks=(*case.policy.blocks, gone)))
        kept = _organic(before, {removed})
        common = set(kept) & set(_organic(after, set()))
        assert [each for each in kept if each in common] == [
            each for each in _organic(after, set()) if each in common
        ]
        assert set(kept) <= set(_organic(after, set()))


def _organic(slate: Slate, left_out: set[UUID]) -> list[UUID]:
    placed = [each.item for each in everything(slate) if each.pin is None]
    return [each for each in placed if each not in left_out]


def raising_a_boost_never_lowers_a_slot(case: Case) -> None:
    """Asked with fixed noise, without quotas and best-match pins."""
    case = without_effects(case, Quota, PinMatch)
    if not len(case.candidates):
        return
    raised = case.candidates.item(case.seed % len(case.candidates))
    slots = []
    for strength in (0.0, 0.4, 1.5):
        boost = rule(800, Boost(strength), ItemList((raised,)))
        slate = fused(case.with_rules(boost))
        slots.append(next((e.slot for e in everything(slate) if e.item == raised), 10_000))
    assert slots == sorted(slots, reverse=True)


def parts_sum_exactly(case: Case) -> None:
    slate = fused(case)
    for each in everything(slate):
        parts = sum(part for part in each.parts.values() if part)
        assert parts + sum(a for _, a in each.boosts) + each.clamp + each.rounding == each.score
        assert abs(each.boost) <= 2 * ONE
    for row in _decimals(slate):
        written = [part for part in row["parts"].values() if part is not None]
        assert sum(written) + row["boost"] + row["rounding"] == row["score"]
        amounts = sum(boost["amount"] for boost in row["boosts"])
        assert amounts + row["clamp"] == row["boost"]
        assert set(row["parts"]) == set(case.candidates.scores)


def _decimals(slate: Slate) -> list[dict[str, Any]]:
    """The placements of the encoded slate, each amount read as the decimal that was written."""

    def exact(value: Any) -> Any:
        if isinstance(value, float):
            return Decimal(repr(value))
        if isinstance(value, dict):
            return {key: exact(each) for key, each in value.items()}
        return [exact(each) for each in value] if isinstance(value, list) else value

    return [exact(each) for each in orjson.loads(encode_slate(slate))["placements"]]


def ending_a_decision_restores_the_slate(case: Case) -> None:
    before = encode_slate(fused(case))
    added = block(700, 1), rule(701, Exclude(), EVERYTHING), rule(702, Boost(2.0), ItemList(()))
    during = case.with_policy(blocks=(*case.policy.blocks, added[0])).with_rules(*added[1:])
    fused(during)
    ended = replace(
        during,
        policy=replace(
            during.policy,
            blocks=tuple(each for each in during.policy.blocks if each != added[0]),
            rules=tuple(each for each in during.policy.rules if each not in added),
        ),
    )
    assert encode_slate(fused(ended)) == before
    over = replace(added[1], window=replace(added[1].window, ends=NOW))
    assert encode_slate(fused(case.with_rules(over))) == before


def a_stored_slate_replays_to_the_same_bytes(case: Case) -> None:
    assert encode_slate(replay(encode_inputs(*case.arguments))) == encode_slate(fused(case))


def _scored(slate: Slate, placed: Placement) -> bool:
    weights = slate.blend.weights
    return any(part is not None and weights[name] for name, part in placed.parts.items())


def propensities_are_chances(case: Case) -> None:
    slate = fused(case)
    for each in everything(slate):
        assert 0 < each.propensity <= 10**9
        assert each.sampled or each.propensity == 10**9
        assert not each.sampled or (each.pin is None and each.slot in case.policy.surface.exploring)


def scored_items_stand_before_unscored_and_buried_ones(case: Case) -> None:
    """Asked without caps and quotas."""
    slate = fused(without_effects(case, Cap, Quota))
    buried = set().union(*(named(case, each) for each, _ in held_rules(case, BuryToBottom)))
    tiers = [
        2 if each.item in buried else int(not _scored(slate, each))
        for each in everything(slate)
        if not each.pin
    ]
    assert tiers == sorted(tiers)
