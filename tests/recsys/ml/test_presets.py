"""Presets are settings that a run can have, and that say what they are for."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from recsys.ml.families.presets import PRESETS, RECOMMENDED, preset_of, presets_of
from recsys.ml.families.registry import FAMILIES, parse_config

EACH = [(family, preset) for family in FAMILIES for preset in presets_of(family)]


@pytest.mark.parametrize(("family", "preset"), EACH, ids=lambda each: getattr(each, "name", each))
def test_a_preset_is_settings_that_a_run_can_have(family, preset):
    told = asdict(parse_config(family, preset.parameters))
    assert preset.title
    assert preset.help.endswith(".")
    assert (told == asdict(parse_config(family, {}))) == (preset.name == RECOMMENDED)


def test_every_family_has_the_recommended_one_and_no_name_twice():
    assert set(PRESETS) == set(FAMILIES)
    for family in FAMILIES:
        names = [preset.name for preset in presets_of(family)]
        assert RECOMMENDED in names
        assert len(names) == len(set(names))


def test_an_unknown_preset_is_none():
    assert preset_of("ease", "magic") is None
