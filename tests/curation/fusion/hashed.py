"""Digests of some fixed cases, to be compared between processes of different hash seeds."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings

from curation.fusion.codec import encode_inputs, encode_slate
from tests.curation.fusion.cases import THOROUGH, cases
from tests.curation.fusion.properties import fused


def digests() -> list[str]:
    """A digest of the slate and one of the inputs of each case."""
    found: list[str] = []

    @settings(THOROUGH, database=None)
    @given(cases())
    def draw(case):
        found.append(sha256(encode_slate(fused(case))).hexdigest())
        found.append(sha256(encode_inputs(*case.arguments)).hexdigest())

    draw()
    return found
