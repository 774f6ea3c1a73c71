"""Steps 4 and 5, by hand: scales, weights, boosts and buries."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log1p, nan

import numpy as np
import pytest

from curation.fusion.candidates import Statistics, statistics_of
from curation.fusion.context import Context
from curation.fusion.effects import Boost, Bury, BuryToBottom
from curation.fusion.fixed import ONE
from curation.fusion.policy import Blend, Policy, Scale, SurfaceSettings
from curation.fusion.scales import scaled
from curation.fusion.slate import Outcome, Tier
from tests.curation.fusion.cases import (
    NOW,
    SURFACE,
    Case,
    decision_id,
    item,
    items_of,
    make_candidates,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused

SCORES = np.array([1.0, 3.0, 5.0, nan])


def weighed(scores, weights, **rest) -> Case:
    """A case of these raw scores as they are, under these weights."""
    blend = Blend(
        lineage=decision_id(900),
        published_at=NOW,
        weights=weights,
        **({"scales": dict.fromkeys(scores, Scale.NONE)} | rest),
    )
    size = len(next(iter(scores.values())))
    policy = Policy(SurfaceSettings(SURFACE, depth=size, reserve=0), blends=(blend,))
    return Case(make_candidates(scores), policy, Context(SURFACE, NOW))


def by_number(slate):
    return {placed.item.int: placed for placed in slate.placements}


def test_statistics_describe_what_is_known():
    known = statistics_of(SCORES)
    assert (known.count, known.mean, known.minimum, known.maximum) == (3, 3.0, 1.0, 5.0)
    assert known.deviation == pytest.approx((8 / 3) ** 0.5)
    assert (known.percentiles[0], known.percentiles[50], known.percentiles[100]) == (1.0, 3.0, 5.0)
    assert statistics_of(np.array([nan, nan])) == Statistics(0)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (Scale.Z, [-2 / (8 / 3) ** 0.5, 0, 2 / (8 / 3) ** 0.5]),
        (Scale.LOG_Z, [-log1p(2 / (8 / 3) ** 0.5), 0, log1p(2 / (8 / 3) ** 0.5)]),
        (Scale.PERCENTILE, [0, 0.5, 1]),
        (Scale.MIN_MAX, [0, 0.5, 1]),
        (Scale.NONE, [1, 3, 5]),
    ],
)
def test_each_scale_is_its_formula_and_keeps_nan(scale, expected):
    values = scaled(SCORES, statistics_of(SCORES), scale)
    assert values[:3].tolist() == pytest.approx(expected)
    assert np.isnan(values[3])


@pytest.mark.parametrize("scale", [Scale.Z, Scale.LOG_Z, Scale.MIN_MAX])
def test_alike_scores_are_neutral(scale):
    alike = np.array([2.0, 2.0, nan])
    assert scaled(alike, statistics_of(alike), scale)[:2].tolist() == [0, 0]


def test_utility_is_beta_times_the_weighted_sum():
    slate = fused(weighed({"a": [1.0, 2.0], "b": [4.0, 1.0]}, {"a": 2.0, "b": 0.5}, beta=3.0))
    placed = by_number(slate)
    assert placed[1].score == 12 * ONE  # 3 · (2·1 + 0.5·4)
    assert placed[2].parts == {"a": 12 * ONE, "b": 1_500_000_000}


def test_one_unknown_score_is_neutral_and_null_in_the_trace():
    placed = by_number(fused(weighed({"a": [None, 1.0], "b": [2.0, 0.5]}, {"a": 1.0, "b": 1.0})))
    assert placed[1].parts == {"a": None, "b": 2 * ONE}
    assert placed[1].score == 2 * ONE


def test_a_weight_of_0_is_0_in_the_trace_also_where_the_scorer_knows_nothing():
    placed = by_number(fused(weighed({"a": [1.0], "b": [None]}, {"a": 1.0, "b": 0.0})))
    assert placed[1].parts == {"a": ONE, "b": 0}


def test_a_scorer_the_blend_does_not_name_weighs_0():
    placed = by_number(fused(weighed({"a": [1.0], "b": [7.0]}, {"a": 1.0})))
    assert placed[1].parts == {"a": ONE, "b": 0}


def test_a_scorer_that_knows_nothing_leaves_its_weight_to_the_others():
    slate = fused(weighed({"a": [1.0], "b": [None]}, {"a": 1.0, "b": 3.0}))
    placed = by_number(slate)
    assert placed[1].parts == {"a": 4 * ONE, "b": None}
    assert slate.blend.left_out == {"b": "knows_nothing"}
    assert slate.blend.weights == {"a": 4.0, "b": 0.0}


def test_a_scorer_without_a_live_model_leaves_its_weight_to_the_others():
    slate = fused(weighed({"a": [1.0]}, {"a": 1.0, "gone": 1.0}, scales={"a": Scale.NONE}))
    assert by_number(slate)[1].score == 2 * ONE
    assert slate.blend.left_out == {"gone": "absent"}


def test_an_item_no_scorer_knows_is_unscored_and_stands_last():
    placed = by_number(fused(weighed({"a": [None, -5.0]}, {"a": 1.0})))
    assert [placed[2].slot, placed[1].slot] == [1, 2]
    assert (placed[1].score, placed[1].tier) == (0, Tier.UNSCORED)
    assert "unscored" in {reason.code for reason in placed[1].reasons}


def test_ties_go_to_the_lesser_id():
    case = simple_case(1.0, 1.0, 1.0, numbers=(7, 3, 5))
    assert [placed.item.int for placed in fused(case).placements] == [3, 5, 7]


def test_a_blend_inherits_scales_and_beta_from_the_next():
    case = weighed({"a": [1.0, 2.0]}, {"a": 5.0}, beta=2.0)
    best = Blend(lineage=decision_id(901), published_at=NOW, priority=200, weights={"a": 1.0})
    slate = fused(case.with_policy(blends=(*case.policy.blends, best)))
    assert by_number(slate)[2].score == 4 * ONE  # weight 1 of the best, none and 2 of the next
    assert slate.blend.decision == decision_id(901)
    lost = {each.decision: each for each in slate.verdicts}[decision_id(900)]
    assert (lost.outcome, lost.to) == (Outcome.LOST, decision_id(901))


def test_without_a_blend_all_scorers_weigh_alike():
    case = weighed({"a": [1.0, 2.0], "b": [2.0, 1.0]}, {"a": 1.0}).with_policy(blends=())
    slate = fused(case)
    assert slate.blend.decision is None
    assert slate.blend.weights == {"a": 1.0, "b": 1.0}


def test_a_huge_score_is_bounded_and_its_parts_still_sum():
    placed = by_number(fused(weighed({"a": [1e100, 1.0], "b": [1.0, 1.0]}, {"a": 1.0, "b": 1.0})))
    assert placed[1].score == 10_001 * ONE


def test_an_infinite_score_is_refused():
    with pytest.raises(ValueError, match="infinite"):
        statistics_of(np.array([inf]))
    sound = make_candidates({"a": [1.0]})
    with pytest.raises(ValueError, match="infinite"):
        replace(sound, scores={"a": np.array([inf])})


def test_a_boost_of_1_adds_1_to_the_utility():
    placed = by_number(fused(simple_case(0.5, 1.0).with_rules(rule(1, Boost(1.0), items_of(1)))))
    assert (placed[1].slot, placed[1].score) == (1, 1_500_000_000)
    assert placed[1].boosts == ((decision_id(1), ONE),)


def test_strengths_add_and_their_sum_is_clamped():
    case = simple_case(0.0, 0.0).with_rules(
        rule(1, Boost(1.5), items_of(1)),
        rule(2, Boost(1.0), items_of(1)),
        rule(3, Bury(0.25), items_of(1)),
    )
    placed = by_number(fused(case))[1]
    assert placed.score == 2 * ONE
    assert [amount for _, amount in placed.boosts] == [1_500_000_000, ONE, -250_000_000]
    assert (placed.clamp, placed.boost) == (-250_000_000, 2 * ONE)


def test_buries_are_clamped_alike():
    case = simple_case(0.0).with_rules(rule(1, Bury(1.5)), rule(2, Bury(1.5)))
    assert by_number(fused(case))[1].score == -2 * ONE


def test_to_the_bottom_is_a_tier_below_unscored():
    case = weighed({"a": [9.0, None, 1.0]}, {"a": 1.0})
    slate = fused(case.with_rules(rule(1, BuryToBottom(), items_of(1))))
    assert [placed.item for placed in slate.placements] == [item(3), item(2), item(1)]
    assert slate.placements[2].score == 9 * ONE
    assert "to_bottom" in {reason.code for reason in slate.placements[2].reasons}


def test_the_scorer_that_speaks_for_an_item_most_is_its_reason():
    placed = by_number(fused(weighed({"a": [1.0], "b": [3.0]}, {"a": 1.0, "b": 1.0})))
    assert {r.code: r.parameters for r in placed[1].reasons}["scorer"] == {"scorer": "b"}
