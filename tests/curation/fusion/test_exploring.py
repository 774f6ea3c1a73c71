"""Exploring slots: seeds, noise, and propensities that are true."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp

import numpy as np
import pytest

from curation.fusion.candidates import pack_ids
from curation.fusion.effects import Quota
from curation.fusion.fixed import ONE
from curation.fusion.seeds import gumbel_noise, seed_of
from tests.curation.fusion.cases import (
    DAY,
    MEMBER,
    NOW,
    STRANGER,
    item,
    items_of,
    rule,
    simple_case,
)
from tests.curation.fusion.properties import fused


def test_the_seed_is_of_surface_member_and_utc_day_alone():
    seed = seed_of("home", MEMBER, NOW)
    assert seed == seed_of("home", MEMBER, NOW.replace(hour=0, minute=0))
    assert seed == seed_of("home", MEMBER, NOW.astimezone(UTC) + timedelta(hours=11))
    others = {
        seed_of("similar", MEMBER, NOW),
        seed_of("home", STRANGER, NOW),
        seed_of("home", None, NOW),
        seed_of("home", MEMBER, NOW + DAY),
    }
    assert len(others | {seed}) == 5
    assert all(0 <= each < 1 << 64 for each in others)


def test_noise_belongs_to_seed_slot_and_item():
    ids = pack_ids([item(1), item(2), item(3)])
    noise = gumbel_noise(7, 1, ids)
    assert gumbel_noise(7, 1, ids[::-1]).tolist() == noise.tolist()[::-1]
    assert gumbel_noise(8, 1, ids).tolist() != noise.tolist()
    assert gumbel_noise(7, 2, ids).tolist() != noise.tolist()


def test_noise_is_standard_gumbel():
    ids = pack_ids(item(number) for number in range(1, 20_001))
    noise = gumbel_noise(3, 5, ids) / ONE
    assert noise.mean() == pytest.approx(0.5772, abs=0.03)
    assert noise.std() == pytest.approx(np.pi / 6**0.5, abs=0.03)
    quarters = np.quantile(noise, (0.25, 0.5, 0.75))
    assert quarters == pytest.approx(-np.log(-np.log([0.25, 0.5, 0.75])), abs=0.05)


def test_an_exploring_slots_propensity_is_the_softmax_at_its_temperature():
    case = simple_case(1.0, 0.0, -1.0).with_surface(exploring=frozenset({1}), temperature=2.0)
    total = exp(0.5) + 1 + exp(-0.5)
    chances = {1: exp(0.5) / total, 2: 1 / total, 3: exp(-0.5) / total}
    drawn: Counter[int] = Counter()
    for seed in range(600):
        first = fused(replace(case, seed=seed)).placements[0]
        assert first.sampled
        assert first.propensity == pytest.approx(chances[first.item.int] * ONE, abs=2)
        drawn[first.item.int] += 1
    for number, chance in chances.items():
        assert drawn[number] / 600 == pytest.approx(chance, abs=0.06)


def test_a_propensity_is_conditional_on_the_slots_before():
    case = simple_case(1.0, 0.0, 0.0).with_surface(exploring=frozenset({2}))
    second = fused(case).placements[1]
    assert (second.sampled, second.propensity) == (True, ONE // 2)


def test_the_reserve_is_never_drawn():
    case = simple_case(1.0, 0.0).with_surface(depth=1, reserve=1, exploring=frozenset({2}))
    assert not fused(case).reserve[0].sampled


def test_deterministic_slots_are_certain():
    slate = fused(simple_case(1.0, 0.0).with_surface(exploring=frozenset({2})))
    assert (slate.placements[0].propensity, slate.placements[0].sampled) == (ONE, False)


def test_a_slot_that_a_quota_claims_is_not_left_to_chance():
    case = simple_case(1.0, 0.9, 0.8).with_surface(exploring=frozenset({1}))
    first = fused(case.with_rules(rule(1, Quota(1, 1), items_of(3)))).placements[0]
    assert (first.item, first.sampled, first.propensity) == (item(3), False, ONE)


def test_an_exploring_surface_is_valid_until_utc_midnight():
    case = simple_case(1.0)
    assert fused(case).valid_until is None
    exploring = case.with_surface(exploring=frozenset({1}))
    midnight = datetime(2025, 6, 5, tzinfo=UTC)
    assert fused(exploring).valid_until == midnight
    sooner = NOW + timedelta(hours=1)
    assert fused(exploring.with_policy(valid_until=sooner)).valid_until == sooner
    assert fused(exploring.with_policy(valid_until=NOW + DAY)).valid_until == midnight
