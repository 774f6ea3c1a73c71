"""A trace is read in words: every code that a fuse writes has some."""

from __future__ import annotations

import pytest

from curation.field_words import SCALES
from curation.fusion.effects import EFFECTS
from curation.fusion.policy import DiversityKind, Scale
from curation.fusion.slate import Denial, Outcome, Tier
from recsys.traces.words import DENIALS, KINDS, OUTCOMES, SELECTIONS, TIERS


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({*EFFECTS, "pin", "block", "blend"}, KINDS),
        ({each.value for each in Outcome}, OUTCOMES),
        ({each.value for each in Denial}, DENIALS),
        ({each.value for each in Tier} - {"scored"}, TIERS),
        ({each.value for each in DiversityKind} - {"none"}, SELECTIONS),
        ({each.value for each in Scale}, SCALES),
    ],
)
def test_every_code_of_a_trace_has_words(codes, words):
    assert set(words) == codes
