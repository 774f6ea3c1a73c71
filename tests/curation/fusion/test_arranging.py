"""Arranging: the placements of fuse without their explanation, and the chances that the exploring slots had."""

from __future__ import annotations

import pytest
from hypothesis import given

from curation.fusion import engine
from curation.fusion.fixed import ONE
from tests.curation.fusion.cases import THOROUGH, cases
from tests.curation.fusion.properties import fused


@THOROUGH
@given(cases())
def test_what_stands_where_is_what_fuse_places(case):
    slate, found = fused(case), engine.arrange(*case.arguments)
    placed = {slot: found.candidates.item(row) for slot, row in found.rows.items()}
    assert placed == {each.slot: each.item for each in slate.placements}


@THOROUGH
@given(cases())
def test_the_chance_of_what_was_placed_is_its_propensity(case):
    slate, found = fused(case), engine.arrange(*case.arguments)
    for each in slate.placements:
        chances = found.chances(each.slot)
        assert chances.sum() == pytest.approx(1.0)
        assert chances[found.rows[each.slot]] == pytest.approx(each.propensity / ONE, abs=2e-9)
        assert each.sampled == (each.slot in found.draws)


@THOROUGH
@given(cases())
def test_what_stands_in_no_slot_had_no_chance_there(case):
    found = engine.arrange(*case.arguments)
    for slot in range(1, case.policy.surface.depth + 1):
        if slot not in found.rows:
            assert not found.chances(slot).any()
